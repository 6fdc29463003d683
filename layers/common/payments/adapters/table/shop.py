"""The table for whoever shows what is for sale."""

from payments.adapters.table.catalogue import CatalogueTable
from payments.adapters.table.stock import StockTable


class ShopTable(CatalogueTable, StockTable):
    """One client for all of it."""
