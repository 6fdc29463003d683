"""What may be going on when a handler dies: each scenario is one payment, and a step that is finished in the end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from payments.adapters.stripe.api import StripeApi
from payments.adapters.table.keys import payment_key
from payments.domain.payment import Status
from payments.services.refunding import Refunding, Wanted, claimant_of
from tests.builders import a_charge, an_event
from tests.callers import ADA
from tests.integration.fragile import KEY, FragileSystem

GOOD, DECLINED = "4242424242424242", "4000000000000002"

TICKET, TICKETS = "evening-talk", 3
WHO: dict[str, object] = {"name": "Ada Lovelace", "email": "ada@example.com"}

type Act = Callable[[FragileSystem], None]


@dataclass(frozen=True)
class Scenario:
    """What has happened before, the step in which something dies, and what comes of it in any case.

    Of several payments `status` has all, in the order of the alphabet.
    """

    name: str
    given: Act
    step: Act
    status: str
    mails: int
    sessions: int = 1
    # At once, before what nobody pays has expired.
    stock: tuple[str, ...] = ()
    # Those at Stripe, in the end.
    customers: tuple[str, ...] = ()

    @property
    def is_prompt(self) -> bool:
        """Stripe, SQS and clients try again soon; a look that died comes again after as long as the payment is old."""
        return self.step is not FragileSystem.reconcile


def order(system: FragileSystem) -> None:
    system.place_order()


def order_on_page(system: FragileSystem) -> None:
    system.place_order_on_page()


def unanswered_order_on_page(system: FragileSystem) -> None:
    """Stripe did not answer, and the page has gone."""
    system.control("outage", calls=1, kind="rate_limit")
    with system.watching({}, mortal=False):
        assert system.order_on_page().status == 503


def tickets_on_page(system: FragileSystem) -> None:
    """More than the order before took from stock, in its place."""
    items = {"items": [{"sku": TICKET, "quantity": 3}]}
    system.place_order_on_page(WHO | items | replacing(system), "another")


def order_in_ones_name(system: FragileSystem) -> None:
    system.place_order_of(ADA)


def order_on_page_in_ones_name(system: FragileSystem) -> None:
    system.place_order_on_page(user=ADA)


def begin_card(system: FragileSystem) -> None:
    system.begin_card(ADA)


def save_card(system: FragileSystem) -> None:
    system.save_card(ADA)


def lose_customer(system: FragileSystem) -> None:
    """Somebody deletes it in Stripe's dashboard."""
    known = system.table.customer(ADA["sub"])
    assert known
    system.stripe().v1.customers.delete(str(known.id))


def take_card_away(system: FragileSystem) -> None:
    system.take_card_away(ADA)


def erase_user(system: FragileSystem) -> None:
    system.erase(ADA)


def a_day_later(system: FragileSystem) -> None:
    system.clock_forward(timedelta(days=1))


def nothing(_: FragileSystem) -> None:
    pass


def pay(*cards: str) -> Act:
    """An order, and the attempts to pay it; no event is delivered."""

    def act(system: FragileSystem) -> None:
        system.place_order()
        for card in cards:
            system.try_to_pay(card)

    return act


def told(act: Act) -> Act:
    """All that happened is delivered."""
    return _then(act, FragileSystem.hear_all)


def mailed(act: Act) -> Act:
    return _then(act, FragileSystem.mail)


def _then(act: Act, *more: Act) -> Act:
    def acts(system: FragileSystem) -> None:
        for each in (act, *more):
            each(system)

    return acts


def pay_now(system: FragileSystem) -> None:
    system.try_to_pay(GOOD)


def refund(system: FragileSystem) -> None:
    system.stripe().v1.refunds.create({"charge": system.charge_id(), "amount": 4000})


def unanswered_refund(system: FragileSystem) -> None:
    """An admin asks for it, Stripe does not answer, and the admin has gone."""
    (payment,) = system.payments()
    system.control("outage", calls=1, kind="rate_limit")
    stripe = StripeApi(lambda: system.double.api_key, system.double.url, livemode=False)
    refunding = Refunding(system.table, stripe, timedelta(), system.now())
    claimant = claimant_of(payment.id, "grace", "the-same-key", {"amount": 4000})
    assert not refunding.request(payment.id, Wanted(4000), claimant=claimant, by="grace").is_answered


def dispute(system: FragileSystem) -> None:
    system.control(f"charges/{system.charge_id()}/dispute", reason="fraudulent")


def expire(system: FragileSystem) -> None:
    system.control(f"sessions/{system.session_id}/expire")


