"""Charges: made by payments; read, and annotated, here."""

from local.stripe_double.errors import StripeError
from local.stripe_double.expansion import nested
from local.stripe_double.fields import Json
from local.stripe_double.forms import PAGE, Form, choice, email, metadata, text
from local.stripe_double.state import State

from .addresses import SHIPPING, shipping
from .routing import Context, Route, listing, paged, retrieve, updating


def list_refunds(state: State, p: Json, _: Context) -> Json:
    refunds = nested(state, state.get("charge", p["id"]), "refunds")
    return paged(refunds["url"], refunds["data"], p, "refund")


def refuse(state: State, p: Json, _: Context) -> Json:
    raise StripeError("The Stripe double makes charges through payment intents only: POST /v1/payment_intents.")


ROUTES = [
    retrieve("charge"),
    listing("charge", {"customer": text(), "payment_intent": text(), "transfer_group": text()}),
    updating(
        "charge",
        {
            "description": text(),
            "fraud_details": Form({"user_report": choice("fraudulent", "safe")}),
            "metadata": metadata,
            "receipt_email": email,
            "shipping": lambda raw, path: shipping(SHIPPING(raw, path)),
            "transfer_group": text(),
        },
        "charge.updated",
    ),
    Route("GET", "/v1/charges/{id}/refunds", list_refunds, Form(PAGE)),
    Route("POST", "/v1/charges", refuse),
]
