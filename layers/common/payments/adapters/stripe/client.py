"""The connection to Stripe: one key, one version, one set of time-outs."""

from collections.abc import Callable
from functools import cached_property

from payments.adapters.aws import CONFIG, attempt_seconds
from payments.adapters.stripe.library import stripe
from payments.adapters.stripe.transport import StripeTransport
from payments.domain.errors import NotConfigured
from payments.domain.payment import Payment

# The one version that requests are made in, webhook endpoints are registered with and objects are read by.
API_VERSION = "2026-10-28.endive"


def is_of_our_release(version: str | None) -> bool:
    """Whether objects of an API version are read rightly: those of one release, the name after the date, are alike.

    https://docs.stripe.com/api/versioning
    """
    return version is not None and version.rpartition(".")[2] == API_VERSION.rpartition(".")[2]


# (1 + retries) x timeout stays below the functions' own timeouts; a test holds this against template.yaml.
TIMEOUT_SECONDS = 6
RETRIES = 2


def checkout_key(payment: Payment, kind: str) -> str:
    """The idempotency key of a payment's session or intent: one for each customer that it was asked for.

    Never do two of them lead to something. A payment gets another customer only once Stripe has refused the one before
    as gone (`ask_stripe`). Under that one's key there is nothing then: what had been made would have been answered
    again. And nothing comes, for what is still on its way names a customer that is deleted for ever.
    """
    return f"{payment.id}-{kind}-{payment.customer_id}" if payment.customer_id else f"{payment.id}-{kind}"


class StripeConnection:
    """`api_key` is asked for at the first call, so that a function that needs no call reads no secret.

    A key of the other mode than `livemode` is NotConfigured: it would take real money for a test, or none for real.
    """

    def __init__(self, api_key: Callable[[], str], api_base: str, *, livemode: bool) -> None:
        self._api_key = api_key
        self._api_base = api_base
        self._livemode = livemode

    @cached_property
    def _http(self) -> stripe.HTTPClient:
        # What came of it is to be written down, or at least read for the answer.
        return StripeTransport(TIMEOUT_SECONDS, then=attempt_seconds(CONFIG))

    def _client(self) -> stripe.StripeClient:
        """Made anew for each call, which is cheap, so that a rotated key is used; the connections are kept."""
        api_key = self._api_key()
        if ("_test_" if self._livemode else "_live_") in api_key:
            raise NotConfigured(
                f"Stripe's API key is of the other mode than StripeLivemode, {str(self._livemode).lower()}; "
                "make stripe changes the key, samconfig.toml the mode."
            )
        return stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._api_base},
            max_network_retries=RETRIES,
            http_client=self._http,
        )
