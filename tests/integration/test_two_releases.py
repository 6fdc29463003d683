"""Old and new code share the table: deployed forwards and backwards at random moments, they lose nothing and do
nothing twice, and in the end all is as if one of them had done it all.

Hypothesis invents what happens to one payment at Stripe, in which order its news come, and when which release is
deployed, the mailer works or reconcile runs. Stripe repeats what was answered 503. What the older release could not
read and answered 200 all the same is what the newer one reads again when it begins to read events.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from moto import mock_aws

from local import moto_mends
from local.template import REGION, Addresses, Template
from tests.builders import (
    CONDITIONS,
    a_charge,
    a_dispute,
    a_failed_charge,
    a_failed_intent,
    a_fraud_warning,
    a_refund,
    a_session,
    an_event,
    an_intent,
)
from tests.integration.memory_dynamodb import MemoryDynamoDB
from tests.integration.next_release import Release, next_release, release_before_rates, this_release
from tests.integration.system import ROOT

SEARCH_SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
EXAMPLES = 300
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FAILURE_DELAY = timedelta(minutes=10)
TABLE = Template(ROOT / "template.yaml", {}, Addresses(aws="http://localhost")).tables["Table"]

type Event = dict[str, Any]


# What happens at Stripe


def at_stripe(payment_id: str, acts: list[str], on_page: bool) -> list[Event]:
    """The events of these acts, in order; an act that makes no sense after those before it does not happen. Of a form
    on the page there is no session: what expires is an intent that somebody cancels."""
    told: list[Event] = []

    def tell(event_type: str, body: Mapping[str, Any]) -> None:
        told.append(
            an_event(event_type, {**body, "livemode": False}, id=f"evt_{len(told)}", created=1795000000 + len(told))
        )

    refund, paid = "pending", False
    for number, act in enumerate(acts):
        if act == "decline" and not paid:
            charge = a_failed_charge(payment_id, id=f"ch_no_{number}", created=1795000000 + number, brand="visa")
            tell("charge.failed", charge)
            error = a_failed_intent(payment_id)
            error["last_payment_error"]["charge"] = charge["id"]
            tell("payment_intent.payment_failed", error)
        elif act == "pay" and not paid:
            paid = True
            tell("charge.succeeded", a_charge(payment_id, brand="visa"))
            tell("payment_intent.succeeded", an_intent(payment_id))
            if not on_page:
                tell("checkout.session.completed", a_session(payment_id))
        elif act == "expire" and not paid:
            if on_page:
                tell("payment_intent.canceled", a_canceled_intent(payment_id))
            else:
                tell("checkout.session.expired", a_session(payment_id, status="expired", payment_status="unpaid"))
            break
        elif act.startswith("refund") and paid and refund != "failed":
            refund = act.partition(" ")[2]
            tell("refund.updated", a_refund(amount=4000, status=refund))
        elif act.startswith("dispute") and paid:
            tell("charge.dispute.updated", a_dispute(status=act.partition(" ")[2]))
        elif act.startswith("enquiry") and paid:
            body = {"id": "enq_1", "object": "enquiry", "payment_intent": "pi_1", "charge": "ch_1"}
            tell("enquiry.updated", body | {"status": act.partition(" ")[2]})
        elif act == "warn" and paid:
            tell("radar.early_fraud_warning.created", a_fraud_warning())
    return told


def a_canceled_intent(payment_id: str) -> dict[str, Any]:
    return an_intent(payment_id, status="canceled", amount_received=0, latest_charge=None)


_AFTERWARDS = [
    *("expire", "warn", "enquiry open", "enquiry answered", "dispute needs_response", "dispute won"),
    *("refund pending", "refund in_transit", "refund succeeded", "refund failed"),
]
ACTS = st.builds(
    lambda declines, paid, rest: ["decline"] * declines + ["pay"] * paid + rest,
    st.integers(0, 3),
    st.integers(0, 3).map(bool),
    st.lists(st.sampled_from(_AFTERWARDS), max_size=8),
)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["deliver"] * 10 + ["deploy"] * 3 + ["mail", "reconcile", "refresh", "lose messages"]),
        st.integers(0, 30),
    ),
    min_size=10,
    max_size=40,
)


# The world around


@dataclass
class World:
    """One payment, the table, and whichever release is deployed."""

    releases: tuple[Release, Release]
    deployed: Release
    dynamodb: Any
    now: datetime = START
    queue: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    made_by: Release | None = None
    made: Mapping[str, Any] = field(default_factory=dict)
    learned: list[tuple[Release, Event, datetime]] = field(default_factory=list)
    unread: list[Event] = field(default_factory=list)
    # Whether it is paid in a form on the page; what that was, and whether it can be closed, is Stripe's to know.
    on_page: bool = False
    ended: bool = False
    closed: int = 0

    def table(self, release: Release | None = None) -> Any:
        return (release or self.deployed).module("adapters.table.table").Table(TABLE.name, self.dynamodb)

    @property
    def next(self) -> Release:
        return self.releases[1]

    @property
    def lifetime(self) -> timedelta:
        """On the page our clock has it closed, sometimes while news of it are on their way."""
        return timedelta(hours=2) if self.on_page else CONDITIONS.lifetime

    def order(self) -> str:
        """A customer orders, at whichever release is deployed."""
        checkout, catalogue = self.deployed.module("services.checkout"), self.deployed.module("domain.catalogue")
        purchase = self.deployed.module("domain.purchase")
        store, stripe = self.table(), Stripe(self)
        store.put_product(catalogue.Product("consulting-hour", "Consulting", catalogue.FixedPrice(9900), "usd"))
        way = self.deployed.module("domain.payment").Way.EMBEDDED if self.on_page else CONDITIONS.way
        wanted = purchase.Service("consulting-hour", None, None)
        opening: Any = checkout.open_checkout
        if self.on_page:
            opening = partial(self.deployed.module("services.paying_on_page").open_intent, report=no_saved_cards)
        opened = opening(
            purchase.Purchase("Ada", "ada@example.com", wanted, {}, user="ada" if self.on_page else None),
            claimant=None,
            conditions=checkout.Conditions(**vars(CONDITIONS) | {"way": way, "lifetime": self.lifetime}),
            units=self.deployed.module("adapters.stripe.units"),
            store=store,
            stripe=stripe,
            customers=self.deployed.module("services.customers").Customers(store, stripe, self.now),
            now=self.now,
        )
        self.made_by = self.deployed
        self.made = self.table(self.next).payment(opened.payment.id).facts
        return str(opened.payment.id)

    def deliver(self, event: Event) -> bool:
        """Whether the deployed release accepted it; else Stripe repeats it."""
        read = self.deployed.module("adapters.stripe.objects").read_event(event)
        webhook, errors = self.deployed.module("services.webhook"), self.deployed.module("domain.errors")
        try:
            receipt = webhook.receive(
                read,
                livemode=False,
                failure_delay=FAILURE_DELAY,
                store=self.table(),
                stripe=Stripe(self),
                now=self.now,
            )
        except errors.NewerRelease:
            assert self.deployed is not self.next
            return False
        self.publish(receipt.postings)
        if receipt.outcome in ("learned", "nothing_new"):
            self.learned.append((self.deployed, event, self.now))
        knows = self.next.module("adapters.stripe.objects").read_event(event)
        if json.dumps(shape(read.lesson)) != json.dumps(shape(knows.lesson)):
            self.unread.append(event)
        return True

    def turn(self, payment_id: str) -> None:
        """The deployed release comes to write the payment, for whatever reason."""
        recording, actors = self.deployed.module("services.recording"), self.deployed.module("domain.actors")
        store = self.table()
        recording.record(store, store.payment(payment_id), (), actor=actors.LOOK, now=self.now)

    def publish(self, postings: Any) -> None:
        queue = self.deployed.module("adapters.queue")
        self.queue += [queue.message_of(posting) for posting in postings]

    def mail(self) -> None:
        """The mailer of the deployed release takes every message there is."""
        queue, mailing = self.deployed.module("adapters.queue"), self.deployed.module("services.mailing")
        errors, letters = self.deployed.module("domain.errors"), self.deployed.module("services.letters")
        messages, self.queue = self.queue, []
        for message in messages:
            try:
                posting = queue.posting_of(message)
            except errors.NewerRelease:
                continue
            delivery = mailing.deliver(
                posting.payment_id,
                posting.notice,
                business=letters.Business("Shop", "admin@example.com", "http://localhost/"),
                store=self.table(),
                issuer=self.issuer(),
                mailer=self,
                outbox=lambda: self,
                clock=lambda: self.now,
            )
            assert delivery.outcome in ("sent", "moot", "not_ours", "for_newer_code", "postponed"), delivery
            self.sent[str(posting.notice)] += delivery.outcome == "sent"

    def send(self, letter: Any) -> str:
        return f"message-{self.sent.total()}"

    def refresh(self, payment_id: str) -> Any:
        """A customer asks the deployed release, and is answered whatever wrote the payment."""
        failed: list[str] = []
        refreshed = self.deployed.module("services.refreshing").refresh(
            payment_id,
            store=self.table(),
            stripe=Stripe(self),
            failure_delay=FAILURE_DELAY,
            now=self.now,
            report=lambda error: failed.append(repr(error)),
        )
        assert failed == []
        self.publish(refreshed.postings)
        return refreshed

    def issuer(self) -> Any:
        return self.deployed.issuer(self.table(), lambda: self.now)

    def reconcile(self) -> None:
        """Nothing that it finds due is for newer code to do."""
        looking, store = self.deployed.module("domain.looking"), self.table()
        for due in [each for reason in looking.DueReason for each in store.due(reason, self.now, 100)]:
            assert store.payment(due.payment_id) is not None
        failed: list[Any] = []
        summary = (
            self.deployed.module("services.reconciliation")
            .Reconciler(
                store=self.table(),
                stripe=Stripe(self),
                outbox=self,
                issuer=self.issuer(),
                failure_delay=FAILURE_DELAY,
                keep_unpaid=timedelta(days=90),
                clock=lambda: self.now,
                report=lambda what, error: failed.append((what, repr(error))),
            )
            .run()
        )
        assert summary is not None
        assert failed == []


def no_saved_cards(error: Exception) -> None:
    raise error


@dataclass(frozen=True)
class PageIntent:
    facts: Any
    client_secret: str = "pi_1_secret_1"
    payment_method: str | None = None


@dataclass
class Stripe:
    """Makes the session. Its list has the events of which a release could not read all, and whoever looks sees that."""

    world: World

    @property
    def event_sets(self) -> tuple[Any, ...]:
        return (self.world.deployed.module("domain.events").EventSet("all", ("*",), undelivered=False),)

    def create_checkout(self, payment: Any) -> Any:
        objects = self.world.deployed.module("adapters.stripe.objects")
        return objects.read_object(a_session(payment.id, status="open", payment_status="unpaid")).facts

    def create_customer(self, customer: Any) -> str:
        return f"cus_{customer.user}"

    def open_customer_session(self, payment: Any) -> str:
        return f"cuss_secret_{payment.customer_id}"

    def create_intent(self, payment: Any) -> "PageIntent":
        """Open, as `retrieve_intent` would have it."""
        objects = self.world.deployed.module("adapters.stripe.objects")
        body = an_intent(payment.id, status="requires_payment_method", amount_received=0, latest_charge=None)
        return PageIntent(objects.read_object(body).facts)

    def find_checkout(self, payment: Any) -> Any:
        return ()

    def close(self, payment: Any) -> Any:
        """Stripe cancels what is not over yet, and tells of it."""
        world = self.world
        if world.ended:
            raise world.deployed.module("domain.errors").StripeRefused("It is over.")
        world.ended = True
        world.closed += 1
        event = an_event("payment_intent.canceled", a_canceled_intent(payment.id), id="evt_closed", created=1795001000)
        world.learned.append((world.deployed, event, world.now))
        return world.deployed.module("adapters.stripe.objects").read_event(event).lesson.facts

    def payment_id_of(self, **_: Any) -> None:
        return None

    def look(self, payment: Any) -> Any:
        """An older release can read no more of them than it did."""
        world = self.world
        if world.deployed is not world.next:
            return ()
        events, world.unread = world.unread, []
        world.learned += [(world.next, event, world.now) for event in events]
        read = world.next.module("adapters.stripe.objects").read_event
        return [fact for event in events for fact in read(event).lesson.facts]

    def events(self, *_: Any, **__: Any) -> tuple[list[Any], bool]:
        read = self.world.deployed.module("adapters.stripe.objects").read_listed_event
        return [event for each in self.world.unread if (event := read(each))], False


def shape(lesson: Any) -> Any:
    """What a release could read of it, but for details: nobody reads an event again for a detail."""
    return [(fact.key, fact.state) for fact in lesson.facts] if lesson else None


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release]:
    return this_release(), next_release(tmp_path_factory.mktemp("next"))


@contextmanager
def an_engine() -> Iterator[Any]:
    """moto's DynamoDB with the table as the template declares it, and nothing in it."""
    moto_mends.mend()
    with mock_aws():
        session = botocore.session.get_session()
        session.set_credentials("test", "test")
        dynamodb: Any = session.create_client(
            "dynamodb", REGION, endpoint_url=f"https://dynamodb.{REGION}.amazonaws.com"
        )
        names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        dynamodb.create_table(TableName=TABLE.name, **{name: TABLE.properties[name] for name in names})
        try:
            yield dynamodb
        finally:
            dynamodb.delete_table(TableName=TABLE.name)


