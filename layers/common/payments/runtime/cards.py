"""Saved cards as the API's JSON, and what they are called by.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from payments.domain.customers import Card
from payments.domain.errors import PaymentMethodNotFound
from payments.runtime.http import Request

# What Stripe calls one. Anything else is nobody's, and Stripe is not asked.
_CARD_ID = re.compile(r"pm_[0-9A-Za-z_]{1,97}", re.ASCII)


class PaymentMethodView(TypedDict):
    """A saved card, as its owner knows it by."""

    id: str
    """To pay with it, or to remove it."""
    brand: str
    """As Stripe calls it, such as `visa`."""
    last4: str
    expMonth: int
    expYear: int
    wallet: str | None
    """Such as `apple_pay`, where it came by one."""
    expired: bool


class PaymentMethodsView(TypedDict):
    """The caller's saved cards, the newest first; each once, however often it was saved."""

    paymentMethods: list[PaymentMethodView]


class SetupView(TypedDict):
    """What it takes to save another card, in a form on the page."""

    clientSecret: str
    """What Stripe.js confirms the SetupIntent with. Keep it nowhere."""
    publishableKey: str
    """What Stripe.js is loaded with."""


def cards_view(cards: Iterable[Card], now: datetime) -> PaymentMethodsView:
    return {"paymentMethods": [_card_view(each, now) for each in cards]}


def _card_view(card: Card, now: datetime) -> PaymentMethodView:
    return {
        "id": card.id,
        "brand": card.brand,
        "last4": card.last4,
        "expMonth": card.exp_month,
        "expYear": card.exp_year,
        "wallet": card.wallet,
        "expired": card.has_expired(now),
    }


def setup_view(client_secret: str, publishable_key: str) -> SetupView:
    return {"clientSecret": client_secret, "publishableKey": publishable_key}


def card_id_of(event: Request) -> str:
    """The card that a path names; PaymentMethodNotFound for what names none."""
    card_id = str((event.get("pathParameters") or {}).get("paymentMethodId"))
    if not _CARD_ID.fullmatch(card_id):
        raise PaymentMethodNotFound
    return card_id
