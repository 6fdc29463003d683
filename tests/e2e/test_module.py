"""quittance.js on a page of one's own: the API answers by a script, and time passes when it is told to."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise, product
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from payments.domain.money import Money, is_currency
from payments.domain.order_views import OrderView
from payments.domain.views import MoneyView, PaymentView
from payments.runtime.views import CheckoutView, IntentView
from tests.e2e.conftest import ROOT
from tests.e2e.customer import IS_DECLINED, PAYS
from tests.e2e.form import fill_in_card
from tests.e2e.pay_scenes import intent
from tests.e2e.scenes import CHECKOUT, NOT_PAYABLE, PAYMENT_ID, aborts, checkout, payment, refuses, says
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.e2e.customer import Customer
    from tests.e2e.scenes import Answer, Stage
    from tests.e2e.shop import Shop

PENDING = says(payment("pending"))
SUCCEEDED = says(payment("succeeded"))
TRANSACTION = payment("succeeded")["transactionId"]

# calls: when each look was begun; looks: the status that it found, or how many have failed in a row.
WATCH = """([paymentId, options]) => {
  Object.assign(window, { calls: [], looks: [], ended: null, abort: new AbortController() });
  const { fetch } = window;
  window.fetch = (...request) => { window.calls.push(Date.now()); return fetch(...request); };
  import("/quittance.js").then(({ watchPayment }) => watchPayment(paymentId, {
    ...options,
    signal: window.abort.signal,
    onStatus: ({ status }) => window.looks.push(status),
    onTrouble: (_, failures) => window.looks.push(failures),
  })).then(
    ({ outcome, payment }) => { window.ended = [outcome, payment?.status ?? null]; },
    (error) => { window.ended = [error.name, error.code]; },
  );
}"""


class Visit:
    """Someone's page that watches a payment. The API gives `answers` in turn, and the last one from then on.

    So it does to whoever has Stripe asked, unless there is a `refresh` for them.
    """

    def __init__(self, stage: Stage, *answers: Answer, refresh: Answer | None = None, **options: Any) -> None:
        self.page: Page = stage.page()
        self.requests = 0
        self.refreshes: list[int] = []
        """Which looks, counted from 1, had Stripe asked."""
        self._answers = answers
        self._refresh = refresh
        self.page.route("**/own.html", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        self.page.route(f"{stage.api_url}/payments/{PAYMENT_ID}", self._answer)
        self.page.route(f"{stage.api_url}/payments/{PAYMENT_ID}/refresh", self._ask_stripe)
        self.page.clock.install(time=0)
        self.page.goto(f"{stage.site_url}/own.html")
        self.page.clock.pause_at(1_000_000)
        self.page.evaluate(WATCH, [PAYMENT_ID, options])

    def _answer(self, route: Route) -> None:
        answer = self._answers[min(self.requests, len(self._answers) - 1)]
        self.requests += 1
        answer(route)

    def _ask_stripe(self, route: Route) -> None:
        assert (route.request.method, route.request.post_data) == ("POST", None)
        self.refreshes.append(self._seen() + 1)
        if self._refresh:
            self._refresh(route)
        else:
            self._answer(route)

    def looks(self, count: int) -> list[Any]:
        """What came of each look, once there were so many."""
        eventually(lambda: self._seen() >= count)
        assert self._seen() == count
        return list(self.page.evaluate("window.looks"))

    def waits(self) -> list[int]:
        """Milliseconds from each look to the next."""
        return [later - at for at, later in pairwise(self.page.evaluate("window.calls"))]

    def passes(self, milliseconds: int) -> None:
        self.page.clock.run_for(milliseconds)

    def ends(self) -> list[str | None]:
        """The outcome and the last status, or the error's name and code."""
        return list(eventually(lambda: self.page.evaluate("window.ended")))

    def hides(self, hidden: bool) -> None:
        """The tab goes to the background, or comes back."""
        self.page.evaluate(
            "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
            " document.dispatchEvent(new Event('visibilitychange')); }",
            hidden,
        )

    def _seen(self) -> int:
        return int(self.page.evaluate("window.looks.length"))


