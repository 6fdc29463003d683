"""What `make load` judges by: percentiles, the search for losses, and the comparison of costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.growth import Cost, differences
from bench.growth_fill import PROPORTIONS, Pattern, copies
from bench.load import DOCUMENT, HOT_PRODUCT
from bench.load_check import Ending, Mail, Stored, Visit, World, losses
from bench.load_figures import Sample, Stage, percentile, table_of_stage
from payments.adapters.table.keys import due_shard

ADMIN = "admin@example.com"
CONFIRMED = ("payment_confirmation", "admin_notification", "admin_copy")


# Percentiles


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0), (0.955, 96.0)]
)
def test_a_percentile_is_a_value_that_occurred(share: float, expected: float) -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, share) == expected


def test_of_one_value_every_percentile_is_that() -> None:
    assert {percentile([7.0], share) for share in (0.01, 0.5, 0.99)} == {7.0}


def test_of_nothing_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_stage_counts_what_was_answered_in_it_by_route_and_error() -> None:
    stage = Stage(clients=2, began=10.0, ended=12.0, machine=1.0, front=0.5, caught_up_after=1.0)
    samples = [
        Sample("pay", 9.5, 9.9, 200),
        Sample("pay", 9.9, 10.1, 200),
        Sample("pay", 11.0, 11.4, 503, "try_again"),
        Sample("pay", 11.0, 12.1, 200),
        Sample("ask", 11.0, 11.1, None),
    ]

    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table_of_stage(stage, samples).splitlines()]

    assert lines[2:] == [
        ["ask", "1", "0.5", "100", "100", "100", "1 x no answer"],
        ["pay", "2", "1.0", "200", "400", "400", "1 x 503 try_again"],
    ]


# Losses


def a_visit(ending: Ending = Ending.PAID, number: int = 1) -> Visit:
    return Visit(f"pay_{number}", f"key-{number}", f"customer-{number}@example.com", ending, 9900, "usd")


def a_world(visit: Visit, status: str = "succeeded", sent: Sequence[str] = CONFIRMED) -> World:
    """Everything as it should be after one visit with these mails."""
    view = {"status": status, "amount": 9900, "currency": "usd", "transactionId": "ch_1"}
    to_customer = ("payment_confirmation", "payment_failed")
    return World(
        stored={visit.payment_id: Stored(visit.key_hash, dict.fromkeys(sent, "sent"))},
        views={visit.payment_id: view},
        sessions=Counter([visit.payment_id]),
        mails=[Mail(visit.payment_id, visit.email if kind in to_customer else ADMIN, kind) for kind in sent],
    )


def with_view(world: World, **changes: Any) -> World:
    return replace(world, views={payment_id: {**view, **changes} for payment_id, view in world.views.items()})


def with_notices(world: World, notices: Mapping[str, str]) -> World:
    stored = {id_: replace(each, notices={**each.notices, **notices}) for id_, each in world.stored.items()}
    return replace(world, stored=stored)


@pytest.mark.parametrize(
    ("ending", "status", "sent"),
    [
        (Ending.PAID, "succeeded", CONFIRMED),
        (Ending.DECLINED_THEN_PAID, "succeeded", CONFIRMED),
        (Ending.DECLINED_THEN_PAID, "succeeded", (*CONFIRMED, "payment_failed_admin")),
        (Ending.DECLINED, "failed", ("payment_failed_admin",)),
        (Ending.DECLINED_THEN_EXPIRED, "expired", ("payment_failed_admin", "payment_failed")),
        (Ending.ABANDONED, "pending", ()),
    ],
)
def test_what_should_be_is_no_loss(ending: Ending, status: str, sent: Sequence[str]) -> None:
    visit = a_visit(ending)

    assert losses([visit], a_world(visit, status, sent)) == []


def test_a_payment_that_is_gone_is_a_loss() -> None:
    visit = a_visit()

    assert losses([visit], replace(a_world(visit), stored={}, mails=[])) == ["pay_1 (paid): it is lost"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "processing"}, "its status is processing, not succeeded"),
        ({"amount": 9901}, "its amount is 9901 usd, not 9900 usd"),
        ({"currency": "eur"}, "its amount is 9900 eur, not 9900 usd"),
        ({"transactionId": None}, "it was paid and has no transaction id"),
    ],
)
def test_a_wrong_answer_of_the_api_is_found(change: dict[str, Any], sentence: str) -> None:
    visit = a_visit()

    assert losses([visit], with_view(a_world(visit), **change)) == [f"pay_1 (paid): {sentence}"]


def test_a_mail_that_never_came_is_found_though_it_was_recorded_as_sent() -> None:
    visit = a_visit()
    world = a_world(visit)

    lost = losses([visit], replace(world, mails=[mail for mail in world.mails if mail.to == ADMIN]))

    assert lost == ["pay_1 (paid): the customer got 0 mails, and 1 were recorded as sent"]


def test_a_mail_that_came_twice_is_found() -> None:
    visit = a_visit()
    world = a_world(visit)

    lost = losses([visit], replace(world, mails=[*world.mails, world.mails[1]]))

    assert lost == [
        "pay_1 (paid): the mail 'admin_notification' came 2 times",
        "pay_1 (paid): the admin got 3 mails, and 2 were recorded as sent",
    ]


def test_a_mail_twice_in_the_place_of_another_is_found() -> None:
    visit = a_visit()
    world = a_world(visit)
    confirmation, notification, _ = world.mails

    lost = losses([visit], replace(world, mails=[confirmation, notification, notification]))

    assert lost == ["pay_1 (paid): the mail 'admin_notification' came 2 times"]


def test_a_notice_that_was_never_raised_is_found() -> None:
    visit = a_visit()

    assert losses([visit], a_world(visit, sent=CONFIRMED[:2])) == ["pay_1 (paid): the notice admin_copy was not sent"]


def test_a_mail_that_is_not_true_is_found() -> None:
    visit = a_visit(Ending.DECLINED)

    lost = losses([visit], a_world(visit, "failed", ("payment_failed_admin", "payment_failed")))

    assert lost == ["pay_1 (declined): the notice payment_failed was sent and should not have been"]


@pytest.mark.parametrize("state", ["due", "claimed", "rejected", "gave_up"])
def test_a_notice_that_is_not_settled_is_found(state: str) -> None:
    visit = a_visit(Ending.ABANDONED)

    lost = losses([visit], with_notices(a_world(visit, "pending", ()), {"payment_failed": state}))

    assert lost == [f"pay_1 (abandoned): the notice payment_failed is still {state}"]


def test_a_second_payment_for_an_idempotency_key_is_found() -> None:
    visit = a_visit()
    world = a_world(visit)

    lost = losses([visit], replace(world, stored={**world.stored, "pay_2": Stored(visit.key_hash, {})}))

    assert lost == [
        "pay_2: it is in the table, and no customer was told of it",
        "pay_1: its Idempotency-Key made 2 payments",
    ]


def test_one_payment_for_two_keys_is_found() -> None:
    visit = a_visit()
    other = replace(visit, key="another", ending=visit.ending)

    lost = losses([visit, other], a_world(visit))

    assert lost == ["pay_1: 2 customers were told of it", "pay_1 (paid): it is another Idempotency-Key's"]


def test_a_second_checkout_is_found() -> None:
    visit = a_visit()

    lost = losses([visit], replace(a_world(visit), sessions=Counter(["pay_1", "pay_1", "pay_9"])))

    assert lost == [
        "pay_9: Stripe has a checkout for it, and no customer was told of it",
        "pay_1 (paid): Stripe has 2 checkouts for it",
    ]


def test_a_mail_about_nobody_is_found() -> None:
    visit = a_visit()
    world = a_world(visit)

    lost = losses([visit], replace(world, mails=[*world.mails, Mail(None, ADMIN, "Hello")]))

    assert lost == ["a mail is about no customer's payment: Hello"]


# Growth


def a_cost(*calls: str, read: float = 1.0, written: float = 2.0) -> Cost:
    return Cost(calls or ("GetItem", "PutItem"), read, written, 0.01)


def test_the_same_at_every_size_is_no_difference() -> None:
    rounds = [a_cost(), a_cost(written=3.0)]

    assert differences({1000: {"order": rounds}, 10000: {"order": list(reversed(rounds))}}) == []


@pytest.mark.parametrize(
    ("grown", "sentence"),
    [
        (a_cost(read=7.5), "order: read units: 1 with 1,000 payments, 7.5 with 10,000 payments"),
        (a_cost(written=2.5), "order: write units: 2 with 1,000 payments, 2.5 with 10,000 payments"),
        (
            a_cost("Query", "Query", "PutItem"),
            "order: other calls: GetItem, PutItem with 1,000 payments; Query, Query, PutItem with 10,000 payments",
        ),
    ],
)
def test_what_costs_more_in_a_larger_table_is_found(grown: Cost, sentence: str) -> None:
    assert differences({1000: {"order": [a_cost()] * 2}, 10000: {"order": [grown] * 2}}) == [sentence]


def test_a_cost_above_every_other_is_found_where_rounds_differ() -> None:
    small, large = [a_cost(read=1.0), a_cost(read=2.0)], [a_cost(read=2.5), a_cost(read=3.0)]

    found = differences({1000: {"order": small}, 10000: {"order": large}})

    assert found == ["order: read units: 1 to 2 with 1,000 payments, 2.5 to 3 with 10,000 payments"]


def test_a_scan_is_found_though_its_first_page_costs_the_same_everywhere() -> None:
    rounds = [a_cost("Scan", "PutItem")]

    assert differences({1000: {"order": rounds}, 10000: {"order": rounds}}) == ["order: it reads the whole table"]


def test_a_request_that_was_not_measured_everywhere_is_found() -> None:
    assert differences({1000: {"order": [a_cost()]}, 10000: {}}) == ["order: not measured with [10000] payments"]


# Filling


PAYMENT_ID = "pay_01K5ZZZZZZ0000000000000001"
SESSION_ID = "cs_test_a1234567890123456789"


def a_pattern() -> Pattern:
    payment = {
        "pk": {"S": f"PAYMENT#{PAYMENT_ID}"},
        "sk": {"S": "PAYMENT"},
        "key_hash": {"S": "ab" * 32},
        "facts": {"M": {f"session#{SESSION_ID}": {"M": {"ref": {"S": SESSION_ID}}}}},
        "due_shard": {"S": due_shard(PAYMENT_ID, "look", 1)},
        "due_at": {"N": "1"},
    }
    pointer = {"pk": {"S": f"STRIPE#{SESSION_ID}"}, "sk": {"S": "PAYMENT"}, "payment_id": {"S": PAYMENT_ID}}
    return Pattern([payment, pointer])


def test_a_copy_is_another_payment_of_the_same_size_that_hangs_together() -> None:
    payment, pointer = a_pattern().copy(42, due_at=1800000000)

    payment_id = payment["pk"]["S"].removeprefix("PAYMENT#")
    ((key, fact),) = payment["facts"]["M"].items()
    session_id = fact["M"]["ref"]["S"]
    assert payment_id == f"{PAYMENT_ID[:-8]}00000042"
    assert session_id == f"{SESSION_ID[:-8]}00000042"
    assert key == f"session#{session_id}"
    assert (pointer["pk"]["S"], pointer["payment_id"]["S"]) == (f"STRIPE#{session_id}", payment_id)
    assert payment["key_hash"]["S"] == "ab" * 28 + "00000042"
    assert (payment["due_shard"]["S"], payment["due_at"]["N"]) == (due_shard(payment_id, "look", 1), "1800000000")


def test_copies_are_all_different_and_as_many_as_asked() -> None:
    items = list(copies(dict.fromkeys(PROPORTIONS, a_pattern()), range(40), due_at=1))

    assert len({item["pk"]["S"] for item in items}) == len(items) == 80


def test_the_document_says_what_a_hot_product_can_take() -> None:
    assert HOT_PRODUCT in DOCUMENT.read_text()
