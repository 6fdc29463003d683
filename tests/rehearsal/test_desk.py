"""The desk: an admin who signed in gives money back, and whoever is none is refused, by the gateway or in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.customer import PAYS
from tests.e2e.test_desk_for_real import gives_a_part_back, is_refused_in_words
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually
from tests.tokens import GOOD, NOT_OF_THE_GROUP, NOT_VERIFIED, WITHOUT_SCOPE, Tokens

if TYPE_CHECKING:
    from local.issuer.app import Issuer
    from tests.e2e.customer import Customer
    from tests.rehearsal.shop import DeployedShop

# Where the emulator is not API Gateway: it takes a token that never ends or ends at a text, counts `scp` and `scope`
# both, and fails at a header that is no object.
OTHERWISE = {
    "no end": 200,
    "an end that is no number": 200,
    "scp wins over scope": 200,
    "a header that is no object": 500,
}
REFUSED = [
    *((name, token, 401) for name, token in NOT_VERIFIED.items()),
    *((name, token, 403) for name, token in WITHOUT_SCOPE.items()),
    *((name, token, 403) for name, token in NOT_OF_THE_GROUP.items()),
]


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    return Tokens(issuer.signer, issuer.url, issuer.client_id)


def test_an_admin_signs_in_and_gives_a_part_back(customer: Customer, shop: DeployedShop) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    gives_a_part_back(customer, shop, payment_id, PATIENCE_SECONDS)


def test_whoever_is_not_of_the_group_is_refused_in_words(customer: Customer, shop: DeployedShop) -> None:
    is_refused_in_words(customer, shop)


def test_no_other_token_leads_to_the_desk(shop: DeployedShop, tokens: Tokens) -> None:
    answers = {name: _asks(shop, token(tokens)) for name, token, _ in REFUSED}

    assert answers == {name: OTHERWISE.get(name, refused) for name, _, refused in REFUSED}
    assert {_asks(shop, token(tokens)) for token in GOOD.values()} == {200}


def test_who_signed_in_has_a_list_of_their_own(shop: DeployedShop, tokens: Tokens) -> None:
    signed_in = {"Authorization": f"Bearer {tokens.token()}"}
    order = {"name": "Grace Hopper", "email": "grace@example.com", "serviceType": "consulting-hour"}
    status, made = shop.calls("POST", "/me/checkout-sessions", order, signed_in)
    assert status == 201

    def own() -> list[str]:
        return [each["paymentId"] for each in shop.calls("GET", "/me/payments", headers=signed_in)[1]["payments"]]

    eventually(lambda: own() == [made["paymentId"]], PATIENCE_SECONDS)
    assert shop.calls("GET", "/me/payments")[0] == 401


def _asks(shop: DeployedShop, authorization: str | None) -> int:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return shop.calls("GET", "/admin/products", headers=headers)[0]
