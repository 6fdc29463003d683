"""Buyers of what is scarce: orders, second clicks, one order in another's place, late money, deliveries and
deployments at once, and processes that die between any two calls.

After every write what is left and what payments have taken must be what was put in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.builders import CONDITIONS, a_charge, a_failed_charge, a_refund, a_session, an_event, an_intent
from tests.integration.memory_dynamodb import MemoryDynamoDB, TransactionCanceled
from tests.integration.next_release import Release
from tests.integration.stage import Actor, GatedDynamoDB, Stage, a_call

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TABLE = "table"
SKUS = {"mug": 4, "pen": 6}
UNIT = 1000
PAUSES = [0, 0, 1, 1, 2, 5, 11, 30, 46]
# What somebody may be told, and then has ordered nothing.
REFUSALS = ("OutOfStock", "AlreadyPaid", "BeingPaid", "TryAgain", "NewerRelease", "StripeUnavailable")


class BusyDynamoDB(MemoryDynamoDB):
    """Refuses any transaction, for any of its items, as the real one does where another is at that item."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.is_busy = True
        self._chance = chance

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803 - DynamoDB's name
        if self.is_busy and self._chance.random() < 0.1:
            met = self._chance.randrange(len(TransactItems))
            codes = ("TransactionConflict" if each == met else "None" for each in range(len(TransactItems)))
            raise TransactionCanceled([{"Code": code} for code in codes])
        super().transact_write_items(TransactItems=TransactItems)


class CountedDynamoDB(GatedDynamoDB):
    """Has the stock counted after each call."""

    def __init__(self, dynamodb: MemoryDynamoDB, world: "World") -> None:
        super().__init__(dynamodb)
        self._world = world

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name not in ("transact_write_items", "put_item", "update_item"):
            return found

        def write(**request: Any) -> Any:
            try:
                return found(**request)
            finally:
                self._world.check_stock()

        return write


@dataclass
class Checkout:
    """One payment's session at Stripe, and its charges; `state` is open, processing, paid, failed or expired."""

    payment_id: str
    number: int
    total: int
    expires_at: datetime
    state: str = "open"
    charges: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"cs_{self.number}"

    @property
    def session(self) -> dict[str, Any]:
        status = self.state if self.state in ("open", "expired") else "complete"
        return a_session(
            self.payment_id,
            id=self.id,
            payment_intent=self.intent["id"] if self.charges else None,
            amount_subtotal=self.total,
            amount_total=self.total,
            status=status,
            payment_status="paid" if self.state == "paid" else "unpaid",
        )

    @property
    def intent(self) -> dict[str, Any]:
        statuses = {"paid": "succeeded", "processing": "processing", "expired": "canceled"}
        return an_intent(
            self.payment_id,
            id=f"pi_{self.number}",
            amount=self.total,
            amount_received=self.total if self.state == "paid" else 0,
            latest_charge=self.charges[-1]["id"] if self.charges else None,
            status=statuses.get(self.state, "requires_payment_method"),
        )

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [self.session, *([self.intent] if self.charges else []), *self.charges]

    def charge(self, status: str, **more: Any) -> dict[str, Any]:
        made = a_failed_charge if status == "failed" else a_charge
        id_ = f"ch_{self.number}_{len(self.charges)}"
        captured = self.total if status == "succeeded" else 0
        given = {"id": id_, "payment_intent": f"pi_{self.number}", "amount": self.total, "amount_captured": captured}
        self.charges.append(made(self.payment_id, **given | {"status": status} | more))
        return self.charges[-1]