def test_a_payment_is_looked_at_every_two_seconds_and_at_most_thirty_times(stage: Stage) -> None:
    visit = Visit(stage, PENDING, refreshAt=[])

    for look in range(1, 31):
        visit.looks(look)
        visit.passes(2000)

    assert visit.ends() == ["gone_quiet", "pending"]
    assert visit.waits() == [2000] * 29
    visit.passes(60_000)
    assert visit.requests == 30
    assert visit.refreshes == []


def test_without_news_stripe_is_asked_after_five_and_after_twenty_seconds(stage: Stage) -> None:
    visit = Visit(stage, PENDING)
    times = [0, 2, 4, 5, 7, 9, 11, 13, 15, 17, 19, 20, 22]

    for look, (at, later) in enumerate(pairwise(times), start=1):
        visit.looks(look)
        visit.passes((later - at) * 1000)

    visit.looks(len(times))
    assert [times[look - 1] for look in visit.refreshes] == [5, 20]
    assert visit.requests == len(times)


def test_what_stripe_tells_ends_the_watch(stage: Stage) -> None:
    visit = Visit(stage, PENDING, refresh=says(payment("succeeded") | {"checkedAt": "2026-11-21T11:05:31Z"}))
    for look, wait in enumerate((2000, 2000, 1000), start=1):
        visit.looks(look)
        visit.passes(wait)

    assert visit.ends() == ["final", "succeeded"]
    assert visit.requests == 3


@pytest.mark.parametrize(
    "answer", [aborts, refuses(503, "updating"), refuses(429, "", retry_after="60"), says({}, 404)]
)
def test_where_stripe_cannot_be_asked_what_is_stored_is_looked_at(stage: Stage, answer: Answer) -> None:
    visit = Visit(stage, PENDING, SUCCEEDED, refresh=answer, refreshAt=[1000])
    visit.looks(1)
    visit.passes(1000)

    assert visit.ends() == ["final", "succeeded"]
    assert visit.refreshes == [2]


def test_of_a_payment_whose_time_is_over_stripe_is_asked_at_once_and_not_all_the_time(stage: Stage) -> None:
    visit = Visit(stage, says(NOT_PAYABLE))
    visit.looks(1)
    visit.passes(1)

    for look in (2, 3):
        visit.looks(look)
        visit.passes(2000)
    assert visit.refreshes == [2]


WITHOUT_CHARGE = payment("succeeded", transactionId="pi_3TRq8uLkdIwHu7ix0vVq2mXa", receiptUrl=None)


def test_money_without_its_charge_is_told_at_once_and_looked_at_until_the_receipt_is_there(stage: Stage) -> None:
    # An answer that is older than the one before, or none, takes nothing back.
    visit = Visit(stage, says(WITHOUT_CHARGE), PENDING, aborts, refuses(503, "try_again"), SUCCEEDED)
    visit.looks(1)
    assert visit.page.evaluate("window.ended") is None

    def ended() -> bool:
        visit.passes(500)
        return visit.page.evaluate("window.ended") is not None

    eventually(ended)
    assert visit.ends() == ["final", "succeeded"]
    assert visit.looks(2) == ["succeeded", "succeeded"]
    visit.passes(60_000)
    assert (visit.requests, visit.refreshes) == (5, [])


def test_a_receipt_that_does_not_come_is_asked_of_stripe_and_then_done_without(stage: Stage) -> None:
    visit = Visit(stage, says(WITHOUT_CHARGE))
    for look in range(1, 7):
        visit.looks(look)
        visit.passes(2000)

    assert visit.ends() == ["final", "succeeded"]
    assert visit.refreshes == [7]
    # Stripe is asked at most once in ten seconds, so the last look comes later than that.
    assert sum(visit.waits()) > 10_000


@pytest.mark.parametrize(
    "changes",
    [
        {"receiptUrl": None},
        {"transactionId": "py_3TRq8uLkdIwHu7ix0vVq2mXa", "receiptUrl": None},
        {"transactionId": None, "receiptUrl": None, "received": [], "amount": 0},
    ],
    ids=["a card without a receipt", "a debit without a receipt", "no money to take"],
)
def test_where_no_receipt_is_to_come_none_is_waited_for(stage: Stage, changes: dict[str, Any]) -> None:
    visit = Visit(stage, says(payment("succeeded", **changes)))

    assert visit.ends() == ["final", "succeeded"]
    assert visit.requests == 1