def play(world: World, acts: list[str], moves: list[tuple[str, int]]) -> str:
    payment_id = world.order()
    backlog = at_stripe(payment_id, acts, world.on_page)
    world.ended = any(each["type"] in ("payment_intent.succeeded", "payment_intent.canceled") for each in backlog)
    for move, number in moves:
        world.now += timedelta(minutes=number)
        match move:
            case "deliver" if backlog:
                event = backlog[number % min(3, len(backlog))]
                if world.deliver(event):
                    backlog.remove(event)
            case "deploy":
                world.deployed = world.releases[number % 2]
            case "mail":
                world.mail()
            case "reconcile":
                world.reconcile()
            case "refresh":
                assert world.refresh(payment_id).view["paymentId"] == payment_id
            case "lose messages":
                world.queue.clear()
        assert world.table().view(payment_id, world.now)["paymentId"] == payment_id
    settle(world, payment_id, backlog)
    return payment_id


def settle(world: World, payment_id: str, backlog: list[Event]) -> None:
    """The next release is deployed for good; Stripe repeats, reconcile and the mailer work until nothing is due.

    What an older release could not read is in Stripe's list, and reconcile has the payment looked at.
    """
    world.deployed = world.next
    for event in backlog:
        assert world.deliver(event)
    world.turn(payment_id)
    for _ in range(4):
        world.now += timedelta(days=1, hours=1)
        world.reconcile()
        world.mail()


