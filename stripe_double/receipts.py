"""A charge's receipt: whose it is, of what, when, by which card, and what went back."""

import time

from flask import Blueprint, Response, render_template

from .expansion import nested
from .fields import Json
from .pages import price
from .resources import account
from .state import State


def blueprint(state: State) -> Blueprint:
    receipts = Blueprint("receipts", __name__)

    @receipts.get("/receipts/<id>")
    def receipt(id: str) -> Response:  # noqa: A002
        with state.acting():
            charge = state.find("charge", id)
            if charge is None or not charge["paid"]:
                return Response(render_template("gone.html", title="No such receipt"), 404)
            return Response(render_template("receipt.html", title="Receipt", **receipt_view(state, charge)))

    return receipts


def receipt_view(state: State, charge: Json) -> Json:
    currency = charge["currency"]
    refunds = [each for each in state.all("refund", charge=charge["id"]) if each["status"] == "succeeded"]
    return {
        "id": charge["id"],
        "merchant": account.ACCOUNT["settings"]["dashboard"]["display_name"],
        "date": _day(charge["created"]),
        "method": _method(charge["payment_method_details"] or {}),
        "items": [(name, price(amount, currency)) for name, amount in _items(state, charge)],
        "paid": price(charge["amount_captured"], currency),
        "refunds": [(_day(each["created"]), price(each["amount"], currency)) for each in reversed(refunds)],
        "total": price(charge["amount_captured"] - charge["amount_refunded"], currency),
    }


def _items(state: State, charge: Json) -> list[tuple[str, int]]:
    """What was bought, by the checkout's lines; without a checkout, what the charge is called."""
    intent = charge["payment_intent"]
    session = state.find("checkout.session", state.private(intent).get("session")) if intent else None
    if session is None:
        return [(charge["description"] or "Payment", charge["amount_captured"])]
    lines = nested(state, session, "line_items")["data"]
    return [(f"{line['quantity']} x {line['description']}", line["amount_total"]) for line in lines]


def _method(details: Json) -> str:
    if card := details.get("card"):
        return f"{str(card['brand']).title()} ending in {card['last4']}"
    return f"bank debit ending in {details['sepa_debit']['last4']}" if "sepa_debit" in details else "another way"


def _day(at: int) -> str:
    return time.strftime("%-d %B %Y", time.gmtime(at))
