"""Charges: made by payments; read, and annotated, here."""

from typing import Any

from ..errors import StripeError
from ..expansion import nested
from ..fields import Json
from ..forms import PAGE, Form, anything, choice, email, metadata, missing, text
from ..state import State
from .addresses import SHIPPING, shipping
from .routing import Route, listing, paged, retrieve, updating

CREATE = """amount application_fee application_fee_amount capture currency customer description destination expand
metadata on_behalf_of radar_options receipt_email shipping source statement_descriptor statement_descriptor_suffix
transfer_data transfer_group""".split()


def add(state: State, intent: Json, method: Json, **values: Any) -> Json:
    """A charge that tries to pay the intent, with what Stripe copies from it."""
    charge = state.add(
        "charge",
        amount=intent["amount"],
        currency=intent["currency"],
        billing_details=method["billing_details"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        receipt_email=intent["receipt_email"],
        shipping=intent["shipping"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        transfer_group=intent["transfer_group"],
        **values,
    )
    state.change(intent, latest_charge=charge["id"])
    return charge


def outcome(
    type_: str,
    *,
    network: str = "approved_by_network",
    reason: str | None = None,
    message: str = "Payment complete.",
    advice: str | None = None,
    network_code: str | None = None,
    risk: str = "normal",
) -> Json:
    """What network and issuer made of a charge."""
    return {
        "advice_code": advice,
        "network_advice_code": None,
        "network_decline_code": network_code,
        "network_status": network,
        "reason": reason,
        "risk_level": risk,
        "risk_score": {"normal": 12, "elevated": 68}.get(risk, 92),
        "seller_message": message,
        "type": type_,
    }


def receipt(state: State, charge: Json) -> str:
    return f"{state.base_url}/receipts/{charge['id']}"


def list_refunds(state: State, p: Json) -> Json:
    refunds = nested(state, state.get("charge", p["id"]), "refunds")
    return paged(refunds["url"], refunds["data"], p, "refund")


def refuse(state: State, p: Json) -> Json:
    raise StripeError("The Stripe double makes charges through payment intents only: POST /v1/payment_intents.")


ROUTES = [
    retrieve("charge"),
    listing("charge", {"customer": text(), "payment_intent": text(), "transfer_group": text()}),
    updating(
        "charge",
        {
            "customer": missing,
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
    Route("POST", "/v1/charges", refuse, Form(dict.fromkeys(CREATE, anything))),
]
