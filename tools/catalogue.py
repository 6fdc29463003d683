"""catalogue.yaml: what is for sale, checked before it is put anywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from payments.domain.catalogue import FixedPrice, OpenPrice, Price, Product
from payments.domain.money import is_currency


class CatalogueError(ValueError):
    """The catalogue cannot be used; says which product and what to change."""


def read(path: Path) -> list[Product]:
    """The products in the file; CatalogueError for anything that could not be sold."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path} is not YAML: {error}") from error
    entries = content.get("products") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise CatalogueError(f"{path} needs a list called products.")
    products = [_product(entry, f"{path}, product {number}") for number, entry in enumerate(entries, start=1)]
    skus = [product.sku for product in products]
    twice = sorted({sku for sku in skus if skus.count(sku) > 1})
    if twice:
        raise CatalogueError(f"{path} has {', '.join(twice)} more than once.")
    return products


def _product(entry: Any, where: str) -> Product:
    if not isinstance(entry, Mapping):
        raise CatalogueError(f"{where}: expected sku, name, currency and a price.")
    unknown = set(entry) - {"sku", "name", "currency", "amount", "min", "max"}
    if unknown:
        raise CatalogueError(f"{where}: {', '.join(sorted(map(str, unknown)))} is not known here.")
    for field in ("sku", "name", "currency"):
        if not isinstance(entry.get(field), str) or not entry[field].strip():
            raise CatalogueError(f"{where}: {field} must be a text.")
    if not is_currency(entry["currency"]):
        raise CatalogueError(f"{where}: {entry['currency']} is no currency that Stripe charges in; use usd, eur, ...")
    return Product(entry["sku"], entry["name"], _price(entry, where), entry["currency"])


def _price(entry: Mapping[str, Any], where: str) -> Price:
    given = {field: entry[field] for field in ("amount", "min", "max") if field in entry}
    if any(isinstance(value, bool) or not isinstance(value, int) or value < 0 for value in given.values()):
        raise CatalogueError(f"{where}: prices are whole numbers of minor units, such as 9900 for 99.00.")
    if set(given) == {"amount"}:
        return FixedPrice(given["amount"])
    if set(given) == {"min", "max"} and given["min"] <= given["max"]:
        return OpenPrice(given["min"], given["max"])
    raise CatalogueError(f"{where}: give either amount, or min and a max that is not less.")
