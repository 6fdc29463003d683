"""The page with the form in front of an API and a Stripe.js that answer by a script: every state that it can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.scenes import (
    ACCESS_KEY,
    OUT_OF_STOCK,
    PAYMENT_ID,
    SENT_ORDER,
    Scene,
    aborts,
    checkout,
    payment,
    refuses,
    says,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.e2e.scenes import Answer

CLIENT_SECRET = "pi_3TRq8uLkdIwHu7ix0vVq2mXa_secret_a1B2c3"


OF_NOBODY = {"customerSessionClientSecret": None, "paymentMethodId": None}


def intent(secret: str | None = CLIENT_SECRET, status: str = "pending", **changes: Any) -> dict[str, Any]:
    """A payment in a form on the page as the API opens it."""
    opened = {name: value for name, value in checkout(status=status).items() if name not in ("sessionId", "url")}
    return opened | {"clientSecret": secret, "publishableKey": "pk_test_1", "order": SENT_ORDER} | OF_NOBODY | changes


STRIPE_JS = "https://js.stripe.com/endive/stripe.js"


def stripe_js(confirm: str = "", look: str = "", form: str = "ready") -> Answer:
    """Stripe.js with a form of no fields; `confirm` and `look` are what it then answers, nothing if they are empty, and
    `form` the event that its form begins with."""
    script = f"""
      const answer = (text) => new Promise((resolve) => text && resolve(JSON.parse(text)));
      const element = () => {{
        const heard = {{}};
        let box = null;
        return {{
          on: (event, handler) => {{ heard[event] = handler; }},
          mount: (place) => {{
            box = Object.assign(document.createElement("p"), {{ textContent: "Card number" }});
            place.append(box);
            setTimeout(() => heard.{form}?.({{ error: {{}} }}));
          }},
          destroy: () => box?.remove(),
          focus: () => {{}},
        }};
      }};
      window.Stripe = (key, options) => {{
        window.keyOfStripe = key;
        return {{
          elements: (given) => {{
            window.elementsOptions = given;
            return {{ create: element, update: (changed) => Object.assign(given, changed) }};
          }},
          confirmPayment: () => answer({json.dumps(confirm)}),
          retrievePaymentIntent: () => answer({json.dumps(look)}),
        }};
      }};"""
    return lambda route: route.fulfill(body=script, content_type="text/javascript")


ATTEMPT: dict[str, Any] = {
    "order": json.dumps({"name": "Ada Lovelace", "email": "ada@example.com", "total": 6075, "currency": "usd"}),
    "way": "embedded",
    "key": "key-1",
    "paymentId": PAYMENT_ID,
    "accessKey": ACCESS_KEY,
    "isCart": True,
}
DECLINED = json.dumps({"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}})
LOST = json.dumps({"error": {"type": "api_connection_error", "message": "The network failed."}})
PAY_PATH = f"embedded/pay.html?paymentId={PAYMENT_ID}"


def _pay(then: Callable[[Page], None], opened: Answer | None, script: Answer | None, **changes: Any) -> Scene:
    failed = {"code": "card_declined", "message": "Your card was declined."}
    stands = says(payment("canceled", failure=changes.pop("failure", failed)))
    answers = {"/payment-intents": opened, "/payments/**": stands, STRIPE_JS: script or stripe_js()}
    return Scene(PAY_PATH, answers, then, remembers={"attempts": [ATTEMPT | changes]})


def _form_ready(page: Page) -> None:
    expect(page.locator("#pay")).to_be_enabled()


def _form_sent(page: Page) -> None:
    _form_ready(page)
    page.click("#pay")
    expect(page.locator("#assurance")).to_contain_text("One moment")


def _form_answered(page: Page) -> None:
    _form_ready(page)
    page.click("#pay")
    _form_in_trouble(page)


def _form_in_trouble(page: Page) -> None:
    expect(page.locator("#problem")).to_be_visible()


def _form_loading(page: Page) -> None:
    expect(page.locator("#sums .total")).to_be_visible()


OPENED_ON_PAGE = says(intent(), 201)
CLOSED_ON_PAGE = says(intent(None, "canceled"), 201)
IN_FUTURE, IN_PAST = "2099-01-01T00:00:00Z", "2026-01-01T00:00:00Z"

PAY_PAGE = {
    "pay-loading": _pay(_form_loading, OPENED_ON_PAGE, stripe_js(form="never")),
    "pay-form": _pay(_form_ready, OPENED_ON_PAGE, stripe_js()),
    "pay-busy": _pay(_form_sent, OPENED_ON_PAGE, stripe_js()),
    "pay-declined": _pay(_form_answered, OPENED_ON_PAGE, stripe_js(DECLINED)),
    "pay-not-paid": _pay(
        _form_answered,
        OPENED_ON_PAGE,
        stripe_js(LOST, json.dumps({"paymentIntent": {"status": "requires_payment_method"}})),
    ),
    "pay-unknown": _pay(_form_answered, OPENED_ON_PAGE, stripe_js(LOST, LOST)),
    "pay-opened-again": _pay(_form_in_trouble, OPENED_ON_PAGE, stripe_js(), isRenewal=True),
    "pay-over-again": _pay(
        _form_in_trouble, says(intent(None, "canceled", expiresAt=IN_PAST), 201), None, isRenewal=True
    ),
    "pay-too-many-tries": _pay(_form_in_trouble, says(intent(None, "canceled", expiresAt=IN_FUTURE), 201), None),
    "pay-unreachable": _pay(_form_in_trouble, aborts, None),
    "pay-too-often": _pay(_form_in_trouble, refuses(429, "rate_limited", retry_after="30"), None),
    "pay-sold-out": _pay(_form_in_trouble, says(OUT_OF_STOCK, 409), None),
    "pay-without-stripe": _pay(_form_in_trouble, OPENED_ON_PAGE, aborts),
    "pay-without-form": _pay(_form_in_trouble, OPENED_ON_PAGE, stripe_js(form="loaderror")),
}
