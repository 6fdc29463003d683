"""The way to Stripe: an HTTP client for Stripe's library on urllib3, which botocore has loaded already.

Of the clients that come with the library one needs `requests`, half the price of importing it, and one knows no
time-out (docs/adr/0011). Retries are the library's own affair: this is one request.
https://github.com/stripe/stripe-python#configuring-an-http-client
"""

from collections.abc import Mapping
from typing import Any

import stripe
import urllib3


class StripeTransport(stripe.HTTPClient):
    """Keeps its connections; `timeout` is in seconds, for connecting and each wait for bytes together."""

    name = "urllib3"

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(total=timeout),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            # Stripe's own list of authorities, as its other clients use it.
            ca_certs=stripe.ca_bundle_path,
        )

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Body, status and headers; APIConnectionError if there was no answer, to be tried again unless TLS failed."""
        try:
            answer = self._pool.request(method.upper(), url, headers=headers, body=post_data)
        except urllib3.exceptions.HTTPError as error:
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                f"Stripe did not answer: {type(error).__name__}",
                should_retry=not isinstance(error, urllib3.exceptions.SSLError),
            ) from error
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        self._pool.clear()