def test_a_final_payment_is_not_looked_at_again(stage: Stage) -> None:
    visit = Visit(stage, PENDING, SUCCEEDED)
    visit.looks(1)
    visit.passes(2000)

    assert visit.ends() == ["final", "succeeded"]
    visit.passes(60_000)
    assert visit.requests == 2


def test_interval_and_number_of_looks_can_be_chosen(stage: Stage) -> None:
    visit = Visit(stage, PENDING, interval=500, maxPolls=2)
    visit.looks(1)
    visit.passes(500)

    assert visit.ends() == ["gone_quiet", "pending"]


def test_a_hidden_tab_looks_seldom_and_a_shown_one_at_once(stage: Stage) -> None:
    visit = Visit(stage, PENDING)
    visit.looks(1)
    visit.hides(True)

    visit.passes(9_999)
    visit.looks(1)
    visit.passes(1)
    visit.looks(2)
    visit.passes(3_000)
    visit.looks(2)
    visit.hides(False)
    visit.passes(1)

    visit.looks(3)


def test_a_lost_answer_is_asked_for_later_each_time_and_the_watch_goes_on(stage: Stage) -> None:
    visit = Visit(stage, aborts, refuses(503, "stripe_unavailable"), aborts, PENDING, SUCCEEDED, refreshAt=[])

    for look, wait in enumerate((2000, 4000, 8000, 2000), start=1):
        visit.looks(look)
        visit.passes(wait)

    assert visit.ends() == ["final", "succeeded"]
    assert visit.looks(5) == [1, 2, 3, "pending", "succeeded"]
    assert visit.waits() == [2000, 4000, 8000, 2000]


def test_back_online_it_looks_at_once(stage: Stage) -> None:
    visit = Visit(stage, aborts, aborts, SUCCEEDED)
    visit.looks(1)
    visit.passes(2000)
    visit.looks(2)

    visit.page.evaluate("window.dispatchEvent(new Event('online'))")

    assert visit.ends() == ["final", "succeeded"]


def test_when_the_last_look_fails_the_api_is_called_unreachable(stage: Stage) -> None:
    visit = Visit(stage, PENDING, aborts, maxPolls=2)
    visit.looks(1)
    visit.passes(2000)

    assert visit.ends() == ["unreachable", "pending"]


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_the_api_asks(stage: Stage, status: int) -> None:
    visit = Visit(stage, refuses(status, "try_again", retry_after="7"), SUCCEEDED)
    visit.looks(1)

    visit.passes(6_999)
    assert visit.requests == 1
    visit.passes(1)

    assert visit.ends() == ["final", "succeeded"]
    assert visit.waits() == [7000]


def test_a_payment_that_does_not_exist_is_an_error_at_once(stage: Stage) -> None:
    visit = Visit(stage, refuses(404, "payment_not_found"))

    assert visit.ends() == ["ProblemError", "payment_not_found"]
    assert visit.requests == 1


def test_an_aborted_watch_ends_between_two_looks(stage: Stage) -> None:
    visit = Visit(stage, PENDING)
    visit.looks(1)

    visit.page.evaluate("window.abort.abort()")

    assert visit.ends()[0] == "AbortError"
    visit.passes(60_000)
    assert visit.requests == 1


def test_an_aborted_watch_ends_in_the_middle_of_a_look(stage: Stage) -> None:
    held: list[Route] = []
    visit = Visit(stage, held.append)
    eventually(lambda: visit.page.evaluate("window.ended") is None and visit.requests)

    visit.page.evaluate("window.abort.abort()")

    assert visit.ends()[0] == "AbortError"
    held[0].abort()


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (PaymentView, "Payment"),
        (CheckoutView, "Checkout"),
        (IntentView, "PaymentIntent"),
        (OrderView, "PlacedOrder"),
        (MoneyView, "Money"),
    ],
)
def test_its_types_name_what_the_api_answers(view: type, name: str) -> None:
    module = (ROOT / "frontend" / "quittance.js").read_text(encoding="utf-8")
    typed = re.search(rf"@typedef \{{(\{{[^@]*\}})\}}[\s*]+{name}\b", module)
    assert typed

    # Outside the braces of a line, a tax and the like.
    fields = re.sub(r"\{[^{}]*\}", "", typed[1][1:-1])
    assert re.findall(r"(\w+):", fields) == list(view.__annotations__)


