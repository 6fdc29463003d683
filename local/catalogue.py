"""Puts a catalogue into the table: `python -m local.catalogue catalogue.yaml TABLE`.

A program of its own, because it uses the functions' own code for the table, with their settings for AWS.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from payments.adapters.table.table import Table
from payments.domain.stock import StockChange
from tools.catalogue import CatalogueError, read

LOCAL_STOCK = 25


def seed_catalogue(catalogue: Path, table: Table) -> None:
    """Writes all that the file has to the table, and some stock; CatalogueError for what could not be sold."""
    found, now = read(catalogue), datetime.now(UTC)
    table.put_terms(found.terms)
    for product in found.products:
        table.put_product(product)
        if product.stocked:
            table.change_stock(StockChange("adm_first", product.sku, LOCAL_STOCK, "put in at the start", "local", now))


if __name__ == "__main__":
    try:
        seed_catalogue(Path(sys.argv[1]), Table(sys.argv[2]))
    except CatalogueError as error:
        sys.exit(str(error))