def facts_as_one(world: World) -> Any:
    """What one release would know, that heard what either heard, each detail as far as its reader could read it."""
    table, facts = world.next.module("adapters.table.payment_items"), world.next.module("domain.facts")
    news = [
        table._fact_of(fact.details | {"kind": fact.kind})
        for release, event, _ in world.learned
        for fact in release.module("adapters.stripe.objects").read_event(event).lesson.facts
    ]
    return facts.bounded(facts.merge(world.made, news))


def accepted_at(world: World) -> datetime | None:
    """When enough was known, by whichever release, for the payment to be accepted."""
    balance, facts = world.next.module("domain.balance"), world.next.module("domain.facts")
    money = world.next.module("domain.money")
    table, known = world.next.module("adapters.table.payment_items"), world.made
    for release, event, at in world.learned:
        news = release.module("adapters.stripe.objects").read_event(event).lesson.facts
        known = facts.merge(known, [table._fact_of(fact.details | {"kind": fact.kind}) for fact in news])
        if balance.Balance.of(money.Money(9900, "usd"), known.values()).is_accepted:
            return at
    return None


def first_day(world: World, kind: str) -> datetime:
    key = {"pk": {"S": "FIRST_DAYS"}, "sk": {"S": f"NOTICE#{kind}"}}
    item = world.dynamodb.get_item(TableName=TABLE.name, Key=key)["Item"]
    return datetime.fromtimestamp(int(item["at"]["N"]), tz=UTC)


