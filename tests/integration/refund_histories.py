"""A payment that many give back at once: admins who click again, a dashboard beside them, answers that are lost, and
processes that die between any two calls.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.builders import CONDITIONS, a_charge, a_refund, a_session, an_event, an_intent
from tests.integration.memory_dynamodb import MemoryDynamoDB
from tests.integration.next_release import Release
from tests.integration.stage import LONGEST_ACT, Actor, GatedDynamoDB, Stage, a_call

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TABLE = "table"
PAID = 9900
# Stripe keeps a key so long, and does late what it was asked within this.
KEY_KEPT = timedelta(hours=24)
LATEST = timedelta(minutes=5)
PAUSES = [0, 0, 1, 1, 1, 2, 4, 6, 11, 30, 120, 24 * 60]
# What each admin asks for with each of their keys: a body never changes.
KEYS: Mapping[tuple[str, str], int | None] = {
    ("grace", "1"): 4000,
    ("grace", "2"): 2500,
    ("grace", "3"): None,
    ("heidi", "1"): 4000,
    ("heidi", "2"): 9900,
}


@dataclass
class StripeAccount:
    """Refunds of one intent, by their ids; `limits` where Stripe holds that no more goes back than came.

    `answers` has by idempotency key when it was first used, and the refund it led to or the error.
    """

    world: "World"
    limits: bool
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)
    late: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    disputed: bool = False

    @property
    def given(self) -> int:
        return sum(each["amount"] for each in self.refunds.values() if each["status"] not in ("failed", "canceled"))

    def made_for(self, request: str) -> list[dict[str, Any]]:
        return [each for each in self.refunds.values() if each["metadata"].get("refund_request") == request]

    def create(self, amount: int, metadata: Mapping[str, str]) -> str:
        ref = f"re_{len(self.refunds) + 1}"
        status = self.world.chance.choice(["succeeded", "succeeded", "pending"])
        self.refunds[ref] = a_refund(id=ref, amount=amount, status=status, metadata=dict(metadata))
        self.world.tell("refund.created", ref)
        return ref

    def asked(self, payment_id: str, request: Any) -> str | None:
        """The refund for a request, as Stripe makes it for an idempotency key; None where it refuses."""
        kept = self.answers.get(request.ref)
        if kept is None or self.world.now - kept[0] >= KEY_KEPT:
            is_too_much = self.limits and request.amount > PAID - self.given
            metadata = {"payment_id": payment_id, "refund_request": request.ref}
            made = None if self.disputed or is_too_much else self.create(request.amount, metadata)
            kept = self.answers[request.ref] = (self.world.now, made)
            if made:
                self.world.check_made(request)
        return kept[1]

    def catch_up(self) -> None:
        due = [each for each in self.late if each[0] <= self.world.now]
        self.late = [each for each in self.late if each not in due]
        for _, effect in due:
            effect()


class StripeOf:
    """Stripe as a release sees it."""

    event_sets = ()

    def __init__(self, world: "World", release: Release) -> None:
        self.world, self.release = world, release
        self._errors = release.module("domain.errors")

    def check_refundable(self, money: Any) -> None:
        pass

    def create_refund(self, payment_id: str, request: Any) -> Any:
        account = self.world.stripe
        with a_call() as actor:
            fate = self.world.fate() if actor else "answered"
            self.world.counts[f"askings {fate}"] += 1
            if actor:
                self.world.check_asked(actor, request)
            if fate == "lost before":
                raise self._unavailable()
            if fate == "late":
                at = self.world.now + timedelta(minutes=self.world.chance.uniform(0, LATEST.total_seconds() / 60))
                account.late.append((at, lambda: (account.asked(payment_id, request), None)[1]))
                raise self._unavailable()
            made = account.asked(payment_id, request)
            if fate == "lost after":
                raise self._unavailable()
            if made is None:
                refused = self.release.module("domain.refund_errors").RefundRefused
                raise refused("Stripe says no.", reason="charge_disputed")
            return self._facts([account.refunds[made]])

    def refunds_of(self, intent: str) -> Any:
        with a_call() as actor:
            if actor and self.world.fate() != "answered":
                raise self._unavailable()
            found = [dict(each) for each in self.world.stripe.refunds.values()]
            if actor:
                actor.seen = {each["id"] for each in found if not each["metadata"]}
            return self._facts(found)

    def look(self, payment: Any) -> Any:
        return self.refunds_of("pi_1")

    def payment_id_of(self, **_: Any) -> None:
        return None

    def create_checkout(self, payment: Any) -> Any:
        return self._facts([a_session(payment.id, status="open", payment_status="unpaid")])

    def _unavailable(self) -> Exception:
        error: Exception = self._errors.StripeUnavailable("no answer")
        return error

    def _facts(self, bodies: list[dict[str, Any]]) -> Any:
        read = self.release.module("adapters.stripe.objects").read_object
        return tuple(fact for each in bodies for fact in read(each).facts)


@dataclass
class World(Stage):
    """One payment that was paid, its table, and whichever release is deployed."""

    chance: Random
    this: Release
    before: Release
    has_dashboard: bool
    counts: Counter[str]
    dynamodb: MemoryDynamoDB = field(default_factory=MemoryDynamoDB)
    now: datetime = START
    untold: list[dict[str, Any]] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    # What admins were told of which request: a refund (True) or none (False).
    told: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Where nobody else gives money back, it is ours to see that no more goes back than came.
        self.stripe = StripeAccount(self, limits=self.has_dashboard)
        self.deployed = self.chance.choice([self.this, self.this, self.before])
        self.payment_id = self._order()
        for kind, body in (
            ("charge.succeeded", a_charge(self.payment_id)),
            ("payment_intent.succeeded", an_intent(self.payment_id)),
            ("checkout.session.completed", a_session(self.payment_id)),
        ):
            self._deliver(an_event(kind, body), self.this)

    def table(self, release: Release) -> Any:
        return release.module("adapters.table.table").Table(TABLE, GatedDynamoDB(self.dynamodb))

    @property
    def payment(self) -> Any:
        return self.this.module("adapters.table.table").Table(TABLE, self.dynamodb).payment(self.payment_id)

    def _order(self) -> str:
        checkout, catalogue = self.deployed.module("services.checkout"), self.deployed.module("domain.catalogue")
        purchase = self.deployed.module("domain.purchase")
        store, stripe = self.table(self.deployed), StripeOf(self, self.deployed)
        store.put_product(catalogue.Product("consulting-hour", "Consulting", catalogue.FixedPrice(PAID), "usd"))
        opened = checkout.open_checkout(
            purchase.Purchase("Ada", "ada@example.com", purchase.Service("consulting-hour", None, None), {}),
            claimant=None,
            conditions=checkout.Conditions(**vars(CONDITIONS)),
            units=self.deployed.module("adapters.stripe.units"),
            store=store,
            stripe=stripe,
            customers=self.deployed.module("services.customers").Customers(store, stripe, self.now),
            now=self.now,
        )
        return str(opened.payment.id)

    # What goes wrong

    def fate(self) -> str:
        """How a request to Stripe goes."""
        return self.chance.choice(["answered"] * 4 + ["lost before", "lost before", "lost after", "late"])

    def tell(self, kind: str, ref: str) -> None:
        """An event that is to be delivered."""
        self.untold.append(an_event(kind, dict(self.stripe.refunds[ref])))

    # What is done

    def ask_for(self, by: str, key: str) -> None:
        refunding, release = self._refunding(), self.this
        amount = KEYS[by, key]
        claimant = release.module("services.refunding").claimant_of(self.payment_id, by, key, {"amount": amount})
        wanted = release.module("services.refunding").Wanted(amount)
        errors = release.module("domain.refund_errors")
        try:
            outcome = refunding.request(self.payment_id, wanted, claimant=claimant, by=by)
        except (errors.NothingToRefund, errors.RefundExceeds):
            self.counts["requests too many"] += 1
            return
        except release.module("domain.errors").TryAgain:
            return
        if outcome.is_answered:
            self.told.append((outcome.request.ref, outcome.refusal is None))

    def withdraw(self) -> None:
        requests = self.payment.refund_requests
        if not requests:
            return
        ref = self.chance.choice(requests).ref
        refunding, errors = self._refunding(), self.this.module("domain.refund_errors")
        try:
            refunding.withdraw(self.payment_id, ref, by="heidi")
        except errors.NotWithdrawable:
            return
        except (self.this.module("domain.errors").StripeUnavailable, self.this.module("domain.errors").TryAgain):
            return
        self.told.append((ref, False))

    def _refunding(self) -> Any:
        release = self.this
        kind = release.module("services.refunding").Refunding
        return kind(self.table(release), StripeOf(self, release), timedelta(), self.now)

    def reconcile(self, release: Release) -> None:
        reported: list[Any] = []
        reconciler = release.module("services.reconciliation").Reconciler(
            store=self.table(release),
            stripe=StripeOf(self, release),
            outbox=self,
            issuer=release.issuer(self.table(release), lambda: self.now),
            failure_delay=timedelta(),
            keep_unpaid=timedelta(days=90),
            clock=lambda: self.now,
            report=lambda what, error: reported.append((what, error)),
        )
        reconciler.run()
        bad = [each for each in reported if type(each[1]).__name__ not in ("StripeUnavailable", "TryAgain")]
        assert bad == []

    def publish(self, postings: Any) -> None:
        pass

    def deliver_one(self) -> None:
        if self.untold:
            event, release = self.chance.choice(self.untold[:3]), self.deployed
            self.begin(lambda: self._deliver(event, release))

    def _deliver(self, event: dict[str, Any], release: Release) -> None:
        webhook, errors = release.module("services.webhook"), release.module("domain.errors")
        try:
            webhook.receive(
                release.module("adapters.stripe.objects").read_event(event),
                livemode=False,
                failure_delay=timedelta(),
                store=self.table(release),
                stripe=StripeOf(self, release),
                now=self.now,
            )
        except errors.TryAgain:
            return
        if event in self.untold:
            self.untold.remove(event)

    def refund_in_the_dashboard(self) -> None:
        left = PAID - self.stripe.given
        if self.has_dashboard and left:
            self.counts["refunds elsewhere"] += 1
            self.stripe.create(self.chance.randint(1, min(left, 5000)), {})

    def settle_a_refund(self) -> None:
        if not self.stripe.refunds:
            return
        refund = self.chance.choice([*self.stripe.refunds.values()])
        status = self.chance.choice(["succeeded", "succeeded", "failed"])
        if refund["status"] == "pending" or (refund["status"] == "succeeded" and status == "failed"):
            refund["status"] = status
            self.tell("refund.updated", refund["id"])

    def pass_time(self, minutes: int) -> None:
        """Whoever takes too long is ended."""
        self.now += timedelta(minutes=minutes)
        self.stripe.catch_up()
        self.end_who_is_too_long()

    # What must hold

    def check_made(self, request: Any) -> None:
        """Once for a request, and no more than came."""
        assert len(self.stripe.made_for(request.ref)) == 1
        assert self.stripe.given <= PAID

    def check_asked(self, actor: Actor, request: Any) -> None:
        """Asking is on record, the request is open, and all that Stripe's list showed just before is accounted for: it
        was known when the request was written, failed, or took the place of another request."""
        payment = self.payment
        known = (request.known or "").split()
        claimed = {each.overtaken_by for each in payment.refund_requests}
        asked = payment.refunds_asked[request.ref]
        assert timedelta() <= self.now - asked.at <= LONGEST_ACT
        if asked.times > 1:
            standing = {ref for ref in actor.seen if self.stripe.refunds[ref]["status"] != "failed"}
            assert standing <= {*known, *claimed}

    # A history

    def play(self, moves: int) -> None:
        for _ in range(moves):
            if self.actors and self.chance.random() < 0.75:
                dies = self.chance.choices([None, "before", "after"], [40, 1, 1])[0]
                self.go_on(self.chance.choice(self.actors), dies)
            else:
                self._something_happens()

    def _something_happens(self) -> None:
        match self.chance.choice(["ask"] * 5 + ["withdraw", "reconcile", "reconcile", "time", "time", "time"] + _WORLD):
            case "ask" if self.deployed is self.this and len(self.actors) < 5:
                by, key = self.chance.choice([*KEYS])
                self.counts["requests"] += 1
                self.begin(lambda: self.ask_for(by, key))
            case "withdraw" if self.deployed is self.this:
                self.begin(self.withdraw)
            case "reconcile":
                release = self.deployed
                self.begin(lambda: self.reconcile(release))
            case "hear":
                self.deliver_one()
            case "dashboard":
                self.refund_in_the_dashboard()
            case "bank":
                self.settle_a_refund()
            case "dispute":
                self.stripe.disputed = self.chance.random() < 0.3
            case "deploy":
                self.deployed = self.chance.choice([self.this, self.before])
            case "time":
                self.pass_time(self.chance.choice(PAUSES))

    def settle(self) -> None:
        """All end, Stripe answers, its events arrive, and reconcile comes by until nothing is due."""
        self.end_all()
        self.deployed = self.this
        for minutes in (10, 11, 30, 120, 24 * 60, 26 * 60):
            self.pass_time(minutes)
            for event in [*self.untold]:
                self._deliver(event, self.this)
            self.reconcile(self.this)
        for event in [*self.untold]:
            self._deliver(event, self.this)

    def check(self) -> None:
        payment = self.payment
        requests, refunds = payment.refund_requests, self.stripe.refunds
        books = {each.ref: (each.state.value, each.amount) for each in payment.refunds}
        assert books == {ref: (each["status"], each["amount"]) for ref, each in refunds.items()}
        assert self.stripe.given <= PAID
        for request in requests:
            made = self.stripe.made_for(request.ref)
            assert len(made) == (request.state == "open"), (
                f"{request.ref} is {request.state}, and {len(made)} were made"
            )
        by_ref = {each.ref: each for each in requests}
        for ref, is_given in self.told:
            assert (by_ref[ref].state == "open") is is_given
        assert "refund" not in payment.due_by
        assert payment.attention is None or "refund" not in payment.attention.why
        overtaken = Counter(each.overtaken_by for each in requests if each.overtaken_by)
        assert set(overtaken.values()) <= {1}
        for request in requests:
            self.counts[f"in the end {request.state if request.state != 'open' else 'done'}"] += 1


_WORLD = ["hear", "hear", "hear", "dashboard", "bank", "dispute", "deploy"]
