"""Products and the terms of an order, as they are sold."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from payments.adapters.table.claims import claim_of
from payments.adapters.table.codec import Item, decoded
from payments.adapters.table.keys import claim_key, product_key, terms_key
from payments.adapters.table.products import ProductTable, needs_of, product_of
from payments.domain.catalogue import Product
from payments.domain.errors import NewerRelease
from payments.domain.pricing import Offer, ShippingRate, TaxRate, Terms
from payments.domain.releases import LEVEL


class CatalogueTable(ProductTable):
    def offer(self, skus: Iterable[str], key_hash: str | None, now: datetime, *, with_terms: bool) -> Offer:
        """The products that there are of at most 98, and the claim that holds the Idempotency-Key, if one does that has
        not expired: one call.

        NewerRelease for a product, or terms, that newer code sells in a way of its own.
        """
        keys = [product_key(sku) for sku in skus]
        keys += [claim_key(key_hash)] if key_hash else []
        keys += [terms_key()] if with_terms else []
        found = {item["sk"]["S"]: item for item in self._items(keys)}
        request = found.pop("REQUEST", None)
        claim = claim_of(key_hash, request) if key_hash and request else None
        return Offer(*_sold(found), claim if claim and claim.expires_at >= now else None)

    def priced(self, skus: Iterable[str]) -> tuple[dict[str, Product], Terms]:
        """The products that there are of at most 99, by sku, and the terms: one call. NewerRelease if any of these is
        for newer code."""
        found = {item["sk"]["S"]: item for item in self._items([terms_key(), *map(product_key, skus)])}
        return _sold(found)

    def terms(self) -> Terms:
        """What comes on top of prices; nothing does, and nothing is sent, before a catalogue says so. NewerRelease for
        terms that newer code counts in a way of its own."""
        item = self._get(terms_key())
        return terms_of(item) if item else Terms()

    def put_terms(self, terms: Terms) -> None:
        """These hold from now on. NewerRelease if only newer code may change them."""
        self._set(terms_key(), terms_values(terms), ("country",), "the terms")


def _sold(found: Mapping[str, Item]) -> tuple[dict[str, Product], Terms]:
    """The products of a catalogue's items by sku, and the terms if they are among these."""
    products = {product.sku: product for product in (product_of(found[sk]) for sk in found if sk != "TERMS")}
    return products, terms_of(found["TERMS"]) if "TERMS" in found else Terms()


def terms_values(terms: Terms) -> dict[str, object]:
    values: dict[str, object] = {
        "shipping": {
            country: {currency: _rate_values(rate) for currency, rate in rates.items()}
            for country, rates in terms.shipping.items()
        },
        "tax": {
            country: {"name": each.name, "basis_points": each.basis_points, "inclusive": each.inclusive}
            for country, each in terms.tax.items()
        },
    }
    return values | ({"country": terms.country} if terms.country else {})


def _rate_values(rate: ShippingRate) -> dict[str, object]:
    values: dict[str, object] = {"flat": rate.flat}
    return values if rate.free_from is None else values | {"free_from": rate.free_from}


def terms_of(item: Item) -> Terms:
    if needs_of(item) > LEVEL:
        raise NewerRelease(f"the terms need a level beyond {LEVEL}")
    plain = decoded({name: item[name] for name in ("country", "shipping", "tax") if name in item})
    return Terms(
        plain.get("country"),
        {
            country: {currency: ShippingRate(each["flat"], each.get("free_from")) for currency, each in rates.items()}
            for country, rates in plain["shipping"].items()
        },
        {
            country: TaxRate(each["name"], each["basis_points"], each["inclusive"])
            for country, each in plain["tax"].items()
        },
    )