def unanswered_order(system: FragileSystem) -> None:
    """Stripe did not answer, and the client has gone."""
    system.control("outage", calls=1, kind="rate_limit")
    with system.watching({}, mortal=False):
        assert system.order().status == 503


def forget_events(system: FragileSystem) -> None:
    """Stripe takes them for delivered, and nobody has heard them."""
    for event in system.undelivered():
        system.acknowledge(event)


def later(system: FragileSystem) -> None:
    system.clock_forward(timedelta(minutes=15))


def order_for_more(system: FragileSystem) -> None:
    """What will be paid is less than what was asked."""
    system.place_order()
    [table], [payment] = system.template.tables.values(), system.payments()
    system.dynamodb.update_item(
        TableName=table.name,
        Key=payment_key(payment.id),
        UpdateExpression="SET amount = :amount",
        ExpressionAttributeValues={":amount": {"N": "12000"}},
    )


def approve(system: FragileSystem) -> None:
    system.act("approval", {"amount": 9900, "currency": "usd"})


def resend(system: FragileSystem) -> None:
    system.act("notices/resend", {"kind": "payment_confirmation"})


def cancel(system: FragileSystem) -> None:
    system.act("cancel")


def deliver_tickets(system: FragileSystem) -> None:
    """There are three of what is sold from stock."""
    route, body = "POST /admin/products/{sku}/stock", {"change": TICKETS, "reason": "a delivery"}
    assert system.desk(route, sku=TICKET, body=body, headers={"idempotency-key": KEY}).status == 200


def order_tickets(quantity: int, *, key: str = KEY, in_place: bool = False) -> Act:
    """So many from stock, in the place of the order before or not."""

    def act(system: FragileSystem) -> None:
        items = {"items": [{"sku": TICKET, "quantity": quantity}]}
        system.place_order(WHO | items | (replacing(system) if in_place else {}), key)

    return act


def replacing(system: FragileSystem) -> dict[str, object]:
    [before] = [each for each in system.payments() if each.sessions and each.sessions[0].ref == system.session_id]
    return {"replaces": {"paymentId": before.id, "accessKey": before.access_key}}


def pay_what_expired(system: FragileSystem) -> None:
    """Money comes for the order that was made first; what that had from stock is the other's by now."""
    late = min(system.payments(), key=lambda each: each.created_at)
    charge = {"id": "ch_late", "payment_intent": "pi_late", "amount": late.asked.amount}
    body = a_charge(late.id, **charge, amount_captured=late.asked.amount)
    system.hear_of(an_event("charge.succeeded", body))


