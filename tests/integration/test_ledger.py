"""What the console finds in the table, on both engines: every payment, by words, and at the price of what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.console import ledger as ledger_module
from local.console.ledger import LOOK, PAGE, Ledger
from payments.domain.actors import LOOK as A_LOOK
from payments.domain.facts import Intent, IntentState, Session, SessionState
from payments.domain.payment import Customer
from payments.services.recording import record
from tests.builders import a_payment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payments.domain.payment import Payment
    from tests.integration.system import System

TODAY = datetime.now(UTC).replace(microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)
NAMES = ["Ada Lovelace", "Grace Hopper", "דוד כהן", "Zoë 🎉 Müller", "Ada Byron"]


class Shop:
    """A table with payments of its own, the newest first: Ada Byron's is the newest, one is of yesterday."""

    def __init__(self, system: System) -> None:
        self.table = system.table
        self.dynamodb = system.dynamodb
        [table] = system.template.tables.values()
        self.table_name = table.name
        self.payments = [
            self.order(name, at=YESTERDAY if age == 4 else TODAY - timedelta(seconds=age))
            for age, name in enumerate(reversed(NAMES))
        ]
        self.ledger = Ledger(self.table_name, self.dynamodb)

    def order(self, name: str, at: datetime = TODAY) -> Payment:
        first = name.split()[0].casefold()
        payment = a_payment(customer=Customer(name, f"{first}@example.com"), now=at)
        self.table.create(payment, None, at)
        return payment

    def pay(self, payment: Payment) -> None:
        session = Session(ref=f"cs_{payment.id[4:]}", state=SessionState.PAID, amount=9900, currency="usd")
        intent = Intent(ref=f"pi_{payment.id[4:]}", state=IntentState.SUCCEEDED, amount=9900, currency="usd")
        record(self.table, payment, [session, intent], actor=A_LOOK, now=TODAY)

    def find(self, text: str = "", page: int = 1, look: int = LOOK) -> dict[str, Any]:
        return self.ledger.find(text, page, look, lambda id_: self.ledger.owner_of([id_]))

    def names(self, text: str) -> list[str]:
        return [payment["name"] for payment in self.find(text)["payments"]]


@pytest.fixture(scope="module")
def shop(engine_system: System) -> Shop:
    shop = Shop(engine_system)
    shop.pay(shop.payments[0])
    shop.pay(shop.payments[4])
    return shop


@pytest.fixture
def calls(shop: Shop) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The table's readings meanwhile."""
    made: list[tuple[str, dict[str, Any]]] = []

    def noted(params: dict[str, Any], model: Any, **_: Any) -> None:
        made.append((model.name, params))

    events = shop.dynamodb.meta.events
    events.register("before-parameter-build.dynamodb", noted)
    yield made
    events.unregister("before-parameter-build.dynamodb", noted)


def test_every_payment_is_found_a_page_at_a_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "PAGE", 2)

    pages = [shop.find(page=page) for page in (1, 2, 3)]

    assert [each["name"] for page in pages for each in page["payments"]] == list(reversed(NAMES))
    assert [(page["first"], page["total"], page["hasMore"]) for page in pages] == [
        (1, 5, True),
        (3, 5, True),
        (5, 5, False),
    ]
    beyond = shop.find(page=4)
    assert (beyond["payments"], beyond["total"], beyond["hasMore"]) == ([], 5, False)


def test_a_row_says_what_the_payment_is(shop: Shop) -> None:
    [row] = shop.find("byron")["payments"]

    assert row | {"createdAt": ""} == {
        "id": shop.payments[0].id,
        "status": "succeeded",
        "asked": "99.00 USD",
        "received": "99.00 USD",
        "returned": None,
        "dispute": None,
        "number": shop.payments[0].order.number,
        "product": "Consulting, one hour",
        "name": "Ada Byron",
        "email": "ada@example.com",
        "createdAt": "",
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("succeeded", ["Ada Byron", "Ada Lovelace"]),
        ("SUCCEEDED pending", list(reversed(NAMES))),
        ("ada", ["Ada Byron", "Ada Lovelace"]),
        ("ada BYRON", ["Ada Byron"]),
        ("consulting ada", ["Ada Byron", "Ada Lovelace"]),
        ("כהן", ["דוד כהן"]),
        ("zoë 🎉", ["Zoë 🎉 Müller"]),
        ("grace@example.com", ["Grace Hopper"]),
        ("@EXAMPLE.com hopper", ["Grace Hopper"]),
        ("pending ada", []),
        (f"{YESTERDAY:%Y-%m-%d}", ["Ada Lovelace"]),
        (f"{YESTERDAY:%Y-%m-%d} {TODAY:%Y-%m-%d} ada", ["Ada Byron", "Ada Lovelace"]),
        ("2001-01-01", []),
    ],
)
def test_words_say_what_they_are_and_narrow_each_other(shop: Shop, text: str, found: list[str]) -> None:
    assert shop.names(text) == found
    assert shop.find(text)["total"] == len(found)
    assert shop.find(text)["problems"] == []


