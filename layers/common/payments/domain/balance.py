"""What came in and went back, by intent and currency, and whether it is what was asked.

Captured charges and succeeded intents say the same, so the greater of both counts (one may not have arrived yet); a
paid session's total speaks only where neither is known of its intent. A payment that was paid twice shows both.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from payments.domain.facts import (
    Approval,
    Attempt,
    AttemptState,
    Fact,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.money import Money, named

type Key = tuple[str | None, str]
type Sums = Mapping[Key, int]
"""By intent (None where it is not known) and currency, in minor units."""

_UNDER_WAY_OR_DONE = (RefundState.PENDING, RefundState.SUCCEEDED)


@dataclass(frozen=True)
class Balance:
    """The money of one payment that was asked for `asked`.

    `received` has a key for whatever was paid, also where that was 0; `returned` counts refunds that are under way or
    done; `approved` are the sums that someone accepted, each with what had come in the asked currency beside it, if it
    is of another and anything had: should that change, it is another total, and nobody has accepted that.
    """

    asked: Money
    received: Sums = field(default_factory=dict)
    returned: Sums = field(default_factory=dict)
    approved: frozenset[tuple[Money, Money | None]] = frozenset()

    @classmethod
    def of(cls, asked: Money, facts: Iterable[Fact]) -> "Balance":
        known = tuple(facts)
        intents = frozenset(intent for fact in known if (intent := _intent_of(fact)))
        received = _received(known, intents)
        refunds = [each for each in known if isinstance(each, Refund) and each.state in _UNDER_WAY_OR_DONE]
        returned = _totals(refunds, intents)
        approvals = [each.ref.partition("+") for each in known if isinstance(each, Approval)]
        approved = [(_sum_in(accepted), _sum_in(beside)) for accepted, _, beside in approvals]
        return cls(asked, received, returned, frozenset((sum_, beside) for sum_, beside in approved if sum_))

    @property
    def is_paid(self) -> bool:
        """Something was received, or nothing was to be."""
        return bool(self.received)

    @cached_property
    def received_sums(self) -> tuple[Money, ...]:
        return _by_currency(self.received, self.asked.currency)

    @cached_property
    def returned_sums(self) -> tuple[Money, ...]:
        return _by_currency(self.returned, self.asked.currency)

    @property
    def refundable(self) -> Sums:
        """What of each intent's money is still there to be returned, whichever a refund that names none was of."""
        unnamed = {currency: sum_ for (intent, currency), sum_ in self.returned.items() if intent is None}
        left = {
            (intent, currency): sum_
            - self.returned.get((intent, currency), 0)
            - (unnamed.get(currency, 0) if intent is not None else 0)
            for (intent, currency), sum_ in self.received.items()
        }
        return {key: sum_ for key, sum_ in left.items() if sum_ > 0}

    @cached_property
    def given_back(self) -> tuple[Money, ...]:
        """What was returned beyond what was received in excess: money back, as a customer understands it."""
        sums = (Money(max(0, each.amount - self._excess(each.currency)), each.currency) for each in self.returned_sums)
        return tuple(each for each in sums if each.amount)

    @cached_property
    def accepted_sums(self) -> tuple[Money, ...]:
        """What was received of what is accepted, without any excess; a 0 if that is what was asked and came."""
        sums = (Money(each.amount - self._excess(each.currency), each.currency) for each in self.received_sums)
        return tuple(each for each in sums if each.amount) or (Money(0, self.asked.currency),)

    def is_at(self, sum_: Money) -> bool:
        """Whether this very sum was received, in its currency; it may be 0."""
        sums = [amount for (_, currency), amount in self.received.items() if currency == sum_.currency]
        return bool(sums) and sum(sums) == sum_.amount

    @property
    def is_returned(self) -> bool:
        """All of it went back."""
        received = self.received_sums
        return bool(received) and all(self._returned(each.currency) >= each.amount for each in received)

    @property
    def is_accepted(self) -> bool:
        """It is what was asked, or approved, or was more in the asked currency, of which at least the excess went back.

        Whatever came in other currencies was approved or went back.
        """
        return self.is_paid and self._is_own_accepted and all(self._is_settled(each) for each in self._foreign)

    @property
    def is_in_review(self) -> bool:
        """Something else than what was asked came in, and was neither accepted nor returned."""
        return self.is_paid and not self.is_accepted and not self.is_returned

    @property
    def unaccepted(self) -> tuple[Money, ...]:
        """What review is about, one sum a currency: neither asked, nor approved, nor gone back; a 0 if that is what
        came of something that has a price."""
        sums = () if self.own is None or self._is_own_accepted else (self.own,)
        return (*sums, *(each for each in self._foreign if not self._is_settled(each)))

    def approval_of(self, sum_: Money) -> str:
        """What an approval of this sum is named by, as things stand: the sum, and what it is beside."""
        beside = [] if self.own is None or self.own.currency == sum_.currency else [self.own]
        return named([sum_, *beside])

    @property
    def own(self) -> Money | None:
        """What came in the asked currency, None if nothing did; a 0 is something where 0 was asked."""
        own = [sum_ for (_, currency), sum_ in self.received.items() if currency == self.asked.currency]
        return Money(sum(own), self.asked.currency) if own else None

    @property
    def _foreign(self) -> tuple[Money, ...]:
        return tuple(each for each in self.received_sums if each.currency != self.asked.currency)

    @property
    def _is_own_accepted(self) -> bool:
        own, asked = self.own, self.asked
        if own is None:
            # Another currency may have been accepted in its place.
            return any((each, None) in self.approved for each in self._foreign)
        if own == asked or (own, None) in self.approved:
            return True
        return own.amount > asked.amount and self._returned(own.currency) >= own.amount - asked.amount

    def _is_settled(self, foreign: Money) -> bool:
        return (foreign, self.own) in self.approved or self._returned(foreign.currency) >= foreign.amount

    def _excess(self, currency: str) -> int:
        """What came in beyond what was accepted, and therefore may go back without being money back."""
        if not self.is_accepted:
            return 0
        received = sum(each.amount for each in self.received_sums if each.currency == currency)
        if (Money(received, currency), None if currency == self.asked.currency else self.own) in self.approved:
            return 0
        return max(0, received - (self.asked.amount if currency == self.asked.currency else 0))

    def _returned(self, currency: str) -> int:
        return sum(sum_ for (_, each), sum_ in self.returned.items() if each == currency)


