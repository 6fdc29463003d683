"""Products and terms, as they are sold."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from payments.adapters.table.claims import claim_of
from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import Item, Key, decoded, encoded
from payments.adapters.table.keys import claim_key, product_key, terms_key
from payments.domain.catalogue import MOST_OF_ONE, FixedPrice, OpenPrice, Price, Product
from payments.domain.errors import NewerRelease
from payments.domain.pricing import Offer, ShippingRate, TaxRate, Terms
from payments.domain.releases import LEVEL, needed_to_sell

_MAY_BE_ABSENT = ("amount", "min", "max", "description", "image", "ships", "stocked")


class CatalogueTable(TableClient):
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

    def product(self, sku: str) -> Product | None:
        """NewerRelease for a product that newer code sells in a way of its own."""
        item = self._get(product_key(sku))
        return product_of(item) if item else None

    def products(self) -> list[Product]:
        """All products that this release can sell, by sku; a page of 1 MB is far more than a catalogue of services."""
        found = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :catalogue AND begins_with(sk, :product)",
            ExpressionAttributeValues=encoded({":catalogue": "CATALOGUE", ":product": "PRODUCT#"}),
        )
        return [product_of(item) for item in found["Items"] if _is_for_us(item)]

    def put_product(self, product: Product) -> None:
        """Sell it so from now on; what newer code keeps with it stays. NewerRelease if only that may change it."""
        self._set(product_key(product.sku), product_values(product), _MAY_BE_ABSENT, f"product {product.sku}")

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

    def _set(self, key: Key, values: Mapping[str, object], may_be_absent: Sequence[str], what: str) -> None:
        gone = [name for name in may_be_absent if name not in values]
        changes = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        if gone:
            changes += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        try:
            self._client.update_item(
                TableName=self._name,
                Key=key,
                UpdateExpression=changes,
                # What is sold in a way that this release does not know must not lose that.
                ConditionExpression="attribute_not_exists(#needs) OR #needs <= :level",
                ExpressionAttributeNames={f"#{name}": name for name in (*values, *gone, "needs")},
                ExpressionAttributeValues=encoded(
                    {f":{name}": value for name, value in values.items()} | {":level": LEVEL}
                ),
            )
        except self._refused as error:
            raise NewerRelease(f"{what} needs a level beyond {LEVEL}") from error

    def remove_product(self, sku: str) -> None:
        self._client.delete_item(TableName=self._name, Key=product_key(sku))


def _sold(found: Mapping[str, Item]) -> tuple[dict[str, Product], Terms]:
    """The products of a catalogue's items by sku, and the terms if they are among these."""
    products = {product.sku: product for product in (product_of(found[sk]) for sk in found if sk != "TERMS")}
    return products, terms_of(found["TERMS"]) if "TERMS" in found else Terms()


def product_values(product: Product) -> dict[str, object]:
    match product.price:
        case FixedPrice(amount):
            price: dict[str, object] = {"kind": "fixed", "amount": amount}
        case OpenPrice(minimum, maximum):
            price = {"kind": "open", "min": minimum, "max": maximum}
    beside = {
        "description": product.description,
        "image": product.image,
        "ships": product.ships,
        "stocked": product.stocked,
    }
    values = {"sku": product.sku, "name": product.name, "currency": product.currency, "most": product.most} | price
    values["needs"] = needed_to_sell(product)
    return values | {name: value for name, value in beside.items() if value}


def product_of(item: Item) -> Product:
    if not _is_for_us(item):
        raise NewerRelease(f"a product needs a level beyond {LEVEL}")
    plain = decoded(
        {name: item[name] for name in ("sku", "name", "currency", "kind", "most", *_MAY_BE_ABSENT) if name in item}
    )
    price: Price = FixedPrice(plain["amount"]) if plain["kind"] == "fixed" else OpenPrice(plain["min"], plain["max"])
    return Product(
        plain["sku"],
        plain["name"],
        price,
        plain["currency"],
        description=plain.get("description", ""),
        image=plain.get("image"),
        ships=plain.get("ships", False),
        stocked=plain.get("stocked", False),
        most=plain.get("most", MOST_OF_ONE),
    )


def _is_for_us(item: Item) -> bool:
    return _needs(item) <= LEVEL and item.get("kind", {}).get("S") in ("fixed", "open")


def _needs(item: Item) -> int:
    return int(item.get("needs", {"N": "1"})["N"])


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
    if _needs(item) > LEVEL:
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
