"""A shop with a page of its own, as Stripe's samples have it, under the policy that the real Stripe.js needs."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import FrameLocator, Page, expect

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>
  <link rel="icon" href="/style.css"><link rel="stylesheet" href="/style.css">
  <script src="{double}/v3/stripe.js"></script>
</head>
<body>
  <main>
    <h1>Pay</h1>
    <div id="contact"></div><div id="payment"></div><div id="number"></div><div id="expiry"></div><div id="cvc"></div>
    <button id="pay" type="button">Pay now</button>
    <output id="result"></output><output id="events"></output>
  </main>
  <script src="/page.js"></script>
</body>
</html>"""
STYLE = """body { font: 16px/1.4 system-ui, sans-serif; margin: 0 auto; padding: 16px; max-width: 30rem; }
output { display: block; overflow-wrap: anywhere; }"""
# `pay` does on a click what the shop does, and writes down the answer, also of what is thrown.
SCRIPT = """
const result = document.getElementById("result");
function attempt(act) {
  result.textContent = "";
  const thrown = (error) => ({ thrown: error.name, message: error.message });
  Promise.resolve().then(act).catch(thrown).then((answer) => { result.textContent = JSON.stringify(answer ?? null); });
}
function pay(act) { document.getElementById("pay").addEventListener("click", () => attempt(act)); }
const events = document.getElementById("events");
function tell(name) { return (event) => { events.textContent += name + JSON.stringify(event); }; }
const { KEY, SECRET, BACK } = %s;
%s
"""

# What shops do, as Stripe's samples do it.
PAYMENT = """
const stripe = Stripe(KEY);
const elements = stripe.elements({ clientSecret: SECRET });
elements.create("payment").mount("#payment");
"""
STAYING = PAYMENT + 'pay(() => stripe.confirmPayment({ elements, redirect: "if_required" }));'
GOING = PAYMENT + "pay(() => stripe.confirmPayment({ elements, confirmParams: { return_url: BACK + '?order=7' } }));"
SAVING = PAYMENT + 'pay(() => stripe.confirmSetup({ elements, redirect: "if_required" }));'
CARD = """
const stripe = Stripe(KEY);
const card = stripe.elements().create("card");
card.mount("#payment");
pay(() => stripe.confirmCardPayment(SECRET, { payment_method: { card, billing_details: { name: "Ada" } } }));
"""
SPLIT = """
const stripe = Stripe(KEY);
const elements = stripe.elements();
const number = elements.create("cardNumber");
number.mount("#number");
elements.create("cardExpiry").mount("#expiry");
elements.create("cardCvc").mount("#cvc");
pay(() => stripe.confirmCardPayment(SECRET, { payment_method: { card: number } }));
"""
DEFERRED = """
const stripe = Stripe(KEY);
const elements = stripe.elements({ mode: "payment", amount: 2000, currency: "usd" });
elements.create("payment").mount("#payment");
"""


class PageShop:
    """`open` shows the page with a script of its own; it may say KEY, SECRET, BACK, `pay`, `attempt` and `tell`."""

    def __init__(self, double: str, key: str) -> None:
        self.double = double
        self.key = key
        self.script = ""
        policy = (
            f"default-src 'none'; script-src 'self' {double}; frame-src {double}; connect-src {double}; "
            "style-src 'self'; img-src 'self'"
        )
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = {
                    "/": ("text/html", PAGE.format(double=double)),
                    "/page.js": ("text/javascript", shop.script),
                    "/style.css": ("text/css", STYLE),
                }.get(self.path, ("text/html", "<!doctype html><title>Back</title><h1>Thank you</h1>"))
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def open(self, page: Page, script: str, secret: str | None = None, key: str | None = None) -> None:
        constants = {"KEY": key or self.key, "SECRET": secret, "BACK": f"{self.url}/back"}
        self.script = SCRIPT % (json.dumps(constants), script)
        page.goto(self.url)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def answer(page: Page) -> Any:
    """What the last attempt came to."""
    expect(page.locator("#result")).not_to_have_text("", timeout=30_000)
    return json.loads(page.locator("#result").inner_text())


def element(page: Page, place: str = "payment") -> FrameLocator:
    return page.frame_locator(f"#{place} iframe")


def fill_card(
    frame: FrameLocator, number: str, expiry: str = "12/40", cvc: str = "123", zip_code: str = "12345"
) -> None:
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill(expiry)
    frame.get_by_label("Security code").fill(cvc)
    frame.get_by_label("ZIP").fill(zip_code)
