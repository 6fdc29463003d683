"""What is sold from stock, at the shop's page of this folder, through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.customer import PAYS
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.customer import Customer
    from tests.rehearsal.shop import DeployedShop
    from tests.rehearsal.workshop import Workshop

TICKET = "evening-talk"


def test_the_last_one_is_sold_once_and_has_an_invoice(
    customer: Customer, shop: DeployedShop, workshop: Workshop
) -> None:
    workshop.types(f"make stock SKU={TICKET} CHANGE=+1 REASON='one more chair'").well()
    customer.fills_cart(TICKET)
    customer.goes_to_checkout()

    another = {"name": "Grace Hopper", "email": "grace@example.com", "items": [{"sku": TICKET, "quantity": 1}]}
    status, problem = shop.calls("POST", "/checkout-sessions", another)
    assert (status, problem["code"], problem["errors"][0]["left"]) == (409, "out_of_stock", 0)

    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")
    access_key = customer.page.evaluate("JSON.parse(sessionStorage.quittance).attempts.at(-1).accessKey")
    assert shop.invoice(payment_id, "another") == b""
    pdf = eventually(lambda: shop.invoice(payment_id, access_key), PATIENCE_SECONDS)
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    # What the schedule mends afterwards, a right say, is wrong all the same.
    shop.settles()
    assert shop.deployment.complaints() == []
