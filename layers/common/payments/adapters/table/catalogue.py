"""Products, as they are sold."""

from datetime import datetime

from payments.adapters.table.claims import claim_of
from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import Item, decoded, encoded
from payments.adapters.table.keys import claim_key, product_key
from payments.domain.catalogue import FixedPrice, OpenPrice, Price, Product
from payments.domain.claims import Claim
from payments.domain.errors import NewerRelease
from payments.domain.releases import LEVEL

_PRICE = ("amount", "min", "max")


class CatalogueTable(TableClient):
    def offer(self, sku: str, key_hash: str | None, now: datetime) -> tuple[Product | None, Claim | None]:
        """The product, and the claim that holds the Idempotency-Key, if one does that has not expired.

        NewerRelease for a product that newer code sells in a way of its own.
        """
        keys = [product_key(sku), *([claim_key(key_hash)] if key_hash else [])]
        found = {item["sk"]["S"]: item for item in self._items(keys)}
        product, request = found.get(f"PRODUCT#{sku}"), found.get("REQUEST")
        claim = claim_of(key_hash, request) if key_hash and request else None
        return product_of(product) if product else None, claim if claim and claim.expires_at >= now else None

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
        values = product_values(product)
        set_to = {f":{name}": value for name, value in values.items()}
        names = {f"#{name}": name for name in (*values, *_PRICE)}
        gone = [f"#{name}" for name in _PRICE if name not in values]
        try:
            self._client.update_item(
                TableName=self._name,
                Key=product_key(product.sku),
                UpdateExpression="SET "
                + ", ".join(f"#{name} = :{name}" for name in values)
                + f" REMOVE {', '.join(gone)}",
                # One that is sold in a way that this release does not know must not lose that.
                ConditionExpression="attribute_not_exists(needs) OR needs <= :level",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=encoded(set_to | {":level": LEVEL}),
            )
        except self._refused as error:
            raise NewerRelease(f"product {product.sku} needs a level beyond {LEVEL}") from error

    def remove_product(self, sku: str) -> None:
        self._client.delete_item(TableName=self._name, Key=product_key(sku))


def product_values(product: Product) -> dict[str, object]:
    match product.price:
        case FixedPrice(amount):
            price: dict[str, object] = {"kind": "fixed", "amount": amount}
        case OpenPrice(minimum, maximum):
            price = {"kind": "open", "min": minimum, "max": maximum}
    return {"sku": product.sku, "name": product.name, "currency": product.currency} | price


def product_of(item: Item) -> Product:
    if not _is_for_us(item):
        raise NewerRelease(f"a product needs a level beyond {LEVEL}")
    plain = decoded({name: item[name] for name in ("sku", "name", "currency", "kind", *_PRICE) if name in item})
    price: Price = FixedPrice(plain["amount"]) if plain["kind"] == "fixed" else OpenPrice(plain["min"], plain["max"])
    return Product(plain["sku"], plain["name"], price, plain["currency"])


def _is_for_us(item: Item) -> bool:
    needs = int(item.get("needs", {"N": "1"})["N"])
    return needs <= LEVEL and item.get("kind", {}).get("S") in ("fixed", "open")
