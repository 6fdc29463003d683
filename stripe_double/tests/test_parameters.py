"""The double takes the parameters that the stripe package knows at the pinned version: no fewer, no others."""

from collections.abc import Mapping

import pytest
import stripe.params
import stripe.params.checkout
import stripe.params.radar
import stripe.params.test_helpers

from stripe_double.resources.routing import Route
from stripe_double.routes import ROUTES

NOUNS = {
    "balance_transactions": "BalanceTransaction",
    "charges": "Charge",
    "checkout/sessions": "Session",
    "confirmation_tokens": "ConfirmationToken",
    "customer_sessions": "CustomerSession",
    "customers": "Customer",
    "disputes": "Dispute",
    "events": "Event",
    "payment_intents": "PaymentIntent",
    "payment_methods": "PaymentMethod",
    "prices": "Price",
    "products": "Product",
    "radar/early_fraud_warnings": "EarlyFraudWarning",
    "refunds": "Refund",
    "reviews": "Review",
    "setup_attempts": "SetupAttempt",
    "setup_intents": "SetupIntent",
    "test_helpers/confirmation_tokens": "ConfirmationToken",
    "tokens": "Token",
    "webhook_endpoints": "WebhookEndpoint",
}
VERBS = {
    ("POST", ""): "Create",
    ("GET", ""): "List",
    ("GET", "/{id}"): "Retrieve",
    ("POST", "/{id}"): "Update",
    ("DELETE", "/{id}"): "Delete",
    ("GET", "/{id}/line_items"): "LineItemList",
    ("GET", "/{id}/refunds"): "ListRefunds",
    ("GET", "/{id}/payment_methods"): "PaymentMethodList",
    ("GET", "/{id}/payment_methods/{method}"): "PaymentMethodRetrieve",
}
THE_ONE = {"/v1/account": "AccountRetrieveCurrentParams", "/v1/balance": "BalanceRetrieveParams"}
MODULES = {
    "checkout": stripe.params.checkout,
    "radar": stripe.params.radar,
    "test_helpers": stripe.params.test_helpers,
}
# Called by Stripe.js, and therefore not in the package of a server.
OF_PAGES = {
    "POST /v1/confirmation_tokens",
    "GET /v1/elements/sessions",
    "POST /v1/elements/payment_methods/{id}/detach",
}
OPTIONS = set(stripe.RequestOptions.__annotations__)
# Gone as a parameter, and refused with an error of its own.
REMOVED = {"payment_method_types"}


def documented(route: Route) -> Mapping[str, object] | None:
    if route.path in THE_ONE:
        only: dict[str, object] = getattr(stripe.params, THE_ONE[route.path]).__annotations__
        return only
    path = route.path.removeprefix("/v1/")
    found = next((each for each in NOUNS if path == each or path.startswith(each + "/")), None)
    if found is None:
        return None
    rest = path.removeprefix(found)
    verb = VERBS.get((route.method, rest)) or rest.rpartition("/")[2].title()
    module = MODULES.get(found.rpartition("/")[0], stripe.params)
    annotations: dict[str, object] = getattr(module, f"{NOUNS[found]}{verb}Params").__annotations__
    return annotations


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_parameters_are_those_of_the_pinned_version(route: Route) -> None:
    if f"{route.method} {route.path}" in OF_PAGES:
        assert route.page != "never"
        return
    known = documented(route)
    if known is None:
        assert route.path.startswith("/v1/test_helpers/")
        return
    # A page's proof, which the package of a server does not send.
    of_pages = {"client_secret"} if route.page == "with_secret" else set()
    assert set(route.form.fields) - REMOVED == (set(known) | of_pages) - OPTIONS


def test_a_page_makes_a_confirmation_token_of_what_a_server_may_make_one_for_its_tests() -> None:
    by_page, by_server = (
        next(route.form.fields for route in ROUTES if route.method == "POST" and route.path == path)
        for path in ("/v1/confirmation_tokens", "/v1/test_helpers/confirmation_tokens")
    )
    assert by_server.keys() < by_page.keys()
