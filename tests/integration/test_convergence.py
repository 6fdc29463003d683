"""Whatever happens at Stripe, and however the news of it travels, in the end the same is known and each mail was sent.

Hypothesis invents histories. Events reach the webhook in any order, again, late or never; the mailer and reconcile run
in between, and a customer checks again. What nobody delivered, reconcile finds in Stripe's list; what is not even
there, by looking at the payment.

Some of what is lost even from the list no one can know any more: that a try failed which left no charge and was
followed by another (Stripe keeps the last error alone), and what Radar warned of. The mails about these are then never
called for; all others are. And a payment that is known to be paid is not looked at again, so of what happens to the
money later Stripe's list must tell: only news of the paying itself is lost here, or else all news.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings

from payments.adapters.stripe.objects import read_event
from payments.domain.facts import Attempt, Fact
from payments.domain.learning import learn, notices
from payments.domain.mail import Letter
from payments.domain.notices import Notice, NoticeKind, NoticeState
from payments.domain.payment import Payment
from payments.services.letters import letter
from payments.services.refreshing import PAUSE
from stripe_double import StripeDouble
from tests.integration.fragile import FragileSystem
from tests.integration.histories import (
    FAILED_REFUND,
    LOST_END_OF_DELAYED_PAYMENT,
    LOST_EXPIRY,
    History,
    Move,
    Step,
    histories,
)
from tests.integration.system import AN_ORDER, local_aws

SEARCH_SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
EXAMPLES = 12
# Longer than a checkout lives, and than reconcile's longest pause between two looks.
A_DAY = timedelta(hours=25)
ABOUT_PAYING = ("checkout.session", "payment_intent", "charge")
WAITS = [timedelta(), timedelta(minutes=2), timedelta(minutes=11), timedelta(hours=1)]


@dataclass
class Witness:
    """A mailer that notes each letter, and whether it was true by what was known at that moment."""

    system: FragileSystem
    mailer: Any
    sent: int = 0
    untrue: list[Letter] = field(default_factory=list)

    def send(self, sent: Letter) -> str:
        (payment,) = self.system.payments()
        business = self.system.functions["SendEmail"].business
        if sent not in [letter(notice, payment, business) for notice in notices(payment)]:
            self.untrue.append(sent)
        self.sent += 1
        return str(self.mailer.send(sent))


class World:
    """One checkout and the news of it: what is undelivered, what was delivered, what is lost."""

    def __init__(self, system: FragileSystem, counts: Counter[str], *, on_page: bool = False) -> None:
        self.system = system
        self.counts = counts
        self.heard: list[dict[str, Any]] = []
        self.lost: list[dict[str, Any]] = []
        system.reset()
        self._told_before = self._all_events()
        if on_page:
            # A bank is debited in euros alone.
            system.place_order_on_page(AN_ORDER | {"serviceType": "website-review"})
        else:
            system.place_order()
        (self.asked,) = system.payments()
        counts["histories"] += 1
        counts["of a form on the page"] += on_page

    def play(self, history: History) -> None:
        note(str(history))
        steps = list(history.steps)
        for move in history.moves:
            if move.kind == "step":
                if steps:
                    self.take(steps.pop(0))
            else:
                self._move(move)
        for step in steps:
            self.take(step)
        if history.delivers_the_rest:
            rest = self.system.undelivered()
            random.Random(str(history.moves)).shuffle(rest)
            for event in rest:
                self._deliver(event)

    def take(self, step: Step) -> None:
        step.act(self.system)
        self.counts["steps"] += 1

    def _move(self, move: Move) -> None:
        backlog = self.system.undelivered()
        match move.kind:
            case "deliver" if backlog:
                self._deliver(backlog[move.number % len(backlog)])
            case "repeat" if self.heard:
                self._deliver(self.heard[move.number % len(self.heard)])
            case "lose" if about := [each for each in backlog if each["data"]["object"]["object"] in ABOUT_PAYING]:
                self.lose(about[move.number % len(about)])
            case "mail":
                self.system.run_mailer()
            case "reconcile":
                self.reconcile(WAITS[move.number % len(WAITS)])
            case "refresh":
                self.refresh()
            case "forget messages":
                self.system.lose_messages()

    def _deliver(self, event: dict[str, Any]) -> None:
        answer = self.system.hear(event)
        assert answer.status == 200, answer
        self.system.acknowledge(event)
        self.heard.append(event)
        self.counts["deliveries"] += 1

    def lose(self, event: dict[str, Any]) -> None:
        """Nobody delivers it, and Stripe believes that someone did."""
        self.system.acknowledge(event)
        self.lost.append(event)
        self.counts["events lost from the list as well"] += 1

    def reconcile(self, after: timedelta) -> None:
        self.system.clock.offset += after
        self.system.control("clock", advance=after.total_seconds())
        self.system.invoke("Reconcile", {})

    def refresh(self) -> None:
        self.system.clock_forward(PAUSE)
        self.system.refresh_once()

    def settle(self) -> None:
        """Days pass. Reconcile and the mailer run until neither has anything to do."""
        self.counts["events never delivered"] += len(self.system.undelivered())
        for _ in range(3):
            self.reconcile(A_DAY)
            self.system.run_mailer()
        before = self._state
        self.reconcile(A_DAY)
        self.system.run_mailer()
        assert self._state == before, "it does not come to rest"

    @property
    def _state(self) -> tuple[Payment, int]:
        """All but when it was written and is looked at next."""
        return replace(self.known, version=0, due_by={}), self.mails

    @property
    def known(self) -> Payment:
        (payment,) = self.system.payments()
        return payment

    @property
    def truth(self) -> Payment:
        """What follows if each event is delivered once and in order."""
        payment = self.asked
        told = [event for event in self._all_events() if event not in self._told_before]
        for event in told:
            lesson = read_event(event).lesson
            # An object that does not say whose it is is ours as well: there is one payment at a time.
            if lesson and (lesson.payment_id in (None, payment.id)):
                payment, _ = learn(payment, lesson.facts)
        return payment

    @property
    def visible(self) -> Payment:
        """The truth without what Stripe does not show to one who looks, unless we know it."""
        known = self.known.facts
        return replace(self.truth, facts={k: fact for k, fact in self.truth.facts.items() if k in known or shows(fact)})

    @property
    def mails(self) -> int:
        return len(self.system.mails(self.asked.id))

    def noticed(self) -> dict[Notice, str]:
        """How each notice that was ever raised stands."""
        items = self.system.items(f"PAYMENT#{self.asked.id}")
        return {
            Notice.parse(sk.removeprefix("NOTICE#")): item["state"]["S"]
            for sk, item in items.items()
            if sk.startswith("NOTICE#")
        }

    def _all_events(self) -> list[dict[str, Any]]:
        with self.system.double.state.acting() as state:
            return list(reversed(state.all("event")))


@pytest.fixture(scope="module")
def fragile() -> Iterator[FragileSystem]:
    # Someone is registered for webhooks, so that what is not delivered is on Stripe's list; deliveries are made here.
    with local_aws() as aws_url, StripeDouble(webhook_url="http://127.0.0.1:9/") as double:
        double.webhooks.mode = "drop"
        yield FragileSystem(aws_url, double)


@pytest.fixture
def witness(fragile: FragileSystem, monkeypatch: pytest.MonkeyPatch) -> Witness:
    witness = Witness(fragile, fragile.functions["SendEmail"].mailer)
    monkeypatch.setattr(fragile.functions["SendEmail"], "mailer", witness)
    return witness


@pytest.fixture
def counts(request: pytest.FixtureRequest, figures: list[str], witness: Witness) -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()
    yield counts
    counts["mails"] = witness.sent
    figures.append(f"{request.node.name}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))


def search(check: Any, *known: History, losing: bool) -> None:
    """Try histories: the known and the same few each time, or, for SEARCH_SECONDS, others each time."""
    profile = settings(
        max_examples=EXAMPLES,
        derandomize=not SEARCH_SECONDS,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    until = time.monotonic() + SEARCH_SECONDS / 4
    while True:
        trial = given(histories(losing=losing))(check)
        for history in known:
            trial = example(history)(trial)
        profile(trial)()
        if time.monotonic() >= until:
            return


def assert_told(world: World, witness: Witness) -> None:
    """Each notice that what is known calls for was sent, once; and nothing was sent that was not true then."""
    noticed = world.noticed()
    sent = {notice for notice, state in noticed.items() if state == NoticeState.SENT}
    assert notices(world.known) <= sent
    assert set(noticed.values()) <= {NoticeState.SENT, NoticeState.MOOT}
    assert world.mails == len(sent)
    untrue, witness.untrue = witness.untrue, []
    assert untrue == []


def called_for(payment: Payment) -> set[Notice]:
    """Whatever was raised before."""
    return {each for each in notices(payment) if each.kind is not NoticeKind.REFUND_FAILED_CUSTOMER}


def shows(fact: Fact) -> bool:
    """Whether looking at the payment finds it."""
    return not (isinstance(fact, Attempt) and fact.charge is None)


def shown(payment: Payment) -> dict[str, Fact]:
    """What looking finds, but for a charge's own word: that sinks again when a refund fails."""
    return {
        key: replace(fact, refunded=None, disputed=None) if isinstance(fact, Attempt) else fact
        for key, fact in payment.facts.items()
        if shows(fact)
    }