PAID = pay(GOOD)
PAID_IN_THE_END = pay(DECLINED, GOOD)
# Reconcile has a place in Stripe's list, and goes on from there.
HEARD_OF_A_DECLINE_ONLY = _then(pay(DECLINED), FragileSystem.reconcile, pay_now)
SCENARIOS = [
    Scenario("an order", nothing, order, Status.PENDING, 0),
    Scenario("a page that reads", order, FragileSystem.read, Status.PENDING, 0),
    Scenario("a payment's events", PAID, FragileSystem.hear_all, Status.SUCCEEDED, 3),
    Scenario("a decline's and then a payment's events", PAID_IN_THE_END, FragileSystem.hear_all, Status.SUCCEEDED, 3),
    Scenario("an expiry's events", _then(pay(DECLINED), expire), FragileSystem.hear_all, Status.EXPIRED, 2),
    Scenario(
        "a refund's events", _then(mailed(told(PAID)), refund), FragileSystem.hear_all, Status.PARTIALLY_REFUNDED, 4
    ),
    Scenario(
        "events that outran their payment", _then(PAID, dispute), FragileSystem.hear_all_backwards, Status.SUCCEEDED, 4
    ),
    Scenario("the mails", told(PAID_IN_THE_END), FragileSystem.mail, Status.SUCCEEDED, 3),
    Scenario(
        "a refund's mail", told(_then(mailed(told(PAID)), refund)), FragileSystem.mail, Status.PARTIALLY_REFUNDED, 4
    ),
    Scenario(
        "reconcile: events never delivered", HEARD_OF_A_DECLINE_ONLY, FragileSystem.reconcile, Status.SUCCEEDED, 3
    ),
    Scenario(
        "reconcile: events never heard of",
        _then(PAID, refund, dispute, forget_events, later),
        FragileSystem.reconcile,
        Status.PARTIALLY_REFUNDED,
        5,
    ),
    Scenario(
        "reconcile: messages lost",
        _then(told(PAID), FragileSystem.lose_messages),
        FragileSystem.reconcile,
        Status.SUCCEEDED,
        3,
    ),
    Scenario(
        "a refresh: a payment never heard of",
        _then(PAID, refund, dispute, forget_events),
        FragileSystem.check_again,
        Status.PARTIALLY_REFUNDED,
        5,
    ),
    Scenario("an approval", told(_then(order_for_more, pay_now)), approve, Status.SUCCEEDED, 3),
    Scenario("a mail sent again", _then(mailed(told(PAID)), FragileSystem.forget_mails), resend, Status.SUCCEEDED, 1),
    Scenario("a refund", mailed(told(PAID)), FragileSystem.give_back, Status.PARTIALLY_REFUNDED, 4),
    Scenario("a cancellation", order, cancel, Status.EXPIRED, 0),
    Scenario("a cancellation after a decline", told(pay(DECLINED)), cancel, Status.EXPIRED, 2),
    Scenario("a refresh: an order without an answer", unanswered_order, FragileSystem.check_again, Status.PENDING, 0),
    Scenario(
        "reconcile: a refund without an answer",
        _then(mailed(told(PAID)), unanswered_refund),
        FragileSystem.reconcile,
        Status.PARTIALLY_REFUNDED,
        4,
    ),
    Scenario("reconcile: an order without an answer", unanswered_order, FragileSystem.reconcile, Status.PENDING, 0),
    Scenario("an order on the page", nothing, order_on_page, Status.PENDING, 0),
    Scenario(
        "a payment's events on the page", _then(order_on_page, pay_now), FragileSystem.hear_all, Status.SUCCEEDED, 3
    ),
    Scenario(
        "reconcile: an order on the page without an answer",
        unanswered_order_on_page,
        FragileSystem.reconcile,
        Status.PENDING,
        0,
    ),
    Scenario(
        "reconcile: the end of an order on the page",
        _then(order_on_page, a_day_later),
        FragileSystem.reconcile,
        Status.CANCELED,
        0,
    ),
    Scenario(
        "an order in one's own name", nothing, order_in_ones_name, Status.PENDING, 0, customers=("known, 0 cards",)
    ),
    Scenario(
        "an order on the page in one's own name",
        nothing,
        order_on_page_in_ones_name,
        Status.PENDING,
        0,
        customers=("known, 0 cards",),
    ),
    Scenario(
        "an order of whose customer is gone",
        _then(begin_card, lose_customer),
        order_in_ones_name,
        Status.PENDING,
        0,
        customers=("known, 0 cards",),
    ),
    Scenario(
        "an order on the page of whose customer is gone",
        _then(begin_card, lose_customer),
        order_on_page_in_ones_name,
        Status.PENDING,
        0,
        customers=("known, 0 cards",),
    ),
    Scenario("a card that is added", nothing, begin_card, "", 0, sessions=0, customers=("known, 0 cards",)),
    Scenario(
        "a card of whose customer is gone",
        _then(begin_card, lose_customer),
        begin_card,
        "",
        0,
        sessions=0,
        customers=("known, 0 cards",),
    ),
    Scenario(
        "a card that was saved twice is removed",
        _then(save_card, save_card),
        take_card_away,
        "",
        0,
        sessions=0,
        customers=("known, 0 cards",),
    ),
    Scenario("a user is erased", _then(order_on_page_in_ones_name, save_card), erase_user, Status.CANCELED, 0),
    Scenario("whoever has cards alone is erased", save_card, erase_user, "", 0, sessions=0),
    Scenario(
        "an order on the page in a checkout's place",
        _then(deliver_tickets, order_tickets(2)),
        tickets_on_page,
        "canceled, expired",
        0,
        sessions=2,
        stock=("evening-talk: 0 left, 3 taken",),
    ),
    Scenario(
        "an order from stock",
        deliver_tickets,
        order_tickets(2),
        Status.EXPIRED,
        0,
        stock=("evening-talk: 1 left, 2 taken",),
    ),
    Scenario(
        "an order in another's place",
        _then(deliver_tickets, order_tickets(2)),
        order_tickets(3, key="another", in_place=True),
        "expired, expired",
        0,
        sessions=2,
        stock=("evening-talk: 0 left, 3 taken",),
    ),
    Scenario(
        "money for what is gone",
        _then(deliver_tickets, order_tickets(2), expire, FragileSystem.hear_all, order_tickets(2, key="another")),
        pay_what_expired,
        "expired, succeeded",
        4,
        sessions=2,
        stock=("evening-talk: 1 left, 2 taken",),
    ),
]
