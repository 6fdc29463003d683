"""The pages in front of an API that answers by a script: every state that they can show."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Browser, Page, Route

PAYMENT_ID = "pay_01KA8Q4ZJ3V5S9D7M2X6C0TBNE"
CHECKOUT = "https://checkout.stripe.com/c/pay/cs_test_a1B2c3"
ACCESS_KEY = "pW3kq0ZJ8m1c5uYt7RbD2A"

PRODUCTS: list[dict[str, Any]] = [
    {"sku": "consulting-hour", "name": "Consulting, one hour", "kind": "fixed", "price": {"amount": 9900}},
    {"sku": "online-course", "name": "Online course", "kind": "fixed", "price": {"amount": 12000}, "currency": "jpy"},
    {"sku": "workshop-seat", "name": "Workshop seat", "kind": "fixed", "price": {"amount": 45500}, "currency": "kwd"},
    {"sku": "donation", "name": "Donation", "kind": "open", "price": {"min": 100, "max": 500000}},
    {"sku": "patronage", "name": "Patronage", "kind": "open", "price": {"min": 500, "max": 500000}, "currency": "jpy"},
    {"sku": "fund", "name": "Fund", "kind": "open", "price": {"min": 1000, "max": 900000}, "currency": "bhd"},
]
for _product in PRODUCTS:
    _product.setdefault("currency", "usd")


def _goods(sku: str, name: str, price: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "name": name, "kind": "fixed", "price": {"amount": price}, "currency": "usd"} | more


GOODS: list[dict[str, Any]] = [
    _goods("mug", "Enamel mug", 1800, description="White, 350 ml.", image="images/enamel-mug.svg", ships=True, left=3),
    _goods("notebook", "Notebook", 1450, image="images/missing.svg", ships=True, most=5, left=25),
    _goods("poster", "Poster", 900, description="Will be printed again.", ships=True, left=0),
    _goods("talk", "Ticket for the evening talk", 2500, left=25, most=4),
    _goods("course", "Online course", 12000, currency="jpy"),
]
for _product in [*PRODUCTS, *GOODS]:
    for _name, _usual in {"description": "", "image": None, "ships": False, "most": 10, "left": None}.items():
        _product.setdefault(_name, _usual)
    _product["minorUnits"] = {"usd": 2, "jpy": 0}.get(_product["currency"], 3)

type Answer = Callable[[Route], None]
"""What the API does with a request."""


def aborts(route: Route) -> None:
    route.abort()


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """`headers` are named as in Python: retry_after."""
    kind = "application/json" if status < 400 else "application/problem+json"
    # As the API's own CORS; "*" admits every origin, and the preflight of a POST is answered as well.
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    cors = {f"access-control-{what}": "*" for what in ("allow-origin", "allow-headers", "expose-headers")}

    def tell(route: Route) -> None:
        route.fulfill(status=status, body=json.dumps(body), content_type=kind, headers=named | cors)

    return tell


def refuses(status: int, code: str, detail: str = "", **headers: str) -> Answer:
    """With a problem document."""
    return says({"title": "Problem", "status": status, "code": code, "detail": detail}, status, **headers)


def money(amount: int, currency: str = "usd") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def order(*lines: tuple[int, str], total: int = 9900) -> dict[str, Any]:
    """What a payment is for: quantities and names."""
    named = [
        {"sku": f"product-{quantity}", "name": name, "quantity": quantity, "unit": 9900} for quantity, name in lines
    ]
    return {"number": None, "lines": named, "shipping": None, "tax": [], "total": total}


def payment(status: str, **changes: Any) -> dict[str, Any]:
    """A payment as the API tells it; one that cannot be paid has no checkout."""
    paid = status in ("succeeded", "in_review", "refunded", "partially_refunded")
    payable = changes.get("payable", status in ("pending", "failed"))
    amount, currency = changes.get("amount", 9900), changes.get("currency", "usd")
    refunded = {"refunded": amount, "partially_refunded": 2500}.get(status, 0)
    return {
        "paymentId": PAYMENT_ID,
        "status": status,
        "final": status not in ("pending", "processing"),
        "payable": payable,
        "amount": amount,
        "amountRefunded": refunded,
        "currency": currency,
        "received": [money(amount, currency)] if paid else [],
        "returned": [money(refunded, currency)] if refunded else [],
        "paidBy": "hosted",
        "paidAt": "2026-11-21T11:05:30Z" if paid else None,
        "order": order((1, "Consulting, one hour"), total=amount),
        "serviceType": "consulting-hour",
        "transactionId": "ch_3TRq8uLkdIwHu7ix0vVq2mXa" if paid or status == "processing" else None,
        "receiptUrl": "https://pay.stripe.com/receipts/a1B2c3" if paid else None,
        "invoiceNumber": "2026-000017" if paid and status != "in_review" else None,
        "checkoutUrl": CHECKOUT if payable else None,
        "failure": {"code": "generic_decline", "message": "Your card was declined."} if status == "failed" else None,
        "dispute": None,
        "createdAt": "2026-11-21T10:42:07Z",
        "updatedAt": "2026-11-21T11:05:31Z",
        **changes,
    }


SENT_ORDER: dict[str, Any] = {
    "number": "2026-1042",
    "lines": [
        {"sku": "mug", "name": "Enamel mug", "quantity": 2, "unit": 1800},
        {"sku": "notebook", "name": "Notebook", "quantity": 1, "unit": 1450},
    ],
    "shipping": {"amount": 590},
    "tax": [{"name": "GST", "amount": 435, "inclusive": False}, {"name": "VAT", "amount": 100, "inclusive": True}],
    "total": 6075,
}

LONG_WORD = "Rechtsschutzversicherungsgesellschaftsgruppe"

NOT_PAYABLE = payment("pending", payable=False)
"""Its time is over, and Stripe has not said what became of it."""


def checkout(url: str | None = CHECKOUT, status: str = "pending") -> dict[str, Any]:
    """A checkout as the API opens it."""
    return {
        "paymentId": PAYMENT_ID,
        "sessionId": "cs_test_a1B2c3",
        "url": url,
        "status": status,
        "expiresAt": "2026-11-22T09:42:07Z",
        "accessKey": ACCESS_KEY,
        "order": order((1, "Consulting, one hour")),
    }


@dataclass(frozen=True)
class Scene:
    """A page, what the API does, by path, and what happens in front of the page until it shows what is meant.

    None is no answer, for as long as one waits. Others than the API are named by their whole address.
    With `clock`, time stands at the visitor's disposal; `remembers` is what the tab does.
    """

    path: str
    answers: Mapping[str, Answer | None] = field(default_factory=dict)
    then: Callable[[Page], None] = lambda _: None
    clock: bool = False
    remembers: Mapping[str, Any] | None = None

    def play(self, page: Page, site_url: str, api_url: str) -> None:
        """Leaves the page as the scene ends."""
        for path, answer in ({"/products": says({"products": PRODUCTS})} | dict(self.answers)).items():
            if answer:
                page.route(path if path.startswith("https:") else f"{api_url}{path}", answer)
        if self.clock:
            page.clock.install()
        if self.remembers:
            page.add_init_script(f"sessionStorage.quittance ??= {json.dumps(json.dumps(self.remembers))}")
        page.goto(f"{site_url}/{self.path}")
        self.then(page)


class Stage:
    """Where scenes are played: each in a browser window of its own, as large as a phone's unless told otherwise.

    At `api_url` someone takes calls and never answers.
    """

    def __init__(self, browser: Browser, site_url: str, api_url: str) -> None:
        self._browser = browser
        self.site_url = site_url
        self.api_url = api_url
        self._pages: list[Page] = []

    def page(self, **options: Any) -> Page:
        """An empty page; `options` are those of a browser context."""
        size = {"width": 360, "height": 740}
        usual = {"locale": "en-US", "timezone_id": "UTC", "viewport": size, "reduced_motion": "reduce"}
        context = self._browser.new_context(**usual | options)
        context.set_default_timeout(10_000)
        self._pages.append(context.new_page())
        return self._pages[-1]

    def play(self, scene: Scene, **options: Any) -> Page:
        """The page as the scene ends."""
        page = self.page(**options)
        scene.play(page, self.site_url, self.api_url)
        return page

    def close(self) -> None:
        for page in self._pages:
            page.unroute_all(behavior="ignoreErrors")
            page.context.close()


def result(status: str, **changes: Any) -> Scene:
    """The result page of a payment."""
    return _result(says(payment(status, **changes)), status)


def _result(answer: Answer | None, state: str, query: str = "") -> Scene:
    return Scene(f"result.html?paymentId={PAYMENT_ID}{query}", {"/payments/**": answer}, _shows(state))


def _silence(status: str) -> Scene:
    """Not final after the last look."""
    return replace(result(status), then=watch_to_the_end, clock=True)


def _shows(state: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator("#status")).to_have_attribute("data-status", state)


def watch_to_the_end(page: Page) -> None:
    """The minute that a page watches a payment for, in a moment."""
    quiet = page.locator("#status[data-status=gone_quiet]")

    def later() -> bool:
        page.clock.run_for(2000)
        return quiet.count() > 0

    eventually(later)


def fill_in(page: Page, service: str = "consulting-hour") -> None:
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.com")
    page.select_option("#service", service)


def _ready(page: Page) -> None:
    expect(page.locator("#pay")).to_be_enabled()


def _filled(page: Page) -> None:
    _ready(page)
    fill_in(page)


def _open_amount(page: Page) -> None:
    _ready(page)
    fill_in(page, "donation")
    page.fill("#amount", "12.50")


def _with_errors(page: Page) -> None:
    _open_amount(page)
    page.fill("#name", "")
    page.fill("#email", "ada")
    page.fill("#amount", "0.5")
    page.click("#pay")
    expect(page.locator("#email-error")).to_be_visible()


def _sent(page: Page) -> None:
    _filled(page)
    page.click("#pay")


def _refused(page: Page) -> None:
    _sent(page)
    expect(page.locator("#form-error")).to_be_visible()


def _in_trouble(page: Page) -> None:
    expect(page.locator("#form-error")).to_be_visible()


_UNAVAILABLE = refuses(503, "stripe_unavailable")

PAYMENT_PAGE = {
    "form-loading": Scene("", {"/products": None}),
    "form-empty": Scene("", {}, _ready),
    "form-filled": Scene("", {}, _filled),
    "form-open-amount": Scene("", {}, _open_amount),
    "form-errors": Scene("", {}, _with_errors),
    "form-busy": Scene("", {"/checkout-sessions": None}, _sent),
    "form-refused": Scene("", {"/checkout-sessions": _UNAVAILABLE}, _refused),
    "form-nothing-on-offer": Scene("", {"/products": says({"products": []})}, _in_trouble),
    "form-unreachable": Scene("", {"/products": aborts}, _in_trouble),
}

STATUSES = (
    "pending",
    "processing",
    "succeeded",
    "failed",
    "expired",
    "canceled",
    "in_review",
    "refunded",
    "partially_refunded",
)

RESULT_PAGE = {
    **{status: result(status) for status in STATUSES},
    # 120.00 came in for 99.00, and the excess went back; then a part of the rest as well.
    "paid-too-much": result("succeeded", received=[money(12000)], returned=[money(2100)]),
    "paid-too-much-refunded": result("partially_refunded", received=[money(12000)], returned=[money(4600)]),
    "paid-twice": result("in_review", received=[money(19800)]),
    "paid-in-two-currencies": result(
        "succeeded", received=[money(9900), money(9200, "eur")], returned=[money(9200, "eur")]
    ),
    "refunded-in-two-currencies": result(
        "partially_refunded",
        received=[money(9900), money(3650000, "huf")],
        returned=[money(2500), money(3650000, "huf")],
    ),
    "many-lines": result("succeeded", order=order((1, "Consulting, one hour"), (12, "Workshop seat"), (2, "Mug"))),
    "long-words": result("succeeded", amount=123456789, order=order((1, LONG_WORD), (12, f"{LONG_WORD}s"))),
    "sent-order": result("succeeded", amount=6075, order=SENT_ORDER, invoiceNumber="2026-17"),
    "nothing-to-pay": result("succeeded", amount=0, received=[], order=order((1, "Booklet"), total=0)),
    "loading": _result(None, "loading"),
    "failed-for-good": result("failed", payable=False),
    "not-payable": _result(says(NOT_PAYABLE), "not_payable"),
    "left-checkout": _result(says(payment("pending")), "left_checkout", "&checkout=canceled"),
    "gone-quiet": _silence("pending"),
    "gone-quiet-processing": _silence("processing"),
    "not-found": _result(refuses(404, "payment_not_found"), "not_found"),
    "unreachable": _result(aborts, "unreachable"),
}


def quotes(shipping: int | None = 590, tax: list[dict[str, Any]] | None = None) -> Answer:
    """Adds up what is asked for at the prices of GOODS; nothing is sent to Antarctica."""
    catalogue = {each["sku"]: each for each in GOODS}

    def tell(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        if asked.get("address", {}).get("country") == "AQ":
            error = {"field": "address.country", "detail": "We do not send to this country; choose another."}
            return says({"code": "validation_failed", "status": 422, "errors": [error]}, 422)(route)
        lines = [
            {"sku": each["sku"], "name": catalogue[each["sku"]]["name"], "quantity": each["quantity"]}
            | {"unit": catalogue[each["sku"]]["price"]["amount"]}
            for each in asked["items"]
        ]
        sent = shipping if "address" in asked else None
        total = sum(each["unit"] * each["quantity"] for each in lines) + (sent or 0)
        total += sum(each["amount"] for each in tax or [] if not each["inclusive"])
        order = {"number": None, "lines": lines, "shipping": None if sent is None else {"amount": sent}}
        currency = catalogue[lines[0]["sku"]]["currency"]
        return says(order | {"tax": tax or [], "total": total, "currency": currency})(route)

    return tell


def add_to_cart(page: Page, *skus: str) -> None:
    for sku in skus:
        page.click(f"#add-{sku}")


def fill_in_order(page: Page, country: str = "US", email: str = "ada@example.com") -> None:
    """Who orders, and where it goes."""
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", email)
    if page.locator("#shipping").is_visible():
        page.select_option("#address-country", country)
        page.fill("#address-line1", "12 St James's Square")
        page.fill("#address-city", "Springfield")
        page.fill("#address-postalCode", "12345")


def _shop(then: Callable[[Page], None] = lambda _: None, **answers: Answer | None) -> Scene:
    usual: dict[str, Answer | None] = {"products": says({"products": PRODUCTS[:4] + GOODS}), "quotes": quotes()}
    named = usual | {name.replace("_", "-"): answer for name, answer in answers.items()}
    return Scene("shop.html", {f"/{name}": answer for name, answer in named.items()}, then)


def _offered(page: Page) -> None:
    expect(page.locator("#add-mug")).to_be_visible()


def _cart_filled(page: Page) -> None:
    add_to_cart(page, "mug", "mug", "notebook")
    expect(page.locator("#order-form")).to_be_visible()


def _order_filled(page: Page) -> None:
    _cart_filled(page)
    fill_in_order(page)
    expect(page.locator("#sums .total")).to_be_visible()


def _order_sent(page: Page) -> None:
    _order_filled(page)
    page.click("#pay")


def _order_refused(page: Page) -> None:
    _order_sent(page)
    expect(page.locator("#form-error")).to_be_visible()


def _order_with_errors(page: Page) -> None:
    _cart_filled(page)
    page.check("#other-billing")
    page.select_option("#address-country", "AQ")
    expect(page.locator("#address-country-error")).to_be_visible()
    page.click("#pay")
    expect(page.locator("#name-error")).to_be_visible()


def _other_currency(page: Page) -> None:
    _cart_filled(page)
    add_to_cart(page, "course")
    expect(page.locator(".instead .button")).to_be_visible()


def _without_sums(page: Page) -> None:
    _cart_filled(page)
    page.select_option("#address-country", "US")
    expect(page.locator("#quote-error")).to_be_visible()


def _full_cart(page: Page) -> None:
    for at in range(25):
        page.click(f"#add-long-{at}")
    expect(page.locator("#lines .line")).to_have_count(25)


OUT_OF_STOCK = {
    "code": "out_of_stock",
    "status": 409,
    "detail": "Some of this is sold out.",
    "errors": [
        {"field": "items", "sku": "mug", "left": 1, "detail": "Of mug 1 is left."},
        {"field": "items", "sku": "notebook", "left": 0, "detail": "Of notebook 0 are left."},
    ],
}
NEW_PRICE = {
    "number": None,
    "lines": [
        {"sku": "mug", "name": "Enamel mug", "quantity": 2, "unit": 2000},
        {"sku": "notebook", "name": "Notebook", "quantity": 1, "unit": 1450},
    ],
    "shipping": {"amount": 590},
    "tax": [],
    "total": 6040,
}
LONG_GOODS = [GOODS[3] | {"sku": f"long-{at}", "name": f"{LONG_WORD} {at}"} for at in range(25)]

SHOP_PAGE = {
    "shop-loading": _shop(products=None),
    "shop-empty": _shop(_offered),
    "shop-cart": _shop(_cart_filled),
    "shop-order": _shop(_order_filled),
    "shop-errors": _shop(_order_with_errors),
    "shop-busy": _shop(_order_sent, checkout_sessions=None),
    "shop-sold-out": _shop(_order_refused, checkout_sessions=says(OUT_OF_STOCK, 409)),
    "shop-new-price": _shop(
        _order_refused, checkout_sessions=says({"code": "price_changed", "status": 409, "order": NEW_PRICE}, 409)
    ),
    "shop-refused": _shop(_order_refused, checkout_sessions=aborts),
    "shop-other-currency": _shop(_other_currency),
    "shop-without-sums": _shop(_without_sums, quotes=aborts),
    "shop-full-cart": _shop(_full_cart, products=says({"products": LONG_GOODS}), quotes=None),
    "shop-nothing-on-offer": _shop(
        lambda page: expect(page.locator("#load-error")).to_be_visible(), products=says({"products": []})
    ),
    "shop-unreachable": _shop(lambda page: expect(page.locator("#load-error")).to_be_visible(), products=aborts),
}

SCENES = PAYMENT_PAGE | RESULT_PAGE | SHOP_PAGE
