"""Products and one-time prices: enough to name them in a Checkout Session."""

from ..errors import missing_parameter
from ..fields import Json
from ..forms import (
    EXPAND,
    Form,
    Reader,
    boolean,
    choice,
    currency,
    integer,
    listed,
    metadata,
    missing,
    text,
    unsettable,
    url,
)
from ..state import State
from .routing import Route, listing, plain_metadata, retrieve, updating

PRODUCT: dict[str, Reader] = {
    "active": boolean,
    "description": unsettable(text(40000)),
    "images": listed(url, 8),
    "metadata": metadata,
    "name": text(250),
    "shippable": boolean,
    "statement_descriptor": text(22),
    "tax_code": text(),
    "unit_label": unsettable(text(12)),
    "url": unsettable(url),
    "marketing_features": missing,
    "package_dimensions": missing,
    "tax_details": missing,
}
PRODUCT_DATA = Form(
    {name: PRODUCT[name] for name in ("name", "description", "images", "metadata", "tax_code", "unit_label")},
    required=("name",),
)
PRICE: dict[str, Reader] = {
    "active": boolean,
    "currency": currency,
    "lookup_key": text(200),
    "metadata": metadata,
    "nickname": text(),
    "product": text(),
    "product_data": PRODUCT_DATA,
    "tax_behavior": choice("exclusive", "inclusive", "unspecified"),
    "unit_amount": integer(0),
    **dict.fromkeys(
        ("recurring", "billing_scheme", "currency_options", "custom_unit_amount", "tiers", "tiers_mode",
         "transfer_lookup_key", "transform_quantity", "unit_amount_decimal"),
        missing,
    ),
}  # fmt: skip


def create_product(state: State, p: Json) -> Json:
    product = add_product(state, p)
    state.emit("product.created", product)
    return product


def add_product(state: State, p: Json) -> Json:
    return state.add("product", **{**p, "metadata": plain_metadata(p)}, updated=state.now())


def create_price(state: State, p: Json) -> Json:
    price = add_price(state, p)
    state.emit("price.created", price)
    return price


def add_price(state: State, p: Json, path: str = "") -> Json:
    """A one-time price of a product that exists, or of one that comes with it. `path` leads to p in the form."""
    name = (lambda key: f"{path}[{key}]") if path else (lambda key: key)
    if "unit_amount" not in p:
        raise missing_parameter(name("unit_amount"))
    values = {**p, "metadata": plain_metadata(p)}
    data = values.pop("product_data", None)
    if "product" in p:
        state.get("product", p["product"], param=name("product"))
    elif data is not None:
        values["product"] = add_product(state, {**data, "active": p.get("active", True)})["id"]
    else:
        raise missing_parameter(name("product"))
    return state.add("price", **values, unit_amount_decimal=str(p["unit_amount"]))


ROUTES = [
    Route(
        "POST",
        "/v1/products",
        create_product,
        Form({**EXPAND, **PRODUCT, **dict.fromkeys(("default_price_data", "id", "type"), missing)}, required=("name",)),
    ),
    retrieve("product"),
    updating("product", {**PRODUCT, "default_price": missing}, "product.updated"),
    listing("product", {"active": boolean, **dict.fromkeys(("ids", "shippable", "type", "url"), missing)}),
    Route("POST", "/v1/prices", create_price, Form({**EXPAND, **PRICE}, required=("currency",))),
    retrieve("price"),
    updating(
        "price",
        {
            **{name: PRICE[name] for name in ("active", "lookup_key", "metadata", "nickname", "tax_behavior")},
            **dict.fromkeys(("currency_options", "transfer_lookup_key"), missing),
        },
        "price.updated",
    ),
    listing(
        "price",
        {
            "active": boolean,
            "currency": currency,
            "product": text(),
            **dict.fromkeys(("lookup_keys", "recurring", "type"), missing),
        },
    ),
]
