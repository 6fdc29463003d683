"""Puts a catalogue into the table: `python -m local.catalogue catalogue.yaml TABLE`.

A program of its own, because it uses the functions' own code for the table, with their settings for AWS.
"""

import sys
from pathlib import Path

from payments.adapters.table.table import Table
from tools.catalogue import CatalogueError, read


def seed_catalogue(catalogue: Path, table: Table) -> None:
    """Writes the terms and every product of the file to the table; CatalogueError if it could not be sold."""
    found = read(catalogue)
    table.put_terms(found.terms)
    for product in found.products:
        table.put_product(product)


if __name__ == "__main__":
    try:
        seed_catalogue(Path(sys.argv[1]), Table(sys.argv[2]))
    except CatalogueError as error:
        sys.exit(str(error))