def check(world: World, payment_id: str) -> None:
    learning, views = world.next.module("domain.learning"), world.next.module("domain.views")
    payment = world.table().payment(payment_id)
    assert dict(payment.facts) == dict(facts_as_one(world))
    # Nothing else would ever end an intent.
    assert world.ended or not world.on_page
    assert payment.customer_id == ("cus_ada" if world.on_page else None)
    # What the next release alone writes once, this one has kept.
    assert payment.stored.get("colour") == ({"S": "blue"} if world.made_by is world.next else None)
    assert payment.standing == json.loads(json.dumps(views.standing(payment)))
    called_for = {str(notice) for notice in learning.notices(payment)}
    # One that came with the next release is not called for by what was complete before that first ran.
    owed = {name for name in called_for if not name.startswith(("thanks", "enquiry_alert"))}
    query = "pk = :payment AND begins_with(sk, :notice)"
    values = {":payment": {"S": f"PAYMENT#{payment_id}"}, ":notice": {"S": "NOTICE#"}}
    items = world.dynamodb.query(TableName=TABLE.name, KeyConditionExpression=query, ExpressionAttributeValues=values)[
        "Items"
    ]
    states = {item["sk"]["S"].removeprefix("NOTICE#"): item["state"]["S"] for item in items}
    assert owed <= {name for name, state in states.items() if state == "sent"}
    assert set(states.values()) <= {"sent", "moot"}
    if accepted := accepted_at(world):
        assert ("thanks" in states) is (accepted >= first_day(world, "thanks"))
    assert {name: number for name, number in world.sent.items() if number > 1} == {}
    assert {name for name, number in world.sent.items() if number} == {
        name for name, state in states.items() if state == "sent"
    }