def _received(facts: Iterable[Fact], intents: frozenset[str]) -> Sums:
    known = tuple(facts)
    attempts = [each for each in known if isinstance(each, Attempt) and each.state is AttemptState.SUCCEEDED]
    succeeded = [each for each in known if isinstance(each, Intent) and each.state is IntentState.SUCCEEDED]
    sessions = [each for each in known if isinstance(each, Session) and each.state is SessionState.PAID]
    captured, taken = _totals(attempts, intents), _totals(succeeded, intents)
    received = {key: max(captured.get(key, 0), taken.get(key, 0)) for key in {*captured, *taken}}
    for key in [key for key in captured if key[0] is None]:
        # Of a charge that does not say whose it is, the money may be what an intent says that it received.
        told = sum(sum_ - captured.get(each, 0) for each, sum_ in taken.items() if each[1] == key[1])
        received[key] = max(0, captured[key] - max(0, told))
    told_of = {intent for intent, _ in received}
    if None not in told_of:
        received |= {key: sum_ for key, sum_ in _totals(sessions, intents).items() if key[0] not in told_of}
    return received


def _sum_in(text: str) -> Money | None:
    """`5000-usd`; None for what is no sum."""
    sum_, _, currency = text.rpartition("-")
    return Money(int(sum_), currency) if sum_.isdigit() else None


def _totals(facts: Iterable[Attempt | Intent | Refund | Session], intents: frozenset[str]) -> dict[Key, int]:
    """An intent that a fact does not name is implied where there is but one."""
    implied = next(iter(intents)) if len(intents) == 1 else None
    totals: dict[Key, int] = defaultdict(int)
    for fact in facts:
        totals[_intent_of(fact) or implied, fact.currency] += fact.amount
    return dict(totals)


def _intent_of(fact: Fact) -> str | None:
    match fact:
        case Intent():
            return fact.ref
        case Attempt():
            return fact.intent or (fact.ref.partition("#")[0] if "#" in fact.ref else None)
        case Session() | Refund():
            return fact.intent
    return None


def _by_currency(sums: Sums, first: str) -> tuple[Money, ...]:
    """One sum a currency, the `first` before the others; none where nothing is."""
    totals: dict[str, int] = defaultdict(int)
    for (_, currency), sum_ in sums.items():
        totals[currency] += sum_
    ordered = sorted(totals.items(), key=lambda each: (each[0] != first, each[0]))
    return tuple(Money(sum_, currency) for currency, sum_ in ordered if sum_)