def test_the_scripted_api_answers_as_the_true_one() -> None:
    assert payment("succeeded").keys() == PaymentView.__annotations__.keys()
    assert checkout().keys() == CheckoutView.__annotations__.keys()
    assert intent().keys() == IntentView.__annotations__.keys()
    assert payment("succeeded")["order"].keys() == OrderView.__annotations__.keys()


def test_money_has_the_decimals_that_the_api_counts_in(stage: Stage) -> None:
    codes = ["".join(letters) for letters in product(ascii_lowercase, repeat=3)]
    sums = [Money(1234567, code) for code in codes if is_currency(code)]
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")

    written = page.evaluate(
        """async codes => {
          const { formatMoney } = await import("/money.js");
          return codes.map((currency) => formatMoney(1234567, { currency, locale: "en-US" }));
        }""",
        [each.currency for each in sums],
    )

    # Browsers have another mind about some: Chromium writes forints without decimals.
    assert len(sums) > 100
    assert [re.sub(r"[^\d.,]", "", text) for text in written] == [str(each).split()[0] for each in sums]


LOCALES = (
    "ar ar-EG bg bn cs da de de-AT de-CH el en-GB en-IN en-US en-ZA es es-CR es-MX et fa fi fr fr-CA fr-CH he hi hr hu "
    "id it ja ko lt lv mr ms my nb ne nl pl pt-BR pt-CV pt-PT ro ru sk sl sv sw th tr uk ur vi zh zh-TW"
).split()
CURRENCIES = (
    "aed ars aud bdt bhd brl cad chf clp cny cve czk dkk egp eur gbp huf idr ils inr irr isk jpy krw kwd mxn ngn nok "
    "nzd pln ron rub sar sek sgd thb tnd try twd uah usd vnd xof zar"
).split()
AMOUNTS = [0, 7, 100, 1250, 12345, 1234567, 100000000]


def test_every_amount_that_a_page_writes_is_read_as_the_same(stage: Stage) -> None:
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")

    count, other = page.evaluate(
        """async ([locales, currencies, amounts]) => {
          const { formatMoney, parseAmount } = await import("/money.js");
          const read = (text, currency) => {
            try { return parseAmount(text, currency); } catch (error) { return String(error.reason ?? error); }
          };
          const all = locales.flatMap((locale) => currencies.flatMap((currency) => amounts.map((amount) => {
            const text = formatMoney(amount, { currency, locale });
            return [locale, currency, amount, text, read(text, { currency, locale })];
          })));
          return [all.length, all.filter(([, , amount, , came]) => came !== amount)];
        }""",
        [LOCALES, CURRENCIES, AMOUNTS],
    )

    assert other == []
    assert count == len(LOCALES) * len(CURRENCIES) * len(AMOUNTS)


# None: it could be two amounts, or none.
@pytest.mark.parametrize(
    ("locale", "currency", "text", "amount"),
    [
        ("ar", "usd", "\u0661\u0662\u066b\u0665\u0660", 1250),
        ("ar", "usd", "\u0661\u066c\u0662\u0663\u0664\u066b\u0665", 123450),
        ("ar", "usd", "12.50", 1250),
        ("ar-EG", "egp", "\u0661\u0662\u066b\u0665\u0660", 1250),
        ("fa", "usd", "\u06f1\u06f2\u066b\u06f5\u06f0", 1250),
        ("en", "usd", "\u06f1\u06f2.\u06f5", 1250),
        ("bn", "bdt", "\u09e7\u09e8.\u09eb\u09e6", 1250),
        ("en", "usd", "\uff11\uff12\uff0e\uff15", 1250),
        ("en", "usd", "$75 USD", 7500),
        ("en-GB", "usd", "US$75.00", 7500),
        ("en-GB", "usd", "$75", 7500),
        ("en-GB", "usd", "75 usd", 7500),
        ("en", "usd", "12,5", 1250),
        ("en", "usd", ".5", 50),
        ("de", "usd", "12.5", 1250),
        ("de", "eur", "1.250", 125000),
        ("de-CH", "chf", "1'250.50", 125050),
        ("en", "kwd", "1.250", 1250),
        ("en", "kwd", "1,250", 1250000),
        ("en-DE", "kwd", "1,250", None),
        ("en", "usd", "\u00a375", None),
        ("en-GB", "usd", "CA$75", None),
        ("en", "usd", "1,25,0", None),
        ("en", "usd", "1.250.50", None),
        ("en", "usd", "-5", None),
        ("en", "usd", "5 or 6", None),
        ("en", "usd", "1/2", None),
    ],
)
def test_what_is_typed_is_one_amount_or_none(
    stage: Stage, locale: str, currency: str, text: str, amount: int | None
) -> None:
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")

    read = page.evaluate(
        """async ([text, currency, locale]) => {
          const { AmountError, parseAmount } = await import("/money.js");
          try {
            return parseAmount(text, { currency, locale });
          } catch (error) {
            if (error instanceof AmountError) return null;
            throw error;
          }
        }""",
        [text, currency, locale],
    )

    assert read == amount


