"""The table: the truth about payments. DynamoDB is spoken here and nowhere else.

Writing what was learned is one transaction: the payment on condition that nobody wrote it since it was read, and all
that follows. Either all of that is durable or none of it is.
"""

from payments.adapters.table.catalogue import CatalogueTable
from payments.adapters.table.notices import NoticeTable
from payments.adapters.table.payments import PaymentTable
from payments.adapters.table.work import WorkTable

__all__ = ["Table"]


class Table(PaymentTable, NoticeTable, CatalogueTable, WorkTable):
    """Every method is one call to DynamoDB unless it says otherwise; reads are strongly consistent."""