@pytest.fixture
def counts(figures: list[str], request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()
    yield counts
    figures.append(f"{request.node.name}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))


def end_as_one(dynamodb: Any, releases: tuple[Release, Release], counts: Counter[str], *story: Any) -> dict[str, int]:
    """Play a story and hold its end against what one release would have come to: the mails that were sent."""
    acts, moves, begins_with_next, on_page = story
    world = World(releases, releases[begins_with_next], dynamodb, on_page=on_page)
    check(world, play(world, acts, moves))
    counts["histories"] += 1
    counts["on the page"] += on_page
    counts["closed by us"] += world.closed
    counts["events"] += len(world.learned)
    counts["mails"] += world.sent.total()
    return dict(world.sent)


def profile(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=not SEARCH_SECONDS,
        database=None,
        deadline=None,
        # A history is short enough to be read as it is.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


def test_two_releases_on_one_table_end_as_one_would(releases: tuple[Release, Release], counts: Counter[str]) -> None:
    def one(acts: list[str], moves: list[tuple[str, int]], begins_with_next: bool, on_page: bool) -> None:
        note(f"{acts} {moves} {begins_with_next} {on_page}")
        end_as_one(MemoryDynamoDB(), releases, counts, acts, moves, begins_with_next, on_page)

    until = time.monotonic() + SEARCH_SECONDS
    while True:
        profile(EXAMPLES)(given(ACTS, MOVES, st.booleans(), st.booleans())(one))()
        if time.monotonic() >= until:
            return


def test_the_table_in_memory_answers_as_an_engine_does(releases: tuple[Release, Release], counts: Counter[str]) -> None:
    def both(acts: list[str], moves: list[tuple[str, int]], begins_with_next: bool, on_page: bool) -> None:
        note(f"{acts} {moves} {begins_with_next} {on_page}")
        in_memory = end_as_one(MemoryDynamoDB(), releases, counts, acts, moves, begins_with_next, on_page)
        with an_engine() as dynamodb:
            assert end_as_one(dynamodb, releases, counts, acts, moves, begins_with_next, on_page) == in_memory

    profile(5)(given(ACTS, MOVES, st.booleans(), st.booleans())(both))()


def test_a_payment_for_newer_code_is_answered_as_that_left_it_and_stripe_is_not_asked(
    releases: tuple[Release, Release],
) -> None:
    world = World(releases, releases[1], MemoryDynamoDB())
    payment_id = world.order()
    assert world.deliver(an_event("charge.succeeded", a_charge(payment_id)))
    assert world.refresh(payment_id).checked_at == (checked_at := world.now)
    assert world.deliver(an_event("refund.updated", a_refund(amount=4000, status="in_transit")))
    before = dict(world.dynamodb.items)
    world.deployed, world.now = releases[0], world.now + timedelta(hours=1)
    refreshed = world.refresh(payment_id)
    assert (refreshed.view["status"], refreshed.checked_at) == ("partially_refunded", checked_at)
    assert refreshed.status is None
    assert world.dynamodb.items == before
    # It is not in the way of those who may ask.
    world.deployed = releases[1]
    assert world.refresh(payment_id).checked_at == world.now


def test_a_payment_takes_all_its_unsent_notices_with_it_when_it_comes_to_need_newer_code(
    releases: tuple[Release, Release],
) -> None:
    """More of them than a transaction takes, and one is being taken back in the same breath."""
    world = World(releases, releases[1], MemoryDynamoDB())
    # It has run before, and was taken back.
    world.reconcile()
    world.deployed = releases[0]
    payment_id = world.order()
    assert world.deliver(an_event("charge.failed", a_failed_charge(payment_id)))
    assert world.deliver(an_event("charge.succeeded", a_charge(payment_id)))
    for number in range(130):
        assert world.deliver(an_event("refund.updated", a_refund(id=f"re_{number}", amount=20)))
    world.deployed = world.next
    world.now += FAILURE_DELAY
    (failed,) = [message for message in world.queue if "payment_failed_admin" in message]
    everything, world.queue = world.queue, [failed]
    world.mail()
    assert world.table().payment(payment_id).needs == 3
    world.deployed = releases[0]
    world.reconcile()
    world.queue = everything
    world.mail()
    assert world.sent.total() == 0
    world.deployed = world.next
    world.reconcile()
    world.mail()
    world.now += timedelta(minutes=2)
    world.reconcile()
    world.mail()
    assert world.sent["thanks"] == 1
    assert sum(number for name, number in world.sent.items() if name.startswith("refund_confirmation")) == 130


def test_older_code_keeps_a_client_that_it_does_not_know_and_this_one_forgets_it_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "CONDITIONS", replace(CONDITIONS, client="a-client"))
    older, this = release_before_rates(tmp_path), this_release()
    with an_engine() as dynamodb:
        world = World((older, this), this, dynamodb)
        payment_id = world.order()

        def kept_and_counted() -> tuple[Any, list[int]]:
            items = dynamodb.scan(TableName=TABLE.name)["Items"]
            rates = [each for each in items if each["pk"]["S"].startswith("RATE#a-client#")]
            client = world.table(this).payment(payment_id).stored.get("client")
            return client, [int(each["count"]["N"]) for each in rates]

        first, _, second, _, *paid = at_stripe(payment_id, ["decline", "decline", "pay"], on_page=False)
        world.deployed = older
        assert world.deliver(first)
        assert kept_and_counted() == ({"S": "a-client"}, [])
        world.deployed = this
        assert world.deliver(second)
        assert kept_and_counted() == ({"S": "a-client"}, [1])
        world.deployed = older
        for event in paid:
            assert world.deliver(event)
        assert kept_and_counted() == ({"S": "a-client"}, [1])
        world.deployed = this
        world.turn(payment_id)
        assert kept_and_counted() == (None, [1])
