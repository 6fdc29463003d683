"""Tokens of cards: one use each, as the card of a payment method."""

from .. import cards
from ..errors import missing_parameter
from ..fields import Json
from ..forms import EXPAND, Form, currency, integer, missing, text
from ..instruments import card_facts
from ..objects import random_id
from ..state import State
from . import payment_methods
from .addresses import PARTS
from .routing import Route, retrieve

BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "MasterCard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
ADDRESS = {f"address_{'zip' if part == 'postal_code' else part}": part for part in PARTS}
CARD = Form(
    {
        "number": text(),
        "exp_month": integer(),
        "exp_year": integer(),
        "cvc": text(),
        "name": text(),
        "currency": currency,
        **dict.fromkeys(ADDRESS, text()),
        "networks": missing,
    },
    required=("number", "exp_month", "exp_year"),
)
NOT_OURS = ("account", "bank_account", "customer", "cvc_update", "person", "pii")


def create(state: State, p: Json) -> Json:
    if "card" not in p:
        raise missing_parameter("card")
    given = p["card"]
    card, expiry = payment_methods.read_card(state, given)
    token = state.add("token", card=_shown(card, expiry, given))
    state.private(token["id"]).update(
        card=card,
        expiry=expiry,
        billing={
            "name": given.get("name"),
            "address": {part: given.get(name) for name, part in ADDRESS.items()},
        },
    )
    return token


def _shown(card: cards.Card, expiry: tuple[int, int], given: Json) -> Json:
    """A card as the API showed it before there were payment methods."""
    facts = card_facts(card, expiry)
    checks = facts["checks"]
    return {
        "id": f"card_1{random_id(23)}",
        "object": "card",
        **{name: given.get(name) for name in ADDRESS},
        "address_line1_check": checks[cards.LINE1],
        "address_zip_check": checks[cards.ZIP],
        "brand": BRANDS[card.brand],
        **{name: facts[name] for name in ("country", "exp_month", "exp_year", "fingerprint", "funding", "last4")},
        **({"currency": given["currency"]} if "currency" in given else {}),
        "cvc_check": "unchecked" if "cvc" in given else None,
        "dynamic_last4": None,
        "metadata": {},
        "name": given.get("name"),
        "networks": {"preferred": None},
        "regulated_status": facts["regulated_status"],
        "tokenization_method": None,
    }


ROUTES = [
    Route(
        "POST", "/v1/tokens", create, Form({**EXPAND, "card": CARD, **dict.fromkeys(NOT_OURS, missing)}), page="always"
    ),
    retrieve("token", page="always"),
]
