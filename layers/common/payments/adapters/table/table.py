"""The whole table, for whoever needs what is for sale as well."""

from payments.adapters.table.catalogue import CatalogueTable
from payments.adapters.table.core import CoreTable


class Table(CoreTable, CatalogueTable):
    """Every method is one call to DynamoDB unless it says otherwise; reads are strongly consistent."""
