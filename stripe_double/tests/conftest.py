from collections.abc import Iterator

import pytest
import stripe

from stripe_double import StripeDouble

from .shop import SECRET, Control, Listener, Page


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def double(listener: Listener) -> Iterator[StripeDouble]:
    with StripeDouble(
        webhook_url=listener.url,
        webhook_secret=SECRET,
        retry_delays=(0.05, 0.05, 0.1),
        webhook_timeout=5,
        redirect_wait=2,
    ) as double:
        yield double


@pytest.fixture
def client(double: StripeDouble) -> stripe.StripeClient:
    return stripe.StripeClient(double.api_key, base_addresses={"api": double.url}, max_network_retries=0)


@pytest.fixture
def control(double: StripeDouble) -> Control:
    return Control(double.url)


@pytest.fixture
def page(double: StripeDouble) -> Page:
    return Page(double)
