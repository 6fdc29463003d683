"""A user's customer at Stripe: made once, however many ask for it at once, and anew where Stripe has it no more.

That one is to be made, and as which, is durable before Stripe is asked, so that whoever asks asks for the same.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from payments.domain.customers import Card, UserCustomer, not_ones_own
from payments.domain.errors import StripeUnavailable, TryAgain
from payments.domain.looking import REPEATABLE
from payments.services.recording import ATTEMPTS

# How long one caller waits for another whom Stripe is answering.
AWAITED_READS = 10
AWAITED_PAUSE_SECONDS = 0.3


class CustomerStore(Protocol):
    def customer(self, user: str) -> UserCustomer | None: ...

    def begin_customer(self, begun: UserCustomer, before: UserCustomer | None) -> UserCustomer | None:
        """In the place of `before`, None for none: the user's customer as it is stored, which another may have
        begun."""

    def keep_customer(self, known: UserCustomer) -> UserCustomer | None:
        """What Stripe calls the one that was begun: the user's customer as it is stored, another or none if it was
        begun anew or erased meanwhile."""

    def forget_customer(self, customer: UserCustomer) -> None:
        """Unless it is another by now."""


class CustomersAtStripe(Protocol):
    def create_customer(self, customer: UserCustomer) -> str:
        """Stripe's id of it; asked again, the same one."""

    def find_customer(self, customer: UserCustomer) -> str | None:
        """Stripe's id of the one that was made without our hearing of it."""

    def delete_customer(self, customer_id: str) -> None:
        """With its cards; one that is gone is gone."""

    def card(self, card_id: str) -> Card | None: ...


@dataclass(frozen=True)
class Customers:
    """Users' customers, at one moment. All raises what Stripe's failures raise."""

    store: CustomerStore
    stripe: CustomersAtStripe
    now: datetime

    def of(self, user: str) -> str:
        """Stripe's id of the user's customer, which is made if there is none."""
        return self._known(user, self.store.customer(user))

    def anew(self, user: str, gone: str) -> str:
        """The same, where Stripe has `gone` no more; of those who find that out at once all get one."""
        found = self.store.customer(user)
        if found and found.id == gone:
            found = self._begun(user, found)
        return self._known(user, found)

    def check_own(self, card_id: str, customer_id: str) -> None:
        """ValidationFailed for a card that the customer has not saved."""
        card = self.stripe.card(card_id)
        if card is None or card.customer != customer_id:
            raise not_ones_own()

    def forget(self, user: str) -> None:
        """Delete the user's customer at Stripe, cards and all, and here; whatever is cut off, it can be done again."""
        for _ in range(ATTEMPTS):
            found = self.store.customer(user)
            if found is None:
                return
            # Of one that was asked for and not answered Stripe may have made something.
            known = found.id or self._known(user, found)
            self.stripe.delete_customer(known)
            self.store.forget_customer(replace(found, id=known))
        raise _busy()

    def _known(self, user: str, found: UserCustomer | None) -> str:
        for _ in range(ATTEMPTS):
            if found is None:
                found = self._begun(user, None)
            elif found.id:
                return found.id
            elif self.now - found.begun_at >= REPEATABLE:
                # Stripe may have forgotten the key by now.
                found = self._found(found)
            else:
                found = self._asked(found)
        raise _busy()

    def _begun(self, user: str, before: UserCustomer | None) -> UserCustomer | None:
        return self.store.begin_customer(UserCustomer.begun(user, self.now, before=before), before)

    def _asked(self, begun: UserCustomer) -> UserCustomer | None:
        try:
            known = self.stripe.create_customer(begun)
        except StripeUnavailable as error:
            if error.spent:
                return self._found(begun)
            answered = self._awaited(begun) if error.in_flight else None
            if answered is None:
                raise
            return answered
        return self.store.keep_customer(replace(begun, id=known))

    def _found(self, begun: UserCustomer) -> UserCustomer | None:
        """What came of an asking that cannot be repeated; nothing is begun anew: of a customer too many nobody knows,
        and no card is with it."""
        known = self.stripe.find_customer(begun)
        return self.store.keep_customer(replace(begun, id=known)) if known else self._begun(begun.user, begun)

    def _awaited(self, begun: UserCustomer) -> UserCustomer | None:
        """The customer once another caller, whom Stripe is answering, has kept it; None if that takes long."""
        for _ in range(AWAITED_READS):
            time.sleep(AWAITED_PAUSE_SECONDS)
            found = self.store.customer(begun.user)
            if found and found.id:
                return found
        return None


def _busy() -> TryAgain:
    return TryAgain("Too many are ordering in this name at once; send the same again.")
