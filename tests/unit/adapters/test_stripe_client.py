"""Stripe's answers that are none: whether it acted is unknown, and never a no."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from payments.adapters.deadline import within
from payments.adapters.stripe.api import StripeApi
from payments.adapters.stripe.client import TIMEOUT_SECONDS
from payments.domain.errors import StripeUnavailable
from tests.builders import a_payment


@contextmanager
def stripe_that_answers(status: int, body: bytes, length: int) -> Iterator[StripeApi]:
    """`length` is how much it says that there is; after `body` it hangs up."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers["content-length"] or 0))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield StripeApi(lambda: "sk_test_1", f"http://127.0.0.1:{server.server_port}", livemode=False)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "length"),
    [
        (200, b'{"id": "cs_test_1", "obj', 1000),
        (200, b'{"id": "cs_test_1", "obj', 24),
        (200, b"", 0),
        (400, b"<html>A proxy's page</html>", 27),
        (404, b"", 0),
    ],
    ids=["cut off", "not JSON", "empty", "a proxy's no", "a proxy's not found"],
)
def test_an_answer_that_is_not_stripes_is_no_no(status: int, body: bytes, length: int) -> None:
    with stripe_that_answers(status, body, length) as stripe, pytest.raises(StripeUnavailable):
        stripe.create_checkout(a_payment())


def test_whose_an_object_is_only_stripe_can_say() -> None:
    with stripe_that_answers(404, b"<html>Not here</html>", 21) as stripe, pytest.raises(StripeUnavailable):
        stripe.payment_id_of(intent="pi_1", charge=None)
    nobodys = b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such intent"}}'
    with stripe_that_answers(404, nobodys, len(nobodys)) as stripe:
        assert stripe.payment_id_of(intent="pi_1", charge=None) is None


def test_no_time_to_ask_is_no_no() -> None:
    with (
        stripe_that_answers(200, b"{}", 2) as stripe,
        # Stripe would be heard, and what it says not be written down.
        within(TIMEOUT_SECONDS + 1),
        pytest.raises(StripeUnavailable) as late,
    ):
        stripe.create_checkout(a_payment())
    assert late.value.reference == "APIConnectionError"
