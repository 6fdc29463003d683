"""`python -m tools.offer`: puts catalogue.yaml into a deployed table.

It may be run again at any time: what is unchanged is left alone, and what is no longer in the file stays on sale unless
--remove is given.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3

from payments.adapters.table.table import Table
from payments.domain.catalogue import OpenPrice, Product
from payments.domain.money import Money
from tools.catalogue import Catalogue, CatalogueError, read
from tools.deployment import DeploymentError, deployment, in_words

FILE = Path(__file__).parents[1] / "catalogue.yaml"


def publish(catalogue: Catalogue, table: Table, *, remove: bool) -> Iterator[str]:
    """Puts terms and products into the table, and says of each what became of it, one line each.

    Products that the table has besides are kept, unless `remove` says otherwise. Stock is not touched.
    """
    on_sale = {product.sku: product for product in table.products()}
    if table.terms() != catalogue.terms:
        # Before the products that are sold on them.
        table.put_terms(catalogue.terms)
        yield f"{'changed':<10}terms of shipping and tax"
    for product in catalogue.products:
        before = on_sale.pop(product.sku, None)
        if before != product:
            table.put_product(product)
        done = "added" if before is None else "unchanged" if before == product else "changed"
        yield _line(done, product) + (f" (was: {_sold_as(before)})" if before and before != product else "")
    for product in on_sale.values():
        if remove:
            table.remove_product(product.sku)
        yield _line("removed", product) if remove else _line("kept", product) + "; not in the file"


def _line(done: str, product: Product) -> str:
    return f"{done:<10}{product.sku}: {_sold_as(product)}"


def _sold_as(product: Product) -> str:
    low, high = (Money(limit, product.currency) for limit in product.price.limits)
    beside = ["ships"] * product.ships + ["stocked"] * product.stocked
    price = f"{low} to {high}" if isinstance(product.price, OpenPrice) else str(low)
    return ", ".join([product.name, price, *beside])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.offer", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="default: the project's")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--stage", help="the stack that samconfig.toml names for it")
    target.add_argument("--table", help="a table by its name")
    parser.add_argument("--remove", action="store_true", help="end the sale of what is not in the file")
    given = parser.parse_args(arguments)
    is_any_kept = False
    try:
        catalogue = read(given.file)
        with in_words():
            stack = deployment(given.stage) if given.stage else None
            name = stack.output("TableName") if stack else given.table
            client = (stack.session if stack else boto3.Session()).client("dynamodb")
            print(f"{name}:")
            for line in publish(catalogue, Table(name, client), remove=given.remove):
                print(f"  {line}")
                is_any_kept |= line.startswith("kept")
    except (CatalogueError, DeploymentError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; run this again and it goes on.", file=sys.stderr)
        return 130
    if is_any_kept:
        print("What is kept can still be bought; --remove (make: REMOVE=yes) ends that.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
