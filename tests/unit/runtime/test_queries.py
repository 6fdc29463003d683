"""What the desk is asked for: what is taken, what is refused in words, and cursors that belong to their query."""

import base64
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.attention import Reason
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
    Sought,
)
from payments.domain.errors import ValidationFailed
from payments.runtime.queries import (
    Listing,
    Search,
    attention_cursor,
    attention_place,
    days_of,
    payments_asked,
)

TODAY = date(2026, 11, 28)
ID = "pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH"
ROW = InRows("2026-11-21T09:00:00.000Z", ID)


def event(**query: str) -> dict[str, Any]:
    """`from` is written `from_`."""
    return {"queryStringParameters": {name.rstrip("_"): value for name, value in query.items()}}


def listed(**query: str) -> Listing:
    found = payments_asked(event(**query), TODAY)
    assert isinstance(found, Listing)
    return found


def sought(**query: str) -> Search:
    found = payments_asked(event(**query), TODAY)
    assert isinstance(found, Search)
    return found


def refusal(**query: str) -> str:
    with pytest.raises(ValidationFailed) as refused:
        payments_asked(event(**query), TODAY)
    return refused.value.detail


@pytest.mark.parametrize("given", [{}, {"queryStringParameters": None}, event(**{"from": "", "status": "", "q": ""})])
def test_without_a_question_it_is_the_last_seven_days(given: dict[str, Any]) -> None:
    assert payments_asked(given, TODAY) == Listing({}, Days(date(2026, 11, 22), TODAY), None)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"from_": "2026-11-01"}, date(2026, 11, 1), TODAY),
        ({"to": "2026-11-07"}, date(2026, 11, 1), date(2026, 11, 7)),
        ({"from_": "2026-02-28", "to": "2026-02-28"}, date(2026, 2, 28), date(2026, 2, 28)),
        ({"from_": "2026-08-28", "to": "2026-11-28"}, date(2026, 8, 28), TODAY),
    ],
)
def test_days_are_inclusive(query: dict[str, str], first: date, last: date) -> None:
    assert listed(**query).days == Days(first, last)
    assert days_of(event(**query), TODAY) == Days(first, last)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from_": "2026-08-27"}, "from: At most 93 days are shown at once; take a later day."),
        ({"from_": "2026-11-02", "to": "2026-11-01"}, "from: This day is after 2026-11-01, the last one; swap them."),
        ({"from_": "2026-02-30"}, "from: Give a day such as 2026-11-21."),
        ({"to": "20261128"}, "to: Give a day such as 2026-11-21."),
        ({"to": "2026-11-28,2026-11-29"}, "to: Give a day such as 2026-11-21."),
        ({"to": "٢٠٢٦-11-28"}, "to: Give a day such as 2026-11-21."),
        ({"to": "0001-01-01"}, "to: Give a day such as 2026-11-21."),
        ({"status": "paid"}, "status: Give one of pending, processing, succeeded, "),
        ({"stauts": "failed"}, "query: The parameters known here are q, user, from, to, status, cursor."),
        ({"q": ID, "status": "failed"}, "q: It finds payments of every day and status; leave the others out."),
        ({"user": "ada", "q": "ada"}, "q: It finds payments of every day and status; leave the others out."),
        ({"user": "ada", "to": "2026-11-28"}, "user: It finds payments of every day and status; leave the others"),
        ({"user": "アダ"}, "user: Give the sub of a user as their provider has it."),
    ],
)
def test_what_cannot_be_listed_is_refused_in_words(query: dict[str, str], words: str) -> None:
    assert refusal(**query).startswith(words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f" {ID} ", ByPayment(ID)),
        ("cs_test_a1B2", ByStripe("cs_test_a1B2")),
        ("pi_3SVo1a", ByStripe("pi_3SVo1a")),
        ("ch_3SVo1a", ByStripe("ch_3SVo1a")),
        ("py_3SVo1a", ByStripe("py_3SVo1a")),
        ("7K3M-9XQ2", ByNumber("7K3M-9XQ2", "7K3M-9XQ2")),
        (" 7k3m-oil2 ", ByNumber("7K3M-0112", "7k3m-oil2")),
        ("Ada@Example.com", ByEmail("ada@example.com")),
        ("ada@MÜNCHEN.de", ByEmail("ada@xn--mnchen-3ya.de")),
        ("7c9e6679-7425-40de-944b-e07fc1f90ae7", ByUser("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
        ("auth0|5f7c8ec7c33c6c004bbafe82", ByUser("auth0|5f7c8ec7c33c6c004bbafe82")),
    ],
)
def test_one_field_finds_by_what_it_looks_like(text: str, found: Sought) -> None:
    assert sought(q=text).sought == found


