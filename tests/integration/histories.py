"""Histories: what a customer, a bank and an admin do to one checkout at Stripe, or to one intent of a form on the page,
and how the news of it may travel."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import stripe
from hypothesis import strategies as st

from tests.integration.fragile import FragileSystem

GOOD, DECLINED, NO_FUNDS = "4242424242424242", "4000000000000002", "4000000000009995"
ASKS = "4000002760003184"
REFUND_PENDING, REFUND_FAILS = "4000000000007726", "4000000000005126"
DISPUTED, INQUIRED, WARNED_OF = "4000000000000259", "4000000000001976", "4000000000005423"

type Act = Callable[[FragileSystem], None]


@dataclass(frozen=True)
class Step:
    """One thing that happens at Stripe; what Stripe refuses, such as the refund of a disputed charge, does not."""

    name: str
    act: Act

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Move:
    """What happens next: a step, or something on the way between Stripe and us; `number` says which or how long."""

    kind: str
    number: int

    def __repr__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class History:
    """Steps and the moves around them; steps that no move asked for follow at the end, and then what is undelivered
    is delivered in a random order, or never. `on_page`: it is paid in a form on the page."""

    steps: tuple[Step, ...]
    moves: tuple[Move, ...]
    delivers_the_rest: bool
    on_page: bool = False


def pay(card: str) -> Step:
    return Step(f"pay {card}", lambda system: system.try_to_pay(card))


def _control(path: str, *, cards_only: bool = False, **body: Any) -> Act:
    """The control call about the newest object of the kind that the path names, if there is one."""
    kind, action = path.split("/")

    def act(system: FragileSystem) -> None:
        id_ = system.session_id if kind == "sessions" else newest(system, kind.removesuffix("s"))
        family = kind
        if kind == "sessions" and system.intent:
            id_, family = system.intent, "payment_intents"
        if id_ and (id_.startswith("ch_") or not cards_only):
            try:
                system.control(f"{family}/{id_}/{action}", **body)
            except HTTPError as error:
                if error.code >= 500:
                    raise

    return act


def newest(system: FragileSystem, kind: str) -> str | None:
    """The id of the newest such object of the checkout's charge; of charges, the one that was paid."""
    with system.double.state.acting() as state:
        intent = system.intent or state.get("checkout.session", system.session_id)["payment_intent"]
        found = [each for each in state.all(kind, payment_intent=intent) if intent]
    if kind == "charge":
        found = [each for each in found if each["status"] == "succeeded"]
    return str(found[0]["id"]) if found else None


def refund(percent: int) -> Step:
    def act(system: FragileSystem) -> None:
        charge = newest(system, "charge")
        if charge:
            with suppress(stripe.InvalidRequestError):
                system.stripe().v1.refunds.create({"charge": charge, "amount": 99 * percent})

    return Step(f"refund {percent} %", act)


def _expire(system: FragileSystem) -> None:
    """The checkout's time is over; an intent, which has none at Stripe, is canceled in the dashboard."""
    if not system.intent:
        _control("sessions/expire")(system)
        return
    with suppress(stripe.InvalidRequestError):
        system.stripe().v1.payment_intents.cancel(system.intent)


APPROVE = Step("authenticate", _control("sessions/authenticate", approved=True))
FAIL_TO_AUTHENTICATE = Step("fail to authenticate", _control("sessions/authenticate", approved=False))
SETTLE = Step("settle", _control("sessions/settle"))
EXPIRE = Step("expire", _expire)
REFUND_LATER_FAILS = Step("refund fails", _control("refunds/settle", status="failed"))

AFTERWARDS = (
    refund(30),
    refund(100),
    Step("refund arrives", _control("refunds/settle", status="succeeded")),
    REFUND_LATER_FAILS,
    Step("dispute", _control("charges/dispute")),
    # A bank debit is returned without being asked about first.
    Step("inquiry", _control("charges/dispute", cards_only=True, inquiry=True)),
    Step("escalate", _control("disputes/escalate")),
    Step("dispute won", _control("disputes/close", status="won")),
    Step("dispute lost", _control("disputes/close", status="lost")),
    Step("inquiry closed", _control("disputes/close", status="warning_closed")),
    Step("warn", _control("charges/warn")),
    Step("review", _control("charges/review")),
    Step("review closed", _control("reviews/close")),
)

# What a search once found; each is played every time.
LOST_END_OF_DELAYED_PAYMENT = History(
    (pay(DECLINED), pay("delayed_failure"), SETTLE), (*[Move("step", 0)] * 3, Move("lose", 8)), delivers_the_rest=True
)
LOST_EXPIRY = History(
    (pay(DECLINED), EXPIRE), (*[Move("step", 0)] * 2, Move("deliver", 0), Move("lose", 3)), delivers_the_rest=True
)
FAILED_REFUND = History((pay(GOOD), refund(30), REFUND_LATER_FAILS), (), delivers_the_rest=False)

_failures = st.sampled_from([[pay(DECLINED)], [pay(NO_FUNDS)], [pay(ASKS), FAIL_TO_AUTHENTICATE], [pay(ASKS)]])
_paid = st.one_of(
    st.sampled_from([GOOD, REFUND_PENDING, REFUND_FAILS, DISPUTED, INQUIRED, WARNED_OF]).map(lambda card: [pay(card)]),
    st.just([pay(ASKS), APPROVE]),
    st.just([pay("delayed_success"), SETTLE]),
)
_unpaid = st.sampled_from([[], [EXPIRE], [pay("delayed_failure"), SETTLE], [pay("delayed_success")]])


@st.composite
def _steps(draw: st.DrawFn) -> tuple[Step, ...]:
    tries = [step for failure in draw(st.lists(_failures, max_size=2)) for step in failure]
    if draw(st.integers(0, 3)):
        return (*tries, *draw(_paid), *draw(st.lists(st.sampled_from(AFTERWARDS), max_size=5)))
    return (*tries, *draw(_unpaid))


_kinds = ["step"] * 4 + ["deliver"] * 7 + ["repeat"] * 2 + ["mail"] * 2 + ["reconcile", "refresh", "forget messages"]


def histories(*, losing: bool) -> st.SearchStrategy[History]:
    """`losing` ones have news of the payment itself that even Stripe's list of undelivered events does not have."""
    kinds = _kinds + (["lose"] * 6 if losing else [])
    moves = st.lists(st.builds(Move, st.sampled_from(kinds), st.integers(0, 30)), min_size=12, max_size=40)
    return st.builds(History, _steps(), moves.map(tuple), st.booleans(), st.booleans())
