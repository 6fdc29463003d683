"""The way to Stripe: an HTTP client for Stripe's library on urllib3, which botocore has loaded already.

Of the clients that come with the library one needs `requests`, half the price of importing it, and one knows no
time-out (docs/adr/0011). Retries are the library's own affair: this is one request, and whether another is worth it.
https://github.com/stripe/stripe-python#configuring-an-http-client
"""

import io
import socket
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from payments.adapters.deadline import seconds_left
from payments.adapters.stripe.library import stripe

# For each of the addresses that Stripe's name has, and for TLS.
CONNECT_SECONDS = 2


class StripeTransport(stripe.HTTPClient):
    """Keeps its connections; `timeout` is in seconds, for all of a request and its answer.

    A request is begun only if the invocation can wait so long, and for `then` seconds more that the caller needs
    afterwards; and repeated only if it can wait for the pause as well.
    """

    name = "urllib3"

    def __init__(self, timeout: float, *, then: float = 0) -> None:
        super().__init__()
        self._needed = timeout + then
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, total=timeout),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            # Stripe's own list of authorities, as its other clients use it.
            ca_certs=stripe.ca_bundle_path,
        )
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Body, status and headers; APIConnectionError if there was no answer, to be tried again unless TLS failed or
        no time is left."""
        if seconds_left() < self._needed:
            raise stripe.APIConnectionError("Stripe was not asked: no time is left", should_retry=False)  # type: ignore[no-untyped-call]
        try:
            answer = self._pool.request(method.upper(), url, headers=headers, body=post_data)
        except urllib3.exceptions.HTTPError as error:
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                f"Stripe did not answer: {type(error).__name__}",
                should_retry=not isinstance(error, urllib3.exceptions.SSLError),
            ) from error
        return answer.data, answer.status, answer.headers

    def _should_retry(
        self,
        response: tuple[Any, int, Mapping[str, str] | None] | None,
        api_connection_error: stripe.APIConnectionError | None,
        num_retries: int,
        max_network_retries: int | None,
    ) -> bool:
        pause = self.INITIAL_DELAY * 2**num_retries
        return seconds_left() >= pause + self._needed and bool(
            super()._should_retry(response, api_connection_error, num_retries, max_network_retries)
        )

    def close(self) -> None:
        self._pool.clear()


# urllib3 waits for each piece of an answer anew, so one that comes byte by byte could take for ever. Here all of it,
# headers included, is read against one clock.


class _TimedReads(io.RawIOBase):
    """What comes from a connection, within the time-out that it has now; TimeoutError then."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._until = time.monotonic() + (connection.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """urllib3 makes it when it has set the connection's time-out to what is left of the request's."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReads(sock))


class _Http(HTTPConnection):
    response_class = _TimedResponse


class _Https(HTTPSConnection):
    response_class = _TimedResponse


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https
