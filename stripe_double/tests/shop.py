"""What the double's tests stand on: a webhook receiver that checks signatures, the control interface, an order."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import stripe

from stripe_double import StripeDouble

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

SECRET = "whsec_of_the_tests"
FIRST = "4242424242424242"
DECLINES = "4000000000000002"
ASKS = "4000002500003155"
BACK = "http://shop.example/back"


class Listener:
    """A shop's webhook endpoint. Keeps every event whose signature the stripe package accepts.

    `status` is what it answers; it may be changed, also to a function of the event.
    """

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.status: int | Callable[[dict[str, Any]], int] = 200
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.unsigned = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    stripe.WebhookSignature.verify_header(
                        payload, self.headers["Stripe-Signature"], listener.secret, 300
                    )
                except stripe.SignatureVerificationError:
                    listener.unsigned += 1
                    self.send_response(400)
                    self.end_headers()
                    return
                event = json.loads(payload)
                listener.events.append(event)
                listener.headers.append(dict(self.headers.items()))
                status = listener.status(event) if callable(listener.status) else listener.status
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Control:
    """The double's control interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, path: str, /, **body: Any) -> dict[str, Any]:
        status, answer = self.post(path, **body)
        assert status == 200, answer
        return answer

    def post(self, path: str, /, **body: Any) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(f"{self.url}/_control/{path}", json.dumps(body).encode(), method="POST")
        return self._send(request)

    def webhooks(self) -> dict[str, Any]:
        return self.get("webhooks")

    def get(self, path: str) -> dict[str, Any]:
        return self._send(urllib.request.Request(f"{self.url}/_control/{path}"))[1]

    def deliveries(self, type_: str) -> list[dict[str, Any]]:
        return [each for each in self.webhooks()["deliveries"] if each["type"] == type_]

    @staticmethod
    def _send(request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)


class Page:
    """A page in a browser: it has the publishable key, and whatever its shop gave it."""

    def __init__(self, double: StripeDouble) -> None:
        self.url, self.key = double.url, double.publishable_key
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, **parameters: str) -> tuple[int, dict[str, Any]]:
        return self.send(method, path, {"Authorization": f"Bearer {self.key}"}, **parameters)

    def send(self, method: str, path: str, headers: dict[str, str], **parameters: str) -> tuple[int, dict[str, Any]]:
        body = urllib.parse.urlencode(parameters)
        address = self.url + path + (f"?{body}" if method == "GET" else "")
        origin = {"Origin": "http://shop.example", **headers}
        request = urllib.request.Request(address, body.encode() if method == "POST" else None, origin, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.headers = dict(answer.headers)
                return answer.status, json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as refused:
            with refused:
                self.headers = dict(refused.headers)
                return refused.code, json.load(refused)


def order(amount: int = 1099, currency: str = "usd", **more: Any) -> "SessionCreateParams":
    """A one-time payment as a shop would ask for it."""
    base: SessionCreateParams = {
        "mode": "payment",
        "success_url": "http://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/cart",
        "customer_email": "ada@example.com",
        "client_reference_id": "order-7",
        "metadata": {"order": "7"},
        "payment_intent_data": {"metadata": {"order": "7"}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "Lantern"}},
            }
        ],
    }
    merged: SessionCreateParams = {**base, **more}  # type: ignore[typeddict-item]
    return merged


def event_types(client: stripe.StripeClient) -> list[str]:
    """Everything that happened, oldest first."""
    return [str(event.type) for event in client.v1.events.list({"limit": 100}).data][::-1]


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; the assertion names it where it never holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