class StripeOf:
    """Stripe as a release sees it, asked for whoever sent this key."""

    event_sets = ()

    def __init__(self, world: "World", release: Release, key_hash: str | None = None) -> None:
        self.world, self.release, self.key_hash = world, release, key_hash

    def create_checkout(self, payment: Any) -> Any:
        return self._asked(lambda: [self.world.opened(payment).session])

    def find_checkout(self, payment: Any) -> Any:
        found = self.world.checkouts.get(payment.id)
        return self._asked(lambda: found.bodies if found else [])

    look = find_checkout

    def close(self, payment: Any) -> Any:
        assert self.key_hash is None or payment.claim != self.key_hash, "a second click closes what the first has made"
        known = {each.ref for each in payment.sessions if each.state == "open"}

        def closed() -> list[dict[str, Any]]:
            checkout = self.world.checkouts.get(payment.id)
            if checkout is None or checkout.id not in known:
                return []
            if checkout.state != "open":
                raise self.release.module("domain.errors").StripeRefused("It is not open.")
            self.world.expire(checkout)
            return checkout.bodies

        return self._asked(closed)

    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None:
        with a_call():
            for checkout in self.world.checkouts.values():
                if any(charge == each["id"] or intent == each["payment_intent"] for each in checkout.charges):
                    return checkout.payment_id
        return None

    def _asked(self, answer: Any) -> Any:
        with a_call() as actor:
            fate = self.world.chance.choice(["answered"] * 6 + ["lost before", "lost after"]) if actor else "answered"
            unavailable = self.release.module("domain.errors").StripeUnavailable
            if fate == "lost before":
                raise unavailable("no answer")
            bodies = answer()
            if fate == "lost after":
                raise unavailable("no answer")
            read = self.release.module("adapters.stripe.objects").read_object
            return tuple(fact for each in bodies for fact in read(each).facts)


@dataclass(frozen=True)
class Click:
    """A request for an order, as it may be sent again; `replaces` is a payment that the browser knows."""

    key: str
    items: tuple[tuple[str, int], ...]
    replaces: str | None


