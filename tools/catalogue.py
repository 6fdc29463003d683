"""catalogue.yaml: what is for sale and on which terms, checked before it is put anywhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from payments.adapters.stripe.units import to_stripe
from payments.domain.catalogue import MOST_OF_ONE, FixedPrice, OpenPrice, Price, Product, is_sku
from payments.domain.errors import ValidationFailed
from payments.domain.money import Money, is_currency
from payments.domain.pricing import Terms
from payments.domain.texts import Unusable, tidy
from tools.terms import TermsError, terms_in

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 500
_LONGEST_IMAGE = 500
# An address, or a path of the pages without a way up.
_IMAGE = re.compile(r"https://[^\s\"'<>\\]+|/?[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*(/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)*")
_MOST = 1000
_FIELDS = {"sku", "name", "currency", "amount", "min", "max", "description", "image", "ships", "stocked", "most"}


class CatalogueError(ValueError):
    """The catalogue cannot be used; says which line and product, and what to change."""


@dataclass(frozen=True)
class Catalogue:
    products: list[Product]
    terms: Terms


def read(path: Path) -> Catalogue:
    """What is in the file; CatalogueError for anything that could not be sold."""
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
    nodes = {key.value: value for key, value in document.value}
    unknown = sorted(set(nodes) - {"products", "terms"})
    if unknown:
        raise CatalogueError(f"{path.name} has products and terms, and no {unknown[0]}; correct its name.")
    try:
        terms = terms_in(nodes["terms"], path.name) if "terms" in nodes else Terms()
    except TermsError as error:
        raise CatalogueError(str(error)) from error
    return Catalogue(_products(entries, nodes["products"], terms, path.name), terms)


def _products(entries: list[Any], listed: yaml.Node, terms: Terms, file: str) -> list[Product]:
    lines: dict[str, int] = {}
    products = []
    for entry, node in zip(entries, listed.value, strict=True):
        line = node.start_mark.line + 1
        where = f"{file}, line {line}"
        product = _product(entry, where)
        if product.sku in lines:
            raise CatalogueError(f"{where}: {product.sku} is the sku of line {lines[product.sku]} too; change one.")
        if product.ships and not any(product.currency in rates for rates in terms.shipping.values()):
            raise CatalogueError(
                f"{where}, {product.sku}: it ships, and terms have no shipping in {product.currency}; add a rate."
            )
        lines[product.sku] = line
        products.append(product)
    return products


def _product(entry: Any, line: str) -> Product:
    if not isinstance(entry, Mapping):
        raise CatalogueError(f"{line}: a product has sku, name, currency, and amount or min and max.")
    sku = entry.get("sku")
    if not isinstance(sku, str) or not is_sku(sku):
        raise CatalogueError(f"{line}: sku must be a text of letters, digits, dots, dashes and underscores.")
    where = f"{line}, {sku}"
    unknown = sorted(map(str, set(entry) - _FIELDS))
    if unknown:
        raise CatalogueError(f"{where}: there is no field {unknown[0]}; take it out or correct its name.")
    name, currency = _text(entry, "name", _LONGEST_NAME, where), entry.get("currency")
    if not name:
        raise CatalogueError(f"{where}: name must be one line of at most {_LONGEST_NAME} characters.")
    if not isinstance(currency, str) or not is_currency(currency):
        raise CatalogueError(f"{where}: {currency} is no currency that Stripe charges in; use usd, eur, ...")
    price = _price(entry, where)
    for limit in price.limits:
        try:
            to_stripe(Money(limit, currency))
        except ValidationFailed as error:
            raise CatalogueError(f"{where}: {error.fields[0].detail}") from error
    return Product(
        sku,
        name,
        price,
        currency,
        description=_text(entry, "description", _LONGEST_DESCRIPTION, where),
        image=_image(entry, where),
        ships=_truth(entry, "ships", where),
        stocked=_truth(entry, "stocked", where),
        most=_most(entry, where),
    )


def _text(entry: Mapping[str, Any], name: str, longest: int, where: str) -> str:
    """Empty where it is not given."""
    given = entry.get(name, "")
    try:
        text = tidy(given) if isinstance(given, str) else ""
    except Unusable as error:
        raise CatalogueError(f"{where}, {name}: {error}") from error
    if not isinstance(given, str) or len(text) > longest:
        raise CatalogueError(f"{where}: {name} must be one line of at most {longest} characters.")
    return text


def _image(entry: Mapping[str, Any], where: str) -> str | None:
    if "image" not in entry:
        return None
    image = entry["image"]
    if not isinstance(image, str) or len(image) > _LONGEST_IMAGE or not _IMAGE.fullmatch(image):
        raise CatalogueError(f"{where}: image must be an https address, or a path of the pages such as images/mug.svg.")
    return image


def _truth(entry: Mapping[str, Any], name: str, where: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise CatalogueError(f"{where}: {name} must be true or false.")
    if value and "min" in entry:
        raise CatalogueError(f"{where}: only what has a fixed price can be sold with {name}; give it an amount.")
    return value


def _most(entry: Mapping[str, Any], where: str) -> int:
    most = entry.get("most", MOST_OF_ONE)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= _MOST:
        raise CatalogueError(f"{where}: most must be a whole number from 1 to {_MOST}.")
    return most


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
