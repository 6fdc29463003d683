"""The desk's pages and sums: nothing lost or shown twice, nothing counted twice, and no more calls than it says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.attention import Attention, Reason
from payments.domain.desk import (
    ByEmail,
    ByNumber,
    ByPayment,
    ByStripe,
    ByUser,
    Days,
    InAttention,
    InDays,
    InRows,
    InWaiting,
    PaymentRow,
    PaymentSums,
    Sought,
    Waiting,
)
from payments.domain.identifiers import new_payment_id
from payments.domain.money import Money
from payments.domain.payment import Status
from payments.services import desk_reading
from payments.services.desk_reading import attention, payments_of, search, statistics

FIRST = date(2026, 11, 1)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def a_row(day: int = 0, number: int = 0, status: str = "succeeded", **changes: object) -> PaymentRow:
    """A payment ordered so many days after the first."""
    row = PaymentRow(
        payment_id=new_payment_id(),
        status=status,
        asked=Money(9900, "usd"),
        created_at=NOON + timedelta(days=day, seconds=number),
        paid_at=None,
        received=(),
        returned=(),
        sku="consulting-hour",
        number=None,
        dispute=None,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


@dataclass
class Desk:
    """Pages as DynamoDB has them: the limit counts what was read before the filter."""

    rows_by_day: dict[str, list[PaymentRow]] = field(default_factory=dict)
    waits: dict[Reason, list[Waiting]] = field(default_factory=dict)
    pointers: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def add(self, *rows: PaymentRow) -> None:
        for row in rows:
            self.rows_by_day.setdefault(f"{row.created_at:%Y-%m-%d}", []).append(row)

    def day(
        self, day: date, status: str | None, after: InRows | None, limit: int
    ) -> tuple[list[PaymentRow], InRows | None]:
        self.calls.append(day.isoformat())
        ordered = sorted(self.rows_by_day.get(day.isoformat(), []), key=_place, reverse=True)
        rest = [row for row in ordered if after is None or _place(row) < (after.created_at, after.payment_id)]
        read = rest[:limit]
        # Of a page that is just full DynamoDB does not know that it is the last.
        last = InRows(*_place(read[-1])) if len(read) == limit else None
        return [row for row in read if status in (None, row.status)], last

    def sums_of_day(self, day: date, after: InRows | None, limit: int) -> tuple[list[PaymentSums], InRows | None]:
        rows, last = self.day(day, None, after, limit)
        return list(rows), last

    def waiting(self, reason: Reason, after: InWaiting | None, limit: int) -> tuple[list[Waiting], InWaiting | None]:
        self.calls.append(reason)
        rest = [each for each in self.waits.get(reason, []) if after is None or each.payment_id > after.payment_id]
        read = rest[:limit]
        return read, InWaiting("", read[-1].payment_id, None) if len(read) == limit else None

    def of_user(self, user: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]:
        return [a_row(sku=f"of {user}")], None

    def of_email(self, email: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]:
        return [a_row(sku=f"of {email}")], None

    def rows(self, payment_ids: Iterable[str]) -> list[PaymentRow]:
        return [a_row(payment_id=each) for each in payment_ids]

    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None:
        return next((self.pointers[each] for each in stripe_ids if each in self.pointers), None)

    def payment_id_of_order(self, number: str) -> str | None:
        return self.pointers.get(number)


def _place(row: PaymentRow) -> tuple[str, str]:
    return row.created_at.isoformat(), row.payment_id


def pages(store: Desk, days: Days, status: str | None = None) -> Iterator[list[PaymentRow]]:
    place: InDays | None = None
    while True:
        rows, place = payments_of(store, days, status, place)
        yield rows
        if place is None:
            return


@pytest.fixture(params=[(1000, 200, 31), (3, 2, 2), (1, 1, 1), (2, 50, 3)], ids=str)
def _bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("MOST_IN_A_CALL", "ROWS_ENOUGH", "MOST_CALLS"), request.param, strict=True):
        monkeypatch.setattr(desk_reading, name, value)


# Lists


@pytest.mark.usefixtures("_bounds")
def test_who_goes_on_to_the_end_sees_each_payment_once_whatever_is_written_meanwhile() -> None:
    store = Desk()
    there = [a_row(day, number) for day in (0, 1, 4, 6) for number in range(7)]
    store.add(*there)
    seen: list[PaymentRow] = []
    for count, page in enumerate(pages(store, Days(FIRST, FIRST + timedelta(days=6)))):
        seen += page
        # Another order, newer or older than where the reader is, and one that is paid.
        store.add(a_row(count % 7, 1000 + count))
        changed = store.rows_by_day["2026-11-01"]
        changed[0] = replace(changed[0], status="refunded")
    counts = Counter(row.payment_id for row in seen)
    assert {row.payment_id for row in there} <= set(counts)
    assert set(counts.values()) == {1}
    assert seen == sorted(seen, key=_place, reverse=True)


@pytest.mark.usefixtures("_bounds")
def test_of_one_status_a_page_may_be_empty_and_is_not_the_last() -> None:
    store = Desk()
    failed = a_row(0, 0, "failed")
    store.add(failed, *(a_row(day, number) for day in range(7) for number in range(4)))
    found = list(pages(store, Days(FIRST, FIRST + timedelta(days=6)), "failed"))
    assert [row for page in found for row in page] == [failed]


def test_only_the_days_that_are_asked_for_are_read() -> None:
    store = Desk()
    store.add(*(a_row(day) for day in range(7)))
    rows, place = payments_of(store, Days(FIRST + timedelta(days=2), FIRST + timedelta(days=4)), None, None)
    assert place is None
    assert [f"{row.created_at:%d}" for row in rows] == ["05", "04", "03"]
    assert store.calls == ["2026-11-05", "2026-11-04", "2026-11-03"]


@pytest.mark.parametrize(("payments", "calls"), [(999, 1), (1000, 2)])
def test_a_day_of_a_thousand_payments_takes_at_most_two_calls(payments: int, calls: int) -> None:
    store = Desk()
    store.add(*(a_row(0, number) for number in range(payments)))
    assert sum(len(page) for page in pages(store, Days(FIRST, FIRST))) == payments
    assert len(store.calls) == calls


def test_a_page_ends_after_a_month_of_days_without_an_order() -> None:
    store = Desk()
    rows, place = payments_of(store, Days(FIRST, FIRST + timedelta(days=92)), None, None)
    assert (rows, len(store.calls)) == ([], 31)
    assert place == InDays(FIRST + timedelta(days=61))


# Attention


def a_waiting(reason: Reason, number: int) -> Waiting:
    return Waiting(f"pay_{reason.urgency}_{number:03}", "succeeded", Attention((reason,), NOON))


@pytest.mark.parametrize("most", [1, 3, 4, 100])
def test_what_waits_is_shown_once_the_most_urgent_first(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_reading, "MOST_WAITING", most)
    there = {reason: [a_waiting(reason, number) for number in range(4)] for reason in (Reason.DISPUTE, Reason.MAIL)}
    store = Desk(waits=there)
    seen: list[Waiting] = []
    place: InAttention | None = None
    while True:
        found, place = attention(store, place)
        seen += found
        if place is None:
            break
    assert seen == [*there[Reason.DISPUTE], *there[Reason.MAIL]]


# Search


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (ByPayment("pay_1"), ["pay_1"]),
        (ByStripe("ch_1"), ["pay_2"]),
        (ByStripe("ch_2"), []),
        (ByNumber("7K3M-9XQ2", "7k3m-9xq2"), ["pay_3"]),
    ],
)
def test_an_id_finds_its_payment(sought: Sought, found: list[str]) -> None:
    rows, place = search(Desk(pointers={"ch_1": "pay_2", "7K3M-9XQ2": "pay_3"}), sought, None)
    assert [row.payment_id for row in rows] == found
    assert place is None


@pytest.mark.parametrize(
    ("sought", "whose"),
    [
        (ByEmail("ada@example.com"), "ada@example.com"),
        (ByUser("ada"), "ada"),
        (ByNumber("J0HN-1234", "john-1234"), "john-1234"),
    ],
)
def test_an_address_or_a_user_finds_their_payments(sought: Sought, whose: str) -> None:
    assert [row.sku for row in search(Desk(), sought, None)[0]] == [f"of {whose}"]


# Statistics

sums = st.lists(st.builds(Money, st.integers(0, 10**6), st.sampled_from(["usd", "eur"])), max_size=2).map(tuple)
rows = st.lists(
    st.builds(
        a_row,
        st.integers(-1, 5),
        st.integers(0, 10**4),
        st.sampled_from(Status),
        asked=st.builds(Money, st.integers(0, 10**6), st.sampled_from(["usd", "eur", "jpy"])),
        received=sums,
        returned=sums,
    ),
    max_size=40,
)


@given(rows, st.sampled_from([1, 7, 1000]))
def test_statistics_are_a_plain_count_of_the_days_asked_for(there: list[PaymentRow], most: int) -> None:
    store = Desk()
    store.add(*there)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk_reading, "MOST_IN_A_CALL", most)
        found = statistics(store, Days(FIRST, FIRST + timedelta(days=4)))
    counted = [row for row in there if 1 <= row.created_at.day <= 5 and row.created_at.month == 11]
    for (day, currency, status), tally in found.items():
        alike = [row for row in counted if f"{row.created_at:%Y-%m-%d}" == day and row.status == status]
        asked = [row.asked.amount for row in alike if row.asked.currency == currency]
        came, went = (
            [each.amount for row in alike for each in getattr(row, way) if each.currency == currency]
            for way in ("received", "returned")
        )
        assert (tally.count, tally.amount) == (len(asked), sum(asked))
        assert (tally.received, tally.returned) == (sum(came), sum(went))
    assert sum(tally.count for tally in found.values()) == len(counted)
    assert sum(tally.received for tally in found.values()) == sum(
        each.amount for row in counted for each in row.received
    )


def test_statistics_of_thirty_days_of_almost_a_thousand_payments_are_thirty_calls() -> None:
    store = Desk()
    store.add(*(a_row(day, number) for day in range(30) for number in range(999)))
    found = statistics(store, Days(FIRST, FIRST + timedelta(days=29)))
    assert sum(tally.count for tally in found.values()) == 30 * 999
    assert len(store.calls) == 30