def test_digits_are_read_in_every_script(stage: Stage) -> None:
    digits = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Nd"]
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")

    read = page.evaluate(
        """async (digits) => {
          const { parseAmount } = await import("/money.js");
          return digits.map((digit) => parseAmount(digit, { currency: "jpy", locale: "en" }));
        }""",
        digits,
    )

    assert len(digits) > 600
    assert read == [unicodedata.decimal(digit) for digit in digits]


CREATE = """async ([create, order, idempotencyKey]) => {
  const module = await import("/quittance.js");
  try {
    return await module[create](order, { idempotencyKey });
  } catch ({ name, code, errors, requestId, temporary }) {
    return { name, code, errors, requestId, temporary };
  }
}"""
ORDER = {"name": "Ada", "email": "ada@example.com", "serviceType": "consulting-hour"}
OPENED = checkout()
WRONG = {
    "code": "validation_failed",
    "errors": [{"field": "email", "detail": "Enter an email address."}],
    "requestId": "999bf0ea-0cb8-4115-9377-6512d6c5bc25",
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says(OPENED, 201), OPENED),
        (says(WRONG, 422), {**WRONG, "name": "ProblemError", "temporary": False}),
        (refuses(503, "stripe_unavailable"), {"name": "ProblemError", "code": "stripe_unavailable", "temporary": True}),
        (aborts, {"name": "UnreachableError"}),
    ],
    ids=["opened", "refused", "unavailable", "unreachable"],
)
@pytest.mark.parametrize(
    ("create", "path"), [("createCheckout", "checkout-sessions"), ("createPaymentIntent", "payment-intents")]
)
def test_an_order_is_created_or_refused_for_a_reason(
    stage: Stage, create: str, path: str, answer: Answer, expected: dict[str, Any]
) -> None:
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")
    page.route(f"{stage.api_url}/{path}", answer)

    with page.expect_request(f"**/{path}") as sent:
        came = page.evaluate(CREATE, [create, ORDER, "key-1"])

    assert sent.value.post_data_json == ORDER
    assert sent.value.headers["idempotency-key"] == "key-1"
    assert expected.items() <= {key: value for key, value in came.items() if value != []}.items()


CALL = """([name, ...given]) => import("/quittance.js").then((module) => module[name](...given)).catch(
  ({ name, code, order, errors }) => ({ name, code, order, errors }))"""
CART = {"items": [{"sku": "mug", "quantity": 2}], "address": {"country": "US"}}
SOLD_OUT = [{"field": "items", "sku": "mug", "left": 1, "detail": "Of mug 1 is left."}]


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (["quote", CART], "quotes", CART),
        (["cancelPayment", "pay_1", {"accessKey": "key"}], "payments/pay_1/cancel", {"accessKey": "key"}),
    ],
    ids=["quote", "cancel"],
)
def test_what_a_cart_costs_is_asked_for_and_a_payment_closed(
    stage: Stage, call: list[Any], path: str, sent: dict[str, Any]
) -> None:
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")
    page.route(f"{stage.api_url}/{path}", says({"total": 3600}))

    with page.expect_request(f"{stage.api_url}/{path}") as request:
        came = page.evaluate(CALL, call)

    assert (request.value.method, request.value.post_data_json) == ("POST", sent)
    assert came == {"total": 3600}