def test_ids_find_their_payment(shop: Shop) -> None:
    first, last = shop.payments[0], shop.payments[4]

    assert shop.names(first.id) == shop.names(f"pi_{first.id[4:]}") == ["Ada Byron"]
    assert shop.names(f"cs_{last.id[4:]}") == ["Ada Lovelace"]
    assert shop.names(f"{first.id} {last.id}") == ["Ada Byron", "Ada Lovelace"]
    assert shop.names(f"{first.id} succeeded") == ["Ada Byron"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "suceeded",
            "“suceeded” is no status, mail address, id or day, and nobody's name or product. Did you mean succeeded?",
        ),
        ("99.00", "“99.00” is no status, mail address, id or day, and nobody's name or product."),
        ("2026-13-01", "2026-13-01 is no day; write one as 2026-11-28."),
        ("pi_unknown", "No payment is known for pi_unknown."),
        ("pay_unknown", "There is no payment pay_unknown."),
        ("nobody@example.com", "There is no payment of nobody@example.com."),
    ],
)
def test_a_word_that_finds_nothing_is_said(shop: Shop, text: str, problem: str) -> None:
    found = shop.find(f"ada {text}")

    assert (found["problems"], found["payments"]) == ([problem], [])


def test_a_status_is_looked_for_in_so_many_and_then_further(shop: Shop) -> None:
    near, further = shop.find("succeeded", look=3), shop.find("succeeded", look=5)

    assert ([each["name"] for each in near["payments"]], near["total"], near["unseen"]) == (["Ada Byron"], None, 2)
    assert (len(further["payments"]), further["total"], further["unseen"]) == (2, 2, 0)


def test_looking_again_reads_what_is_new(shop: Shop, calls: list[tuple[str, dict[str, Any]]]) -> None:
    shop.find()
    calls.clear()
    new = shop.order("Alan Turing", at=TODAY + timedelta(seconds=30))
    shop.order("Alan Perlis", at=TODAY + timedelta(seconds=29))
    calls.clear()

    assert shop.names("turing") == ["Alan Turing"]

    queries = [params for name, params in calls if name == "Query"]
    fetched = [params["RequestItems"][shop.table_name]["Keys"] for name, params in calls if name == "BatchGetItem"]
    assert len(queries) == 3
    assert [len(keys) for keys in fetched] == [2, 1]
    calls.clear()
    shop.pay(new)
    assert shop.find("turing")["payments"][0]["status"] == "succeeded"


def test_a_payment_that_was_created_at_the_same_moment_and_seen_later_is_not_missed(shop: Shop) -> None:
    assert shop.names("kay") == []
    shop.order("Alan Kay", at=TODAY + timedelta(seconds=25))

    assert shop.names("kay") == ["Alan Kay"]
    assert shop.names("alan")[:1] != []


def test_hundreds_are_read_in_portions(shop: Shop, calls: list[tuple[str, dict[str, Any]]]) -> None:
    for number in range(101):
        shop.order(f"Many {number}", at=TODAY + timedelta(seconds=60))
    shop.names("many")
    calls.clear()
    # One who looks for the first time.
    Ledger(shop.table_name, shop.dynamodb).find("", 1, LOOK, lambda _: None)
    fetched = [params["RequestItems"][shop.table_name] for name, params in calls if name == "BatchGetItem"]
    known = shop.find()["known"]
    assert sum(len(each["Keys"]) for each in fetched) == known + PAGE
    assert len(fetched) <= known // 100 + 4
    # Facts are most of a payment.
    assert not [each for each in fetched if "facts" in each["ExpressionAttributeNames"].values()]
    assert all(each["ProjectionExpression"] for each in fetched)

    assert shop.find("many")["total"] == 101
    assert shop.find("many pending")["hasMore"]
    assert len(shop.find("many pending", page=3)["payments"]) == 1