def figures_of(payment: Payment) -> tuple[Any, ...]:
    return payment.status, payment.balance.received, payment.balance.returned, payment.dispute


def test_what_is_undelivered_is_learned_all_the_same(
    fragile: FragileSystem, witness: Witness, counts: Counter[str]
) -> None:
    def check(history: History) -> None:
        world = World(fragile, counts, on_page=history.on_page)
        world.play(history)
        world.settle()
        assert shown(world.known) == shown(world.truth)
        assert called_for(world.known) == called_for(world.visible)
        assert_told(world, witness)

    search(check, losing=False)


def test_what_is_lost_from_the_list_as_well_is_seen_by_looking(
    fragile: FragileSystem, witness: Witness, counts: Counter[str]
) -> None:
    def check(history: History) -> None:
        world = World(fragile, counts, on_page=history.on_page)
        world.play(history)
        world.settle()
        assert figures_of(world.known) == figures_of(world.truth)
        assert called_for(world.known) == called_for(world.visible)
        assert_told(world, witness)

    search(check, LOST_END_OF_DELAYED_PAYMENT, LOST_EXPIRY, losing=True)


def unheard(history: History, fragile: FragileSystem, counts: Counter[str]) -> World:
    """All has happened, no webhook arrived, and Stripe's list has none as undelivered."""
    note(str(history))
    world = World(fragile, counts, on_page=history.on_page)
    for step in history.steps:
        world.take(step)
    for event in fragile.undelivered():
        world.lose(event)
    return world


def test_without_any_webhook_all_is_seen_by_looking(
    fragile: FragileSystem, witness: Witness, counts: Counter[str]
) -> None:
    def check(history: History) -> None:
        world = unheard(history, fragile, counts)
        world.settle()
        assert figures_of(world.known) == figures_of(world.truth)
        assert called_for(world.known) == called_for(world.visible)
        assert_told(world, witness)

    search(check, FAILED_REFUND, losing=False)


def test_without_any_webhook_one_refresh_sees_it_all(
    fragile: FragileSystem, witness: Witness, counts: Counter[str]
) -> None:
    def check(history: History) -> None:
        world = unheard(history, fragile, counts)
        world.refresh()
        assert figures_of(world.known) == figures_of(world.truth)
        assert called_for(world.known) == called_for(world.visible)
        world.settle()
        assert_told(world, witness)

    search(check, FAILED_REFUND, losing=False)
