"""Products, as they are sold."""

from collections.abc import Mapping, Sequence

from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import Item, Key, decoded, encoded
from payments.adapters.table.keys import product_key
from payments.domain.catalogue import MOST_OF_ONE, FixedPrice, OpenPrice, Price, Product
from payments.domain.errors import NewerRelease
from payments.domain.releases import LEVEL, needed_to_sell

_MAY_BE_ABSENT = ("amount", "min", "max", "description", "image", "ships", "stocked")


class ProductTable(TableClient):
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

    def remove_product(self, sku: str) -> None:
        self._client.delete_item(TableName=self._name, Key=product_key(sku))

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
    return needs_of(item) <= LEVEL and item.get("kind", {}).get("S") in ("fixed", "open")


def needs_of(item: Item) -> int:
    return int(item.get("needs", {"N": "1"})["N"])