@pytest.mark.parametrize("sub", ["auth0|ada", "ada@example.com", "7K3M-9XQ2", ID, "cs_1", "Ada Lovelace", " ada"])
def test_a_user_is_found_by_the_sub_alone_whatever_it_looks_like(sub: str) -> None:
    assert sought(user=sub).sought == ByUser(sub)


@pytest.mark.parametrize("text", ["Ada Lovelace", ID[:-1], ID.lower(), "re_1", "du_1", "evt_1", "アダ", " ", "x" * 256])
def test_what_finds_nothing_ever_says_what_can_be_searched_for(text: str) -> None:
    assert refusal(q=text).startswith("q: Search for an order's number, a payment (pay_...), a session")


def test_an_address_that_is_none_says_so() -> None:
    assert refusal(q="ada@") == "q: Give an email address such as ada@example.com."


# Cursors


@pytest.mark.parametrize("place", [InDays(date(2026, 11, 21), ROW), InDays(date(2026, 11, 20))])
def test_a_list_goes_on_where_it_was_although_midnight_has_passed(place: InDays) -> None:
    cursor = listed(status="failed").cursor(place)
    assert cursor
    found = payments_asked(event(status="failed", cursor=cursor), date(2026, 11, 29))
    assert found == Listing({"status": "failed"}, Days(date(2026, 11, 22), place.day), "failed", place)


def test_a_search_goes_on_where_it_was_and_its_cursor_does_not_say_what_for() -> None:
    cursor = sought(q="ada@example.com").cursor(ROW)
    assert cursor
    assert sought(q="ada@example.com", cursor=cursor).after == ROW
    assert "ada" not in base64.urlsafe_b64decode(cursor + "==").decode()


@pytest.mark.parametrize(
    "place",
    [
        InAttention(Reason.MAIL, InWaiting(ROW.created_at, ID, notice))
        for notice in (
            None,
            "payment_failed",
            "review_alert#5000-usd+9900-eur",
            "dispute_alert#du_1#open",
            "shortage_alert#a.b-1",
        )
    ]
    + [InAttention(Reason.REFUND)],
)
def test_attention_goes_on_where_it_was(place: InAttention) -> None:
    cursor = attention_cursor(place)
    assert cursor
    assert attention_place(event(cursor=cursor)) == place


def test_at_the_end_there_is_no_cursor() -> None:
    assert listed().cursor(None) is None
    assert sought(q=ID).cursor(None) is None
    assert attention_cursor(None) is None
    assert attention_place({}) is None


CURSOR = str(Listing({}, Days(date(2026, 11, 22), TODAY), None).cursor(InDays(TODAY, ROW)))
WORDS = "cursor: This is no cursor of this query; send it as it came, or begin without one."


@pytest.mark.parametrize("query", [{"status": "failed"}, {"from_": "2026-11-22"}, {"q": ID}])
def test_a_cursor_of_another_query_is_refused(query: dict[str, str]) -> None:
    assert listed(cursor=CURSOR).after == InDays(TODAY, ROW)
    assert refusal(cursor=CURSOR, **query) == WORDS


def forged(**parts: str) -> str:
    """The cursor with some of its parts changed, by their place."""
    read = json.loads(base64.urlsafe_b64decode(CURSOR + "=="))
    for place, part in parts.items():
        read[int(place.removeprefix("part"))] = part
    return base64.urlsafe_b64encode(json.dumps(read).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "W10",
        "e30",
        "MQ",
        base64.b64encode(b"[" * 700).decode(),
        "A" * 5000,
        CURSOR[:-4],
        forged(part0="0" * 16),
        forged(part1="2026-02-30"),
        forged(part2="2026-13-01"),
        forged(part3=""),
        forged(part4=""),
        forged(part3="yesterday"),
        forged(part4="pay_1"),
    ],
)
def test_garbage_is_no_cursor(cursor: str) -> None:
    assert refusal(cursor=cursor) == WORDS
    with pytest.raises(ValidationFailed):
        attention_place(event(cursor=cursor))


@given(st.text())
def test_any_text_is_a_cursor_or_is_refused(cursor: str) -> None:
    if cursor:
        assert refusal(cursor=cursor) == WORDS
