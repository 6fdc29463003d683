"""Puts the products of a catalogue into the table: `python -m local.catalogue catalogue.yaml TABLE`.

A program of its own, because it uses the functions' own code for the table, with their settings for AWS.
"""

import sys
from pathlib import Path

from payments.adapters.table.table import Table
from tools.catalogue import CatalogueError, read


def seed_catalogue(catalogue: Path, table: Table) -> None:
    """Writes every product of the file to the table; CatalogueError if it could not be sold."""
    for product in read(catalogue):
        table.put_product(product)


if __name__ == "__main__":
    try:
        seed_catalogue(Path(sys.argv[1]), Table(sys.argv[2]))
    except CatalogueError as error:
        sys.exit(str(error))
