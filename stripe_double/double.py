"""The double as a whole: one HTTP server, its webhooks and its clock, started and stopped together."""

import errno
import logging
import threading
from types import TracebackType
from typing import Self

from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from . import clock, control, dashboard, pages, pruning, receipts, stripe_js
from .api import Api, open_to_pages
from .idempotency import Idempotency
from .outage import Outage
from .resources import webhook_endpoints
from .state import State
from .webhooks import RETRY_DELAYS, TIMEOUT, Webhooks

log = logging.getLogger(__name__)

DEFAULT_KEY = "sk_test_double"  # a name, not a secret: the double guards nothing
REDIRECT_WAIT = 10.0
STOPS_WITHIN = 0.1


class StripeDouble:
    """A Stripe on this machine: `with StripeDouble(webhook_url=...) as double: ... double.url`.

    `port` 0 takes a free one. `publishable_key` is the key of pages; left out, pk_ where `api_key` has sk_.
    `redirect_wait` is how long the checkout page waits for the webhook to be acknowledged before it sends the customer
    on. So many sessions and intents are `kept`: of more, the oldest that have ended are forgotten. `dashboard_url` is
    where its dashboard's addresses lead, with {id} for an object's id; they show the object itself if there is none.
    Raises OSError where the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        api_key: str = DEFAULT_KEY,
        publishable_key: str | None = None,
        host: str = "127.0.0.1",
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        webhook_timeout: float = TIMEOUT,
        redirect_wait: float = REDIRECT_WAIT,
        dashboard_url: str | None = None,
        kept: int = pruning.KEPT,
    ) -> None:
        self.api_key = api_key
        self.publishable_key = publishable_key or api_key.replace("sk_", "pk_", 1)
        self.webhook_secret = webhook_secret or webhook_endpoints.new_secret()
        self.state = State()
        self.outage = Outage()
        self._app = Flask(__name__)
        self._app.url_map.merge_slashes = False  # a path with two is no endpoint; it leads nowhere else
        self._server = _listen(host, port, self._app)
        self.url = f"http://{host}:{self._server.server_port}"
        self.state.base_url = self.url
        self.webhooks = Webhooks(self.state, retry_delays=retry_delays, timeout=webhook_timeout)
        self.state.on_event = self.webhooks.accept
        self._kept = kept
        self._endpoints: list[str] = []
        if webhook_url:
            with self.state.acting() as state:
                self._endpoints = [webhook_endpoints.add(state, webhook_url, self.webhook_secret)["id"]]
        self._idempotency = Idempotency(self.state.now)
        api = Api(self.state, self.outage, self._idempotency, api_key, self.publishable_key)
        self._app.register_blueprint(api.blueprint())
        self._app.register_blueprint(control.blueprint(self.state, self.webhooks, self.outage, self.reset))
        self._app.register_blueprint(pages.blueprint(self.state, self.webhooks, redirect_wait))
        self._app.register_blueprint(receipts.blueprint(self.state))
        self._app.register_blueprint(stripe_js.blueprint())
        self._app.register_blueprint(dashboard.blueprint(self.state, dashboard_url))
        self._app.register_error_handler(NotFound, api.unrecognized)
        self._app.register_error_handler(MethodNotAllowed, api.unrecognized)
        self._app.after_request(open_to_pages)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._server.serve_forever, args=(STOPS_WITHIN,), name="stripe-double", daemon=True
            ),
            threading.Thread(target=self._tick, name="stripe-double-clock", daemon=True),
        ]

    def start(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self.outage.end()
        self.webhooks.stop()
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """As new, but for the endpoint that it was started with; nothing of before is sent afterwards."""
        self.outage.clear()
        with self.state.acting() as state:
            self._idempotency.clear()
            state.reset({"webhook_endpoint": self._endpoints})
        self.webhooks.reset()

    def _tick(self) -> None:
        while not self._stopping.wait(1):
            with self.state.acting() as state:
                clock.tick(state)
                gone = pruning.prune(state, self._kept)
            self.webhooks.prune(gone)
            self._idempotency.prune(4 * self._kept)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(host: str, port: int, app: Flask) -> BaseWSGIServer:
    try:
        return make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    except SystemExit as taken:  # werkzeug's way to say so; a library must not end its caller
        raise OSError(errno.EADDRINUSE, f"port {port} is taken") from taken


class _QuietHandler(WSGIRequestHandler):
    """One debug line a request instead of werkzeug's access log."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        log.debug(message, *args)
