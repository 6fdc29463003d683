"""The whole table, for whoever needs more than one part of it."""

from payments.adapters.table.catalogue import CatalogueTable
from payments.adapters.table.checks import CheckTable
from payments.adapters.table.erasures import ErasureTable
from payments.adapters.table.notices import NoticeTable
from payments.adapters.table.payments import PaymentTable
from payments.adapters.table.stock import StockTable
from payments.adapters.table.work import WorkTable


class Table(PaymentTable, NoticeTable, CatalogueTable, StockTable, CheckTable, WorkTable, ErasureTable):
    """Every method is one call to DynamoDB unless it says otherwise; reads are strongly consistent."""
