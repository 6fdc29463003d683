"""Customers."""

from ..fields import Json
from ..forms import (
    EXPAND,
    Form,
    Reader,
    choice,
    email,
    integer,
    listed,
    metadata,
    missing,
    text,
    unsettable,
)
from ..state import State
from . import payment_methods
from .addresses import ADDRESS, SHIPPING, address, shipping
from .routing import Route, listing, merge_metadata, paged, plain_metadata

FIELDS: dict[str, Reader] = {
    "address": unsettable(lambda raw, path: address(ADDRESS(raw, path))),
    "balance": integer(),
    "business_name": unsettable(text(150)),
    "description": unsettable(text()),
    "email": unsettable(email),
    "individual_name": unsettable(text(150)),
    "invoice_prefix": text(12),
    "invoice_settings": Form(
        {
            "default_payment_method": unsettable(text()),
            "footer": unsettable(text()),
            "custom_fields": missing,
            "rendering_options": missing,
        }
    ),
    "metadata": metadata,
    "name": unsettable(text(256)),
    "next_invoice_sequence": integer(1),
    "phone": unsettable(text(20)),
    "preferred_locales": listed(text()),
    "shipping": unsettable(lambda raw, path: shipping(SHIPPING(raw, path))),
    "tax_exempt": choice("exempt", "none", "reverse"),
    **dict.fromkeys(("cash_balance", "source", "tax", "validate"), missing),
}


def create(state: State, p: Json) -> Json:
    token = p.pop("payment_method", None)
    settings = p.pop("invoice_settings", {})
    customer = state.add("customer", **{**p, "metadata": plain_metadata(p)})
    state.change(customer, invoice_prefix=p.get("invoice_prefix") or customer["id"][-8:].upper())
    state.emit("customer.created", customer)
    if token:
        payment_methods.attach(state, payment_methods.named(state, token), customer["id"])
    _set_invoices(state, customer, settings)
    return customer


def retrieve(state: State, p: Json) -> Json:
    return state.find("customer", p["id"]) or gone(state, p["id"])


def update(state: State, p: Json) -> Json:
    customer = state.get("customer", p.pop("id"))
    if "metadata" in p:
        p["metadata"] = merge_metadata(customer, p["metadata"])
    settings = p.pop("invoice_settings", {})
    previous = _set_invoices(state, customer, settings) | state.change(customer, **p)
    if previous:
        state.emit("customer.updated", customer, previous)
    return customer


def delete(state: State, p: Json) -> Json:
    customer = state.get("customer", p["id"])
    for method in state.all("payment_method", customer=customer["id"]):
        state.change(method, customer=None)
        state.private(method["id"])["detached"] = True
    state.remove("customer", customer["id"])
    state.private(customer["id"])["deleted"] = True
    state.emit("customer.deleted", customer)
    return gone(state, customer["id"])


def gone(state: State, identifier: str) -> Json:
    """A deleted customer still answers, with hardly more than its name."""
    if not state.private(identifier).get("deleted"):
        state.get("customer", identifier)
    return {"id": identifier, "object": "customer", "deleted": True}


def list_methods(state: State, p: Json) -> Json:
    customer = state.get("customer", p["id"])
    wanted = {"type": p["type"]} if "type" in p else {}
    methods = state.all("payment_method", customer=customer["id"], **wanted)
    return paged(f"/v1/customers/{customer['id']}/payment_methods", methods, p, "payment_method")


def retrieve_method(state: State, p: Json) -> Json:
    return payment_methods.of_customer(state, state.get("customer", p["id"])["id"], p["method"])


def _set_invoices(state: State, customer: Json, settings: Json) -> Json:
    if method := settings.get("default_payment_method"):
        payment_methods.of_customer(state, customer["id"], method, param="invoice_settings[default_payment_method]")
    return state.change(customer, invoice_settings={**customer["invoice_settings"], **settings})


ROUTES = [
    Route(
        "POST",
        "/v1/customers",
        create,
        Form({**EXPAND, **FIELDS, "payment_method": text(), "tax_id_data": missing, "test_clock": missing}),
    ),
    Route("GET", "/v1/customers/{id}", retrieve),
    Route("POST", "/v1/customers/{id}", update, Form({**EXPAND, **FIELDS, "default_source": missing})),
    Route("DELETE", "/v1/customers/{id}", delete, Form()),
    listing("customer", {"email": text(), "test_clock": missing}),
    Route("GET", "/v1/customers/{id}/payment_methods", list_methods, Form(payment_methods.OF_CUSTOMER)),
    Route("GET", "/v1/customers/{id}/payment_methods/{method}", retrieve_method),
]
