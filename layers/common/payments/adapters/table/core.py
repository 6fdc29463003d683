"""The table for whoever has to do with payments and not with what is for sale."""

from payments.adapters.table.checks import CheckTable
from payments.adapters.table.customers import CustomerTable
from payments.adapters.table.erasures import ErasureTable
from payments.adapters.table.notices import NoticeTable
from payments.adapters.table.payments import PaymentTable
from payments.adapters.table.stock import StockTable
from payments.adapters.table.work import WorkTable


class CoreTable(PaymentTable, NoticeTable, StockTable, CheckTable, WorkTable, ErasureTable, CustomerTable):
    """One client for all of it."""
