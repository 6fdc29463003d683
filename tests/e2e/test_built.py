"""The same stories, told by what the build makes instead of by the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stripe

from local.stack import STRIPE_API_KEY, Ports, Stack
from tests.artefacts import contents
from tests.e2e.conftest import ROOT
from tests.e2e.customer import PAYS

# Collected here once more; this module's `stack` makes the difference.
from tests.e2e.test_paying import (  # noqa: F401
    test_a_bank_debit_that_fails_is_told_to_both,
    test_a_payment_is_confirmed_on_the_page_and_by_three_mails,
    test_after_a_decline_another_card_pays_in_the_same_checkout,
    test_after_a_failed_authentication_another_card_pays,
)
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


@pytest.fixture(scope="module")
def stack(built_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack on the built artefacts, none of which is changed or added to: on a Lambda nothing can be."""
    before = contents(built_template.parent)
    with Stack(
        ROOT, ports=Ports.free(), template=built_template, logs=tmp_path_factory.mktemp("built-logs")
    ) as running:
        assert running.broken == {}
        yield running
    assert contents(built_template.parent) == before


def test_a_refund_shows_and_is_told_to_the_customer(customer: Customer, shop: Shop) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    double = stripe.StripeClient(STRIPE_API_KEY, base_addresses={"api": shop.stack.stripe_url})
    double.v1.refunds.create({"charge": customer.transaction})

    eventually(lambda: shop.payment(payment_id)["status"] == "refunded")
    eventually(lambda: any(to == customer.email and "refund" in said.lower() for to, said in shop.mails(payment_id)))
