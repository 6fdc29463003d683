"""The table for whoever shows what is for sale."""

from payments.adapters.table.products import ProductTable
from payments.adapters.table.stock import StockTable


class ShopTable(ProductTable, StockTable):
    """One client for all of it."""
