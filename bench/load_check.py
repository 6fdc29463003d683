"""Was anything lost? What customers did, held against what the table, the API, Stripe and the mailbox say in the end.

Judged by what each customer did alone; nothing here asks the code that decided it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Ending(StrEnum):
    """How a customer left."""

    PAID = "paid"
    DECLINED = "declined"
    DECLINED_THEN_PAID = "declined, then paid"
    DECLINED_THEN_EXPIRED = "declined, then expired"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a customer did; the amount, in minor units, is what the catalogue asks."""

    payment_id: str
    key: str
    email: str
    ending: Ending
    amount: int
    currency: str

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    """What the table has of a payment: its Idempotency-Key's hash, and each notice's state by its kind."""

    key_hash: str | None
    notices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mail:
    """`payment_id` is the one that the mail names, if any."""

    payment_id: str | None
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class World:
    """Everything, once it is quiet. `views` are the API's answers and `sessions` Stripe's, both by payment id."""

    stored: Mapping[str, Stored]
    views: Mapping[str, Mapping[str, Any]]
    sessions: Counter[str]
    mails: Sequence[Mail]


@dataclass(frozen=True, slots=True)
class _Due:
    """The status and the mails that an ending must lead to, and those that it may."""

    status: str
    mails: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()


_TO_CUSTOMER = {"payment_confirmation", "payment_failed"}
_CONFIRMED = frozenset({"payment_confirmation", "admin_notification", "admin_copy"})
_FAILED = frozenset({"payment_failed_admin"})
_DUE = {
    Ending.PAID: _Due("succeeded", _CONFIRMED),
    # The success may come before the mail about the failure is sent, and then it is not.
    Ending.DECLINED_THEN_PAID: _Due("succeeded", _CONFIRMED, _FAILED),
    Ending.DECLINED: _Due("failed", _FAILED),
    Ending.DECLINED_THEN_EXPIRED: _Due("expired", _FAILED | {"payment_failed"}),
    Ending.ABANDONED: _Due("pending"),
}


def losses(visits: Sequence[Visit], world: World) -> list[str]:
    """Whatever is lost, doubled or wrong, a sentence each; nothing if all is well."""
    mails: dict[str | None, list[Mail]] = {}
    for mail in world.mails:
        mails.setdefault(mail.payment_id, []).append(mail)
    lost = list(_strays(visits, world))
    for visit in visits:
        lost += [
            f"{visit.payment_id} ({visit.ending}): {sentence}"
            for sentence in _losses_of(visit, world, mails.get(visit.payment_id, []))
        ]
    return lost


def _strays(visits: Iterable[Visit], world: World) -> Iterator[str]:
    known = {visit.payment_id for visit in visits}
    for payment_id in sorted(world.stored.keys() - known):
        yield f"{payment_id}: it is in the table, and no customer was told of it"
    for payment_id in sorted(world.sessions.keys() - known):
        yield f"{payment_id}: Stripe has a checkout for it, and no customer was told of it"
    for mail in world.mails:
        if mail.payment_id not in known:
            yield f"a mail is about no customer's payment: {mail.subject}"
    keys = Counter(stored.key_hash for stored in world.stored.values())
    for visit in visits:
        if keys[visit.key_hash] > 1:
            yield f"{visit.payment_id}: its Idempotency-Key made {keys[visit.key_hash]} payments"
    for payment_id, number in Counter(visit.payment_id for visit in visits).items():
        if number > 1:
            yield f"{payment_id}: {number} customers were told of it"


def _losses_of(visit: Visit, world: World, mails: Sequence[Mail]) -> Iterator[str]:
    due = _DUE[visit.ending]
    stored, view = world.stored.get(visit.payment_id), world.views.get(visit.payment_id)
    if stored is None or view is None:
        yield "it is lost"
        return
    if stored.key_hash != visit.key_hash:
        yield "it is another Idempotency-Key's"
    if view["status"] != due.status:
        yield f"its status is {view['status']}, not {due.status}"
    if (view["amount"], view["currency"]) != (visit.amount, visit.currency):
        yield f"its amount is {view['amount']} {view['currency']}, not {visit.amount} {visit.currency}"
    if due.status == "succeeded" and not view["transactionId"]:
        yield "it was paid and has no transaction id"
    if world.sessions[visit.payment_id] != 1:
        yield f"Stripe has {world.sessions[visit.payment_id]} checkouts for it"
    yield from _losses_of_mail(visit, due, stored, mails)


def _losses_of_mail(visit: Visit, due: _Due, stored: Stored, mails: Sequence[Mail]) -> Iterator[str]:
    sent = {kind for kind, state in stored.notices.items() if state == "sent"}
    for kind, state in sorted(stored.notices.items()):
        if state not in ("sent", "moot"):
            yield f"the notice {kind} is still {state}"
    for kind in sorted(due.mails - sent):
        yield f"the notice {kind} was not sent"
    for kind in sorted(sent - due.mails - due.possible):
        yield f"the notice {kind} was sent and should not have been"
    received = Counter((mail.to, mail.subject) for mail in mails)
    for (_, subject), number in sorted(received.items()):
        if number > 1:
            yield f"the mail '{subject}' came {number} times"
    to_customer = sum(number for (to, _), number in received.items() if to == visit.email)
    for who, came, kinds in (
        ("the customer", to_customer, sent & _TO_CUSTOMER),
        ("the admin", received.total() - to_customer, sent - _TO_CUSTOMER),
    ):
        if came != len(kinds):
            yield f"{who} got {came} mails, and {len(kinds)} were recorded as sent"
