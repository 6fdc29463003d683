"""Customers, one for each user, and the cards that Stripe keeps for them."""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payments.adapters.stripe.client import StripeConnection
from payments.adapters.stripe.errors import translated, translating
from payments.adapters.stripe.library import stripe
from payments.adapters.stripe.lists import around, noted
from payments.domain.customers import Card, UserCustomer
from payments.domain.errors import StripeRefused
from payments.domain.payment import Payment

if TYPE_CHECKING:
    from stripe.params._customer_session_create_params import (
        CustomerSessionCreateParamsComponentsPaymentElementFeatures as Features,
    )

# Whose customer it is, and by which customer a card was removed.
USER = "user"
REMOVED_FROM = "removed_from"

# Whatever is with a customer of ours was saved by consent: in the Payment Element, by a card that was added, or at
# Stripe's checkout. What Stripe notes of that differs by the way, so none is left out.
REDISPLAYED = ["always", "limited", "unspecified"]

# For so long one may have been asked for with the same key.
_ASKED_WITHIN = timedelta(hours=24)

_PLAIN = re.compile(r"[\w-]{1,128}", re.ASCII)


class StripeCustomers(StripeConnection):
    def create_customer(self, customer: UserCustomer) -> str:
        """The id of the user's customer; asked again, the same one: the parameters follow from user and n alone.

        StripeUnavailable if it is not known whether it was made, NotConfigured if Stripe does not take our key.
        """
        with translating():
            made = self._client().v1.customers.create(
                {"metadata": _note(customer)}, {"idempotency_key": _key(customer)}
            )
        return made.id

    def find_customer(self, customer: UserCustomer) -> str | None:
        """The id of the one that Stripe made without our hearing of it, None if there is none."""
        first, last = around(customer.begun_at, customer.begun_at + _ASKED_WITHIN)
        with translating():
            page = self._client().v1.customers.list({"created": {"gte": first, "lte": last}, "limit": 100})
            return next((str(each["id"]) for each in noted(page, _note(customer))), None)

    def delete_customer(self, customer_id: str) -> None:
        """With its cards; nothing to do for one that is gone. What Stripe's failures raise."""
        try:
            self._client().v1.customers.delete(customer_id)
        except stripe.StripeError as error:
            if not _is_missing(error):
                raise translated(error) from None

    def open_customer_session(self, payment: Payment) -> str:
        """The client secret by which a page shows the saved cards of the payment's customer, for half an hour.

        What Stripe's failures raise.
        """
        with translating():
            session = self._client().v1.customer_sessions.create(
                {
                    "customer": str(payment.customer_id),
                    "components": {"payment_element": {"enabled": True, "features": _features(payment)}},
                }
            )
        return session.client_secret

    # Cards

    def cards(self, customer_id: str) -> list[Card]:
        """The customer's cards, the newest first; StripeRefused if Stripe has the customer no more."""
        try:
            listed = self._client().v1.customers.payment_methods.list(customer_id, {"type": "card", "limit": 100})
            return [_card(each.to_dict()) for each in listed.auto_paging_iter()]
        except stripe.StripeError as error:
            if _is_missing(error):
                raise StripeRefused("The payment provider has this customer no more.", customer_gone=True) from None
            raise translated(error) from None

    def card(self, card_id: str) -> Card | None:
        """The card, whoever has it; None for what is none."""
        try:
            body = self._client().v1.payment_methods.retrieve(card_id).to_dict()
        except stripe.StripeError as error:
            if _is_missing(error):
                return None
            raise translated(error) from None
        return _card(body) if body.get("type") == "card" else None

    def remove_card(self, card: Card) -> None:
        """Take the card from its customer, and keep with it which that was; nothing to do for one that is removed."""
        methods = self._client().v1.payment_methods
        try:
            # Afterwards Stripe tells nobody whose it was, and takes no change any more.
            methods.update(card.id, {"metadata": {REMOVED_FROM: card.customer or ""}})
            methods.detach(card.id)
        except stripe.InvalidRequestError as error:
            # Another was faster, or Stripe will not.
            now = self.card(card.id)
            if now and now.customer:
                raise translated(error) from None
        except stripe.StripeError as error:
            raise translated(error) from None

    def begin_setup(self, customer_id: str) -> str:
        """The client secret of an intent to save a card. What Stripe's failures raise.

        It is to be paid with by somebody who is there, who can be asked to authenticate.
        """
        with translating():
            intent = self._client().v1.setup_intents.create(
                {"customer": customer_id, "allowed_payment_method_types": ["card"], "usage": "on_session"}
            )
        if intent.client_secret is None:
            raise StripeRefused("The payment provider answered without what a page needs.")
        return intent.client_secret


def _features(payment: Payment) -> "Features":
    shown: Features = {
        "payment_method_redisplay": "enabled",
        "payment_method_allow_redisplay_filters": [*REDISPLAYED],
        "payment_method_redisplay_limit": 10,
    }
    if payment.save_method is None:
        # The element asks. Stripe refuses a usage here beside one of the intent, which has none then.
        return {**shown, "payment_method_save": "enabled", "payment_method_save_usage": "on_session"}
    return {**shown, "payment_method_save": "disabled"}


def _card(body: Mapping[str, Any]) -> Card:
    card = body["card"]
    return Card(
        id=body["id"],
        customer=body.get("customer"),
        removed_from=(body.get("metadata") or {}).get(REMOVED_FROM),
        created=body["created"],
        fingerprint=card.get("fingerprint"),
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
        wallet=(card.get("wallet") or {}).get("type"),
    )


def _note(customer: UserCustomer) -> dict[str, str]:
    """What a customer has of ours at Stripe: whose it is, and which of theirs."""
    return {USER: customer.user, "n": str(customer.n)}


def _key(customer: UserCustomer) -> str:
    """A `sub` may have any characters, and be long; what was hashed has a dot, which no plain one has."""
    user = customer.user
    if not _PLAIN.fullmatch(user):
        user = f"sha256.{hashlib.sha256(user.encode()).hexdigest()}"
    return f"customer-{user}-{customer.n}"


def _is_missing(error: stripe.StripeError) -> bool:
    return isinstance(error, stripe.InvalidRequestError) and error.code == "resource_missing"
