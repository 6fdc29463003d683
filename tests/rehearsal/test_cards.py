"""Saved cards of whoever is signed in, through the deployed functions and their rights, called as Stripe.js calls."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from local.issuer.tokens import Person
from local.stack import STRIPE_PUBLISHABLE_KEY
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually
from tests.tokens import Tokens

if TYPE_CHECKING:
    from typing import Any

    from local.issuer.app import Issuer
    from tests.rehearsal.shop import DeployedShop

METHODS = "/me/payment-methods"


def test_a_card_is_saved_pays_once_more_and_is_removed(shop: DeployedShop, issuer: Issuer) -> None:
    # Whom no story before has left a card.
    person = Person(f"ada-{uuid4()}@example.com")
    token = Tokens(issuer.signer, issuer.url, issuer.client_id).token(person)
    signed_in = {"Authorization": f"Bearer {token}"}

    def calls(method: str, path: str, body: Any = None) -> Any:
        """What it answers, once the function has started."""

        def answer() -> Any:
            status, said = shop.calls(method, path, body, signed_in)
            return (status, said) if status in (200, 201, 204) else None

        return eventually(answer, PATIENCE_SECONDS)[1]

    assert calls("GET", METHODS) == {"paymentMethods": []}
    begun = calls("POST", METHODS)
    assert begun["publishableKey"] == STRIPE_PUBLISHABLE_KEY
    shop.stripe.v1.setup_intents.confirm(
        begun["clientSecret"].partition("_secret_")[0],
        {"payment_method": "pm_card_visa", "return_url": shop.stack.site_url},
    )
    [card] = calls("GET", METHODS)["paymentMethods"]
    assert (card["brand"], card["last4"], card["expired"]) == ("visa", "4242", False)

    order = {
        "name": "Ada Lovelace",
        "email": person.email,
        "serviceType": "consulting-hour",
        "paymentMethodId": card["id"],
    }
    made = calls("POST", "/me/payment-intents", order)
    assert made["customerSessionClientSecret"]
    intent = shop.stripe.v1.payment_intents.confirm(
        made["clientSecret"].partition("_secret_")[0], {"return_url": shop.stack.site_url}
    )
    assert intent.status == "succeeded"
    eventually(lambda: shop.payment(made["paymentId"])["status"] == "succeeded", PATIENCE_SECONDS)

    calls("DELETE", f"{METHODS}/{card['id']}")
    assert calls("GET", METHODS) == {"paymentMethods": []}
    shop.settles()
    assert shop.deployment.complaints() == []