@dataclass
class World(Stage):
    """A shop with little stock; `this` and `next` are deployed forward and back, `before` knows nothing of stock."""

    chance: Random
    this: Release
    next: Release
    before: Release
    counts: Counter[str]
    now: datetime = START
    actors: list[Actor] = field(default_factory=list)
    untold: list[dict[str, Any]] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    # The access keys of those that were answered 201.
    answered: dict[str, str] = field(default_factory=dict)
    led_to: dict[str, str] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    paid_late: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dynamodb = BusyDynamoDB(self.chance)
        self.deployed = self.chance.choice([self.this, self.next])
        catalogue = self.next.module("domain.catalogue")
        self.dynamodb.is_busy = False
        for sku, count in SKUS.items():
            self.reader.put_product(
                catalogue.Product(sku, sku, catalogue.FixedPrice(UNIT), "usd", stocked=True, most=10)
            )
            self._change_stock(self.this, sku, count)
        self.dynamodb.is_busy = True

    def table(self, release: Release) -> Any:
        return release.module("adapters.table.table").Table(TABLE, CountedDynamoDB(self.dynamodb, self))

    @property
    def reader(self) -> Any:
        """Whoever reads all releases' payments."""
        return self.next.module("adapters.table.table").Table(TABLE, self.dynamodb)

    @property
    def payments(self) -> list[Any]:
        ids = [pk.removeprefix("PAYMENT#") for pk, sk in self.dynamodb.items if sk == "PAYMENT" and "PAYMENT#" in pk]
        return [self.reader.payment(each) for each in ids]

    # Stripe and its customers

    def opened(self, payment: Any) -> Checkout:
        if payment.id not in self.checkouts:
            assert self.reader.payment(payment.id).stock_taken == payment.order.stocked, "to be paid, and not taken"
            number, total = len(self.checkouts), payment.asked.amount
            self.checkouts[payment.id] = Checkout(payment.id, number, total, payment.expires_at)
        return self.checkouts[payment.id]

    def expire(self, checkout: Checkout) -> None:
        checkout.state = "expired"
        self.tell("checkout.session.expired", checkout.session)
        if checkout.charges:
            self.tell("payment_intent.canceled", checkout.intent)

    def tell(self, kind: str, body: Mapping[str, Any], *, lost: float = 0.1) -> None:
        """An event that is to be delivered, unless Stripe loses it."""
        if self.chance.random() >= lost:
            self.untold.append(an_event(kind, body))

    def pay(self, checkout: Checkout) -> None:
        match self.chance.choice(["card", "card", "declined", "bank"]):
            case "card":
                charge = checkout.charge("succeeded")
                checkout.state = "paid"
                self._tell_of_money(checkout, charge, "checkout.session.completed")
            case "declined":
                self.tell("charge.failed", checkout.charge("failed"))
            case "bank":
                checkout.charge("pending")
                checkout.state = "processing"
                self.tell("checkout.session.completed", checkout.session)

    def settle_at_the_bank(self, checkout: Checkout) -> None:
        is_good = self.chance.random() < 0.5
        checkout.charges[-1] |= {"status": "succeeded" if is_good else "failed"}
        checkout.state = "paid" if is_good else "failed"
        if is_good:
            checkout.charges[-1]["amount_captured"] = checkout.total
            self._tell_of_money(checkout, checkout.charges[-1], "checkout.session.async_payment_succeeded")
        else:
            self.tell("checkout.session.async_payment_failed", checkout.session, lost=0)
            self.tell("charge.failed", checkout.charges[-1])

    def _tell_of_money(self, checkout: Checkout, charge: Mapping[str, Any], completed: str) -> None:
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", checkout.intent)
        self.tell(completed, checkout.session)

    def pay_late(self, checkout: Checkout) -> None:
        """Money for what had expired: nobody looks at that any more, so its event does arrive."""
        self.paid_late.add(checkout.payment_id)
        self.tell("charge.succeeded", checkout.charge("succeeded", payment_intent=f"pi_late_{checkout.number}"), lost=0)

    def refund(self, checkout: Checkout) -> None:
        charge = checkout.charges[-1]
        self.tell("refund.created", a_refund(id=f"re_{charge['id']}", charge=charge["id"], amount=checkout.total))

    def _one(self, *states: str) -> Checkout | None:
        found = [each for each in self.checkouts.values() if each.state in states]
        return self.chance.choice(found) if found else None

    # What is done

    def click(self) -> None:
        """A new order, in another's place or not, or the same once more."""
        if self.clicks and self.chance.random() < 0.3:
            click = self.chance.choice(self.clicks[-2:])
        else:
            skus = self.chance.sample([*SKUS], self.chance.choice([1, 1, 2]))
            known = [*self.answered][-3:]
            replaces = self.chance.choice(known) if known and self.chance.random() < 0.6 else None
            items = tuple((sku, self.chance.choice([1, 1, 2, 3])) for sku in skus)
            click = Click(f"key-{len(self.clicks)}", items, replaces)
            self.clicks.append(click)
        release = self.deployed
        self.begin(lambda: self._order(click, release))

    def _order(self, click: Click, release: Release) -> None:
        checkout, wanted = release.module("services.checkout"), release.module("domain.purchase")
        claimant = release.module("domain.claims").Claimant.of("order", None, click.key, {"items": click.items})
        replaces = wanted.Replaced(click.replaces, self.answered[click.replaces]) if click.replaces else None
        purchase = wanted.Purchase("Ada", "ada@example.com", wanted.Items(click.items), {}, replaces=replaces)
        store, stripe = self.table(release), StripeOf(self, release, claimant.key_hash)
        try:
            opened = checkout.open_checkout(
                purchase,
                claimant=claimant,
                conditions=checkout.Conditions(**vars(CONDITIONS)),
                units=release.module("adapters.stripe.units"),
                store=store,
                stripe=stripe,
                customers=release.module("services.customers").Customers(store, stripe, self.now),
                now=self.now,
            )
        except Exception as error:
            self._check_refusal(error, REFUSALS)
            return
        self._check_answer(click, opened.payment)

    def _check_answer(self, click: Click, answered: Any) -> None:
        payment = self.reader.payment(answered.id)
        self.counts["orders in another's place" if click.replaces else "orders"] += 1
        assert self.led_to.setdefault(click.key, payment.id) == payment.id, "one key, two payments"
        lacking = {each.ref for each in payment.shortages}
        assert (
            payment.is_over or {**payment.stock_taken, **dict.fromkeys(lacking, 0)}.keys() == dict(click.items).keys()
        )
        if click.replaces and click.replaces != payment.id:
            assert self._is_closed(click.replaces), "two that can be paid"
        self.answered[payment.id] = payment.access_key

    def _is_closed(self, payment_id: str) -> bool:
        checkout = self.checkouts.get(payment_id)
        return checkout is None or checkout.state != "open"

    def cancel(self, release: Release) -> None:
        canceling = release.module("services.canceling")
        payment_id = self.chance.choice([*self.answered])
        store, stripe = self.table(release), StripeOf(self, release)
        more: Any = {"store": store, "stripe": stripe, "failure_delay": timedelta(), "now": self.now}

        def act() -> None:
            try:
                canceling.cancel_own(payment_id, self.answered[payment_id], **more)
            except Exception as error:
                self._check_refusal(error, REFUSALS)

        self.begin(act)

    def deliver_goods(self, release: Release) -> None:
        sku, change = self.chance.choice([*SKUS]), self.chance.choice([1, 2, -1])
        self.begin(lambda: self._change_stock(release, sku, change))

    def _change_stock(self, release: Release, sku: str, change: int) -> None:
        self.counts["changes of stock"] += 1
        kind = release.module("domain.stock").StockChange
        try:
            self.table(release).change_stock(
                kind(f"adm_{self.counts['changes of stock']}", sku, change, "why", "grace", self.now)
            )
        except Exception as error:
            self._check_refusal(error, ("StockTooLow", "TryAgain"))

    def settle_a_shortage(self, release: Release) -> None:
        """An admin says that something is there after all or will not be delivered, of what is missing or is not."""
        missing = [(each.id, lack.ref) for each in self.payments for lack in each.shortages]
        others = [(each.id, sku) for each in self.payments for sku in each.order.stocked]
        if others:
            payment_id, sku = self.chance.choice(missing if missing and self.chance.random() < 0.9 else others)
            resolution = self.chance.choice(["supplied", "supplied", "waived"])
            self.begin(lambda: self._settle(release, payment_id, sku, resolution))

    def _settle(self, release: Release, payment_id: str, sku: str, resolution: str) -> None:
        state = release.module("domain.facts").ShortageState(resolution)
        try:
            acted = release.module("services.settling").settle(
                payment_id, sku, state, by="grace", store=self.table(release), now=self.now
            )
        except Exception as error:
            self._check_refusal(error, ("NothingToSettle", "StockTooLow", "TryAgain", "NewerRelease"))
            return
        self.counts[f"shortages {resolution}"] += acted.is_new
        settled = {each.ref: each.state.value for each in self.reader.payment(payment_id).shortages}
        assert settled[sku] in (resolution, "supplied"), "answered as settled, and is not"

    def reconcile(self, release: Release) -> None:
        reported: list[Any] = []
        release.module("services.reconciliation").Reconciler(
            store=self.table(release),
            stripe=StripeOf(self, release),
            outbox=self,
            issuer=release.issuer(self.table(release), lambda: self.now),
            failure_delay=timedelta(),
            keep_unpaid=timedelta(days=90),
            clock=lambda: self.now,
            report=lambda _, error: reported.append(error),
        ).run()
        for error in reported:
            self._check_refusal(error, REFUSALS)

    def publish(self, postings: Any) -> None:
        pass

    def deliver_one(self, release: Release) -> None:
        """In any order, and again and again."""
        if self.untold:
            event, again = self.chance.choice(self.untold), self.chance.random() < 0.3
            self.begin(lambda: self._deliver(event, release, again))

    def _deliver(self, event: dict[str, Any], release: Release, again: bool = False) -> None:
        webhook = release.module("services.webhook")
        try:
            webhook.receive(
                release.module("adapters.stripe.objects").read_event(event),
                livemode=False,
                failure_delay=timedelta(),
                store=self.table(release),
                stripe=StripeOf(self, release),
                now=self.now,
            )
        except Exception as error:
            self._check_refusal(error, ("TryAgain", "NewerRelease", "StripeUnavailable"))
            return
        if event in self.untold and not again:
            self.untold.remove(event)

    def _check_refusal(self, error: Exception, allowed: Iterable[str]) -> None:
        name = type(error).__name__
        if name not in (*allowed, "NotCancelable"):
            raise error
        self.counts[name] += 1

    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        for checkout in self.checkouts.values():
            if checkout.state == "open" and checkout.expires_at <= self.now:
                self.expire(checkout)
        self.end_who_is_too_long()

    # What must hold

    def check_stock(self) -> None:
        left: Counter[str] = Counter()
        put_in: Counter[str] = Counter()
        for (pk, sk), item in self.dynamodb.items.items():
            if pk.startswith("STOCK#") and sk == "STOCK":
                left[pk.removeprefix("STOCK#")] += int(item["left"]["N"])
            elif pk.startswith("STOCK#"):
                put_in[pk.removeprefix("STOCK#")] += int(item["change"]["N"])
            elif sk == "PAYMENT" and "stock_taken" in item:
                taken = item["stock_taken"]["M"]
                put_in.subtract({sku: int(count["N"]) for sku, count in taken.items()})
        assert left == put_in, f"{left} left, and {put_in} put in and not taken"
        assert min(left.values()) >= 0

    def check(self) -> None:
        """All is heard: what is taken is what the facts call for."""
        due = self.next.module("domain.reservations").stock_due
        for payment in self.payments:
            assert payment.stock_taken == due(payment), payment.id
            assert payment.is_paid or not payment.stock_taken, f"{payment.id} keeps what nobody paid"
            assert not payment.is_held
            assert payment.is_paid or payment.is_over, f"{payment.id} is {payment.status}"
            assert payment.is_paid or not payment.shortages, f"{payment.id} is short of what nobody paid"
            if payment.is_paid:
                short = {each.ref for each in payment.shortages if each.state != "supplied"}
                assert {*payment.stock_taken, *short} == {*payment.order.stocked}
                assert not short & {*payment.stock_taken}, "taken, and not to be delivered from there"
                self.counts["short in the end"] += bool(short)
            if payment.replaced_by:
                self.counts["replaced"] += 1
                assert not payment.is_paid or payment.id in self.paid_late, "paid, and replaced"
            self.counts[f"in the end {payment.status}"] += 1

    # A history

    def play(self, moves: int) -> None:
        for _ in range(moves):
            if self.actors and self.chance.random() < 0.8:
                dies = self.chance.choices([None, "before", "after"], [60, 1, 1])[0]
                self.go_on(self.chance.choice(self.actors), dies)
            else:
                self._something_happens()

    def _something_happens(self) -> None:
        release = self.deployed
        knows_stock = release is not self.before
        match self.chance.choice(_MOVES):
            case "click" if knows_stock and len(self.actors) < 6:
                self.click()
            case "cancel" if knows_stock and self.answered:
                self.cancel(release)
            case "goods" if knows_stock:
                self.deliver_goods(release)
            case "shortage" if knows_stock:
                self.settle_a_shortage(release)
            case "reconcile":
                self.begin(lambda: self.reconcile(release))
            case "hear":
                self.deliver_one(release)
            case "deploy":
                self.deployed = self.chance.choice([self.this, self.this, self.next, self.next, self.before])
            case "time":
                self.pass_time(self.chance.choice(PAUSES))
            case "pay" if checkout := self._one("open"):
                self.pay(checkout)
            case "bank" if checkout := self._one("processing"):
                self.settle_at_the_bank(checkout)
            case "late" if checkout := self._one("expired"):
                self.pay_late(checkout)
            case "refund" if checkout := self._one("paid"):
                self.refund(checkout)

    def settle(self) -> None:
        """All end, Stripe answers, its events arrive, and reconcile comes by until nothing is due."""
        self.end_all()
        self.deployed, self.dynamodb.is_busy = self.next, False
        for minutes in (10, 46, 60, 24 * 60, 26 * 60):
            self.pass_time(minutes)
            for checkout in self.checkouts.values():
                if checkout.state == "processing":
                    self.settle_at_the_bank(checkout)
            for event in [*self.untold]:
                self._deliver(event, self.next)
            self.reconcile(self.next)
            self._settle_what_is_missing()

    def _settle_what_is_missing(self) -> None:
        """An admin goes through the shortages; of some there are as many by then."""
        for payment in self.payments:
            for lack in payment.open_shortages:
                match self.chance.choice(["goods", "supplied", "waived", "left"]):
                    case "goods":
                        self._change_stock(self.next, lack.ref, lack.quantity)
                        self._settle(self.next, payment.id, lack.ref, "supplied")
                    case "supplied" | "waived" as resolution:
                        self._settle(self.next, payment.id, lack.ref, resolution)


_MOVES = (
    ["click"] * 6
    + ["pay", "pay", "hear", "hear", "hear", "hear", "time", "time", "reconcile", "late", "goods", "bank"]
    + ["cancel", "shortage", "shortage", "shortage", "late", "refund", "deploy"]
)
