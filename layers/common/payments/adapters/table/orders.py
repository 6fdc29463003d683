"""The table for whoever takes orders: payments, what is for sale, whose they are, and how many came."""

from payments.adapters.table.catalogue import CatalogueTable
from payments.adapters.table.checks import CheckTable
from payments.adapters.table.customers import CustomerTable
from payments.adapters.table.notices import NoticeTable
from payments.adapters.table.payments import PaymentTable
from payments.adapters.table.rates import RateTable
from payments.adapters.table.stock import StockTable


class OrderTable(PaymentTable, NoticeTable, CatalogueTable, StockTable, CheckTable, RateTable, CustomerTable):
    """One client for all of it."""
