"""A user's saved cards. They are Stripe's to keep: each time it is asked for them, and nothing of them is stored."""

from typing import Protocol

from payments.domain.customers import Card, UserCustomer, each_once
from payments.domain.errors import PaymentMethodNotFound, StripeRefused
from payments.services.customers import Customers, CustomersAtStripe


class KnownCustomers(Protocol):
    def customer(self, user: str) -> UserCustomer | None: ...


class CardsAtStripe(CustomersAtStripe, Protocol):
    def cards(self, customer_id: str) -> list[Card]:
        """StripeRefused if Stripe has the customer no more."""

    def remove_card(self, card: Card) -> None:
        """From its customer, which it remembers; one that is removed is removed."""

    def begin_setup(self, customer_id: str) -> str:
        """The client secret of an intent to save a card for the customer; StripeRefused if that is gone."""


def own_cards(user: str, store: KnownCustomers, stripe: CardsAtStripe) -> list[Card]:
    """The newest first, each once, however often it was saved."""
    customer_id = _customer_of(user, store)
    return each_once(_cards_of(customer_id, stripe)) if customer_id else []


def begin_card(user: str, customers: Customers, stripe: CardsAtStripe) -> str:
    """The client secret of a SetupIntent, by which a page has the user save another card."""
    customer_id = customers.of(user)
    try:
        return stripe.begin_setup(customer_id)
    except StripeRefused as error:
        if not error.customer_gone:
            raise
        return stripe.begin_setup(customers.anew(user, customer_id))


def remove_card(user: str, card_id: str, store: KnownCustomers, stripe: CardsAtStripe) -> int:
    """Have Stripe forget a card of the user's, however often it was saved: how many it was.

    PaymentMethodNotFound if it is not theirs; none is left to do for one that they have removed.
    """
    customer_id = _customer_of(user, store)
    card = stripe.card(card_id) if customer_id else None
    if customer_id is None or card is None or card.owner != customer_id:
        raise PaymentMethodNotFound
    twins = [each for each in _cards_of(customer_id, stripe) if each.is_twin_of(card)]
    # Should this be cut off, a repetition finds the others by what was named, of which Stripe still tells whose it was.
    going = [*twins, card] if card.customer else twins
    for each in going:
        stripe.remove_card(each)
    return len(going)


def _customer_of(user: str, store: KnownCustomers) -> str | None:
    found = store.customer(user)
    return found.id if found else None


def _cards_of(customer_id: str, stripe: CardsAtStripe) -> list[Card]:
    try:
        return stripe.cards(customer_id)
    except StripeRefused as error:
        if not error.customer_gone:
            raise
        return []
