"""catalogue.yaml: what is for sale, checked before it is put anywhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from payments.adapters.stripe.units import to_stripe
from payments.domain.catalogue import FixedPrice, OpenPrice, Price, Product
from payments.domain.errors import ValidationFailed
from payments.domain.money import Money, is_currency
from payments.domain.texts import Unusable, tidy

# Requests name it as serviceType, which has at most 100 characters.
_SKU = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LONGEST_NAME = 200


class CatalogueError(ValueError):
    """The catalogue cannot be used; says which line and product, and what to change."""


def read(path: Path) -> list[Product]:
    """The products in the file; CatalogueError for anything that could not be sold."""
    try:
        text = path.read_text(encoding="utf-8")
        content, document = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except OSError as error:
        raise CatalogueError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise CatalogueError(f"{path.name} is not YAML: {error}") from error
    entries = content.get("products") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not entries or not isinstance(document, yaml.MappingNode):
        raise CatalogueError(f"{path.name} needs a list called products.")
    (listed,) = (value for key, value in document.value if key.value == "products")
    lines: dict[str, int] = {}
    products = []
    for entry, node in zip(entries, listed.value, strict=True):
        line = node.start_mark.line + 1
        where = f"{path.name}, line {line}"
        product = _product(entry, where)
        if product.sku in lines:
            raise CatalogueError(f"{where}: {product.sku} is the sku of line {lines[product.sku]} too; change one.")
        lines[product.sku] = line
        products.append(product)
    return products


def _product(entry: Any, line: str) -> Product:
    if not isinstance(entry, Mapping):
        raise CatalogueError(f"{line}: a product has sku, name, currency, and amount or min and max.")
    sku = entry.get("sku")
    if not isinstance(sku, str) or not _SKU.fullmatch(sku):
        raise CatalogueError(f"{line}: sku must be a text of letters, digits, dots, dashes and underscores.")
    where = f"{line}, {sku}"
    unknown = sorted(map(str, set(entry) - {"sku", "name", "currency", "amount", "min", "max"}))
    if unknown:
        raise CatalogueError(f"{where}: there is no field {unknown[0]}; take it out or correct its name.")
    name, currency = entry.get("name"), entry.get("currency")
    try:
        name = tidy(name) if isinstance(name, str) else ""
    except Unusable as error:
        raise CatalogueError(f"{where}, name: {error}") from error
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise CatalogueError(f"{where}: name must be one line of at most {_LONGEST_NAME} characters.")
    if not isinstance(currency, str) or not is_currency(currency):
        raise CatalogueError(f"{where}: {currency} is no currency that Stripe charges in; use usd, eur, ...")
    price = _price(entry, where)
    for limit in price.limits:
        try:
            to_stripe(Money(limit, currency))
        except ValidationFailed as error:
            raise CatalogueError(f"{where}: {error.fields[0].detail}") from error
    return Product(sku, name, price, currency)


def _price(entry: Mapping[str, Any], where: str) -> Price:
    given = {field: entry[field] for field in ("amount", "min", "max") if field in entry}
    for field, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise CatalogueError(f"{where}: {field} must be a whole number of minor units, such as 9900 for 99.00.")
    if set(given) == {"amount"}:
        return FixedPrice(given["amount"])
    if set(given) == {"min", "max"} and given["min"] <= given["max"]:
        return OpenPrice(given["min"], given["max"])
    raise CatalogueError(f"{where}: give either amount, or min and a max that is not less.")
