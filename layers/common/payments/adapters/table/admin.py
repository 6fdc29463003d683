"""The table for admins' acts, which are answered with all that is then known of a payment."""

from payments.adapters.table.checks import CheckTable
from payments.adapters.table.customers import CustomerTable
from payments.adapters.table.dossiers import DossierTable
from payments.adapters.table.erasures import ErasureTable
from payments.adapters.table.notices import NoticeTable
from payments.adapters.table.products import ProductTable
from payments.adapters.table.stock import StockTable


class AdminTable(DossierTable, NoticeTable, CheckTable, ErasureTable, CustomerTable, ProductTable, StockTable):
    """One client for all of it."""
