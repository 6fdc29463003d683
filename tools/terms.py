"""The terms of catalogue.yaml: what sending costs and what is taxed, checked before it is put anywhere."""

from collections.abc import Iterator
from typing import Any

import yaml

from payments.adapters.stripe.units import part_to_stripe
from payments.domain.countries import Country, is_country
from payments.domain.errors import ValidationFailed
from payments.domain.money import Currency, Money, is_currency
from payments.domain.pricing import EVERY_OTHER_COUNTRY, ShippingRate, TaxRate, Terms
from payments.domain.texts import Unusable, tidy

_LONGEST_NAME = 40
_WHOLE = 10_000


class TermsError(ValueError):
    """The terms cannot be used; says which line, and what to change."""


def terms_in(node: yaml.Node, file: str) -> Terms:
    """The terms that a file has; TermsError for anything that could not be charged."""
    parts = {name: (value, where) for name, value, where in _entries(node, file)}
    for name, (_, where) in parts.items():
        if name not in ("country", "shipping", "tax"):
            raise TermsError(f"{where}: terms are country, shipping and tax, and no {name}.")
    country = _country(*parts["country"]) if "country" in parts else None
    shipping = _shipping(parts["shipping"][0], file) if "shipping" in parts else {}
    tax = _taxes(parts["tax"][0], file) if "tax" in parts else {}
    if tax and country is None:
        raise TermsError(f"{parts['tax'][1]}: terms need a country, whose tax an order without an address has.")
    return Terms(country, shipping, tax)


def _entries(node: yaml.Node, file: str) -> Iterator[tuple[str, yaml.Node, str]]:
    """Names as they are written, so that Norway is NO, their values, and where they are."""
    if not isinstance(node, yaml.MappingNode):
        raise TermsError(f"{_where(node, file)}: this must be names with values, such as `US: ...`.")
    seen: set[str] = set()
    for key, value in node.value:
        where = _where(key, file)
        if not isinstance(key, yaml.ScalarNode):
            raise TermsError(f"{where}: a name must be a text.")
        if key.value in seen:
            raise TermsError(f"{where}: {key.value} is there twice; take one out.")
        seen.add(key.value)
        yield key.value, value, where


def _where(node: yaml.Node, file: str) -> str:
    return f"{file}, line {node.start_mark.line + 1}"


def _country(node: yaml.Node, where: str) -> Country:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    _check_country(text, where)
    return text


def _check_country(code: str, where: str) -> None:
    if not is_country(code):
        raise TermsError(f"{where}: {code} is no country's code; use those of ISO 3166-1, such as US, DE or GB.")


def _shipping(node: yaml.Node, file: str) -> dict[Country, dict[Currency, ShippingRate]]:
    found: dict[Country, dict[Currency, ShippingRate]] = {}
    for country, rates, where in _entries(node, file):
        if country != EVERY_OTHER_COUNTRY:
            _check_country(country, where)
        found[country] = {}
        for currency, rate, place in _entries(rates, file):
            if not is_currency(currency):
                raise TermsError(f"{place}: {currency} is no currency that Stripe charges in; use usd, eur, ...")
            found[country][currency] = _rate(rate, currency, place, file)
    return found


def _rate(node: yaml.Node, currency: Currency, where: str, file: str) -> ShippingRate:
    given = {name: _plain(value) for name, value, _ in _entries(node, file)}
    if "flat" not in given or set(given) - {"flat", "free_from"}:
        raise TermsError(f"{where}: shipping has flat, and may have free_from.")
    for name, amount in given.items():
        if not _is_whole(amount):
            raise TermsError(f"{where}: {name} must be a whole number of minor units, such as 490 for 4.90.")
    try:
        part_to_stripe(Money(given["flat"], currency))
    except ValidationFailed as error:
        raise TermsError(f"{where}: {error.fields[0].detail}") from error
    return ShippingRate(given["flat"], given.get("free_from"))


def _taxes(node: yaml.Node, file: str) -> dict[Country, TaxRate]:
    found = {}
    for country, rate, where in _entries(node, file):
        _check_country(country, where)
        found[country] = _tax(rate, where, file)
    return found


def _tax(node: yaml.Node, where: str, file: str) -> TaxRate:
    given = {name: _plain(value) for name, value, _ in _entries(node, file)}
    if set(given) != {"name", "basis_points", "inclusive"}:
        raise TermsError(f"{where}: a tax has name, basis_points and inclusive.")
    points, inclusive = given["basis_points"], given["inclusive"]
    if not _is_whole(points) or points > _WHOLE:
        raise TermsError(f"{where}: basis_points must be a whole number up to {_WHOLE}, such as 1900 for 19 %.")
    if not isinstance(inclusive, bool):
        raise TermsError(f"{where}: inclusive must be true, if prices have the tax in them, or false.")
    return TaxRate(_name(given["name"], where), points, inclusive)


def _name(value: Any, where: str) -> str:
    try:
        name = tidy(value) if isinstance(value, str) else ""
    except Unusable as error:
        raise TermsError(f"{where}, name: {error}") from error
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise TermsError(f"{where}: a tax's name must be one line of at most {_LONGEST_NAME} characters.")
    return name


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _plain(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node, deep=True)
