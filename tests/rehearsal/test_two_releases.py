"""Another release over the same table and back again, while customers go on ordering and paying."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.rehearsal.releases import other_release
from tests.rehearsal.shop import MAIL_SECONDS, PATIENCE_SECONDS
from tests.rehearsal.test_updating import UPDATES
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rehearsal.deployment import Deployment
    from tests.rehearsal.shop import DeployedShop, Order
    from tests.rehearsal.workshop import Workshop

# A slow machine deploys for minutes, and is not to be made slower by a hundred payments.
PAUSE_SECONDS = 2


class Customers:
    """One after the other orders, and pays as soon as it can; whatever ends one is kept for the test to see."""

    def __init__(self, shop: DeployedShop) -> None:
        self.orders: list[Order] = []
        self.trouble: list[str] = []
        self._shop = shop
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._come, daemon=True)

    @contextmanager
    def coming(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._gone.set()
            self._thread.join()

    def _come(self) -> None:
        for number in itertools.count():
            if self._gone.wait(PAUSE_SECONDS):
                return
            try:
                order = self._shop.orders(f"two-releases-{number}", f"two-releases-{number}@example.com")
                self.orders.append(order)
                self._shop.pays(order)
            except Exception as error:
                self.trouble.append(f"order {number}: {error!r}")


def test_nothing_is_lost_or_told_twice_when_another_release_is_deployed_and_this_one_again(
    shop: DeployedShop, deployment: Deployment, workshop: Workshop, folder: Path, figures: list[str]
) -> None:
    began = time.monotonic()
    other = other_release(folder / "other", deployment.emulator.environment)
    figures.append(f"Two releases: this one and {other.name}, which was there after {time.monotonic() - began:.0f} s.")
    # Who was of the newer release must be able to end what it began.
    steps = [other.template, workshop.built] if other.is_older else [other.template, workshop.built, other.template]
    customers = Customers(shop)
    begun = shop.orders("begun-before", "begun-before@example.com")

    with customers.coming():
        for template in steps:
            workshop.types(f"{UPDATES} --template-file {template}").well()
            deployment.make_routes()
            enough = len(customers.orders) + 2
            eventually(lambda enough=enough: len(customers.orders) >= enough, PATIENCE_SECONDS)  # type: ignore[misc]
    shop.pays(begun)

    assert customers.trouble == []
    for order in (begun, *customers.orders):
        shop.becomes(order, "succeeded")
    payments = [order.payment_id for order in (begun, *customers.orders)]
    shop.tells_all(payments, MAIL_SECONDS)
    shop.settles()
    told = {payment: shop.mails(payment) for payment in payments}
    assert {payment: mails for payment, mails in told.items() if len(mails) != 3} == {}
    # Where SES took a letter and its answer was late, the next sender begins anew: the one way to a mail sent twice
    # (README, Limits).
    begun_mails = {payment: sum(int(each["attempts"]) for each in shop.notices(payment)) for payment in payments}
    assert {payment: mails for payment, mails in told.items() if mails.total() > begun_mails[payment]} == {}
    again = sum(begun_mails.values()) - 3 * len(payments)
    figures.append(f"Two releases: {len(payments)} payments told of, {again} mails begun again.")