def test_an_error_has_what_is_left_and_what_it_costs_now(stage: Stage) -> None:
    page = stage.page()
    page.goto(f"{stage.site_url}/index.html")
    problem = {"code": "price_changed", "order": {"total": 4000}, "errors": SOLD_OUT}
    page.route(f"{stage.api_url}/checkout-sessions", says(problem, 409))

    assert page.evaluate(CALL, ["createCheckout", CART]) == problem | {"name": "ProblemError"}


def documented_pages() -> list[str]:
    """An order, its result, and an order with a form for the card."""
    return re.findall(r"```html\n(.*?)```", (ROOT / "docs" / "pages.md").read_text(encoding="utf-8"), re.S)


@pytest.fixture
def own_pages(stage: Stage) -> Page:
    """The pages that docs/pages.md shows for Stripe's page, in front of an API; that page is blank."""
    order, result, _ = documented_pages()
    page = stage.page()
    page.route("**/order.html", lambda route: route.fulfill(body=order, content_type="text/html"))
    page.route("**/result.html?*", lambda route: route.fulfill(body=result, content_type="text/html"))
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    page.route(f"{stage.api_url}/checkout-sessions", says(OPENED, 201))
    page.route(f"{stage.api_url}/payments/{PAYMENT_ID}", SUCCEEDED)
    page.goto(f"{stage.site_url}/order.html")
    return page


def test_the_documented_pages_order_and_tell_the_result(own_pages: Page, stage: Stage) -> None:
    own_pages.fill("[name=name]", "Ada")
    own_pages.fill("[name=email]", "ada@example.com")
    own_pages.get_by_role("button").click()
    expect(own_pages).to_have_url(CHECKOUT)

    own_pages.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")

    expect(own_pages.get_by_role("status")).to_have_text(f"Paid, thank you. Transaction {TRANSACTION}")


def test_the_documented_pages_lead_nowhere_but_to_the_result_when_it_is_too_late(own_pages: Page, stage: Stage) -> None:
    own_pages.route(f"{stage.api_url}/checkout-sessions", says(checkout(url=None), 201))
    own_pages.route(f"{stage.api_url}/payments/{PAYMENT_ID}", says(NOT_PAYABLE))
    own_pages.fill("[name=name]", "Ada")
    own_pages.fill("[name=email]", "ada@example.com")

    own_pages.get_by_role("button").click()

    expect(own_pages).to_have_url(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")
    expect(own_pages.get_by_role("status")).to_have_text("This payment can no longer be made here.")


def test_the_documented_order_says_why_it_was_refused(own_pages: Page, stage: Stage) -> None:
    own_pages.route(f"{stage.api_url}/checkout-sessions", refuses(422, "validation_failed", "This is sold out."))
    own_pages.fill("[name=name]", "Ada")
    own_pages.fill("[name=email]", "ada@example.com")

    own_pages.get_by_role("button").click()

    expect(own_pages.get_by_role("alert")).to_have_text("This is sold out.")


def test_the_documented_form_takes_the_order_and_the_card(customer: Customer, shop: Shop) -> None:
    *_, page = documented_pages()
    here = page.replace("https://js.stripe.com", shop.stack.stripe_url)
    # In the place of a file of the site: browsers let no page of unknown origin call this machine.
    customer.page.goto(f"{shop.stack.site_url}/style.css")
    customer.page.set_content(here)
    customer.page.fill("[name=name]", "Ada")
    customer.page.fill("[name=email]", customer.email)

    customer.page.get_by_role("button", name="Book").click()
    pay = customer.page.get_by_role("button", name="Pay")
    fill_in_card(customer.page.frame_locator("#card iframe"), IS_DECLINED)
    pay.click()
    expect(customer.page.get_by_role("alert")).to_have_text("Your card was declined.")
    fill_in_card(customer.page.frame_locator("#card iframe"), PAYS)
    pay.click()

    payment_id = customer.sees("succeeded")
    assert shop.charges(payment_id) == ["failed", "succeeded"]
    expect(customer.page).to_have_url(f"{shop.stack.site_url}/result.html?paymentId={payment_id}")
