"""Addresses, shipping and billing details: the same shapes wherever they appear."""

from typing import Any

from ..fields import BILLING_DETAILS, NO_ADDRESS, Json
from ..forms import Form, email, text, unsettable

PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
NO_SHIPPING: Json = {"address": NO_ADDRESS, "carrier": None, "name": None, "phone": None, "tracking_number": None}

ADDRESS = Form({name: unsettable(text()) for name in PARTS})
SHIPPING = Form(
    {"address": ADDRESS, **{name: text() for name in ("carrier", "name", "phone", "tracking_number")}},
    required=("address",),
)
BILLING = Form(
    {
        "address": unsettable(ADDRESS),
        "email": unsettable(email),
        "name": unsettable(text()),
        "phone": unsettable(text()),
        "tax_id": unsettable(text()),
    }
)


def address(given: Json | None) -> Json:
    return {**NO_ADDRESS, **(given or {})}


def shipping(given: Json | None) -> Json | None:
    """What was given, with every field Stripe shows; None stays None."""
    return given and {**NO_SHIPPING, **given, "address": address(given.get("address"))}


def billing(given: Json | None, before: Json = BILLING_DETAILS) -> Json:
    merged: dict[str, Any] = {**before, **(given or {})}
    return {**merged, "address": address(merged["address"])}
