"""The object types: prefix, the noun Stripe uses in its messages, fields, what can be expanded, where they live."""

import copy
import secrets
import string
from dataclasses import dataclass

from . import fields
from .fields import Json

ALPHABET = string.ascii_letters + string.digits


def random_id(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True)
class Table:
    """One object type. `param` is the name Stripe gives the id in its errors, `expandable` what `expand` opens
    (a dotted name lies in a hash of the object)."""

    prefix: str
    length: int
    noun: str
    param: str
    fields: Json
    expandable: frozenset[str] = frozenset()
    url: str = ""


TABLES: dict[str, Table] = {
    "checkout.session": Table(
        "cs_test_", 58, "checkout.session", "session", fields.SESSION,
        frozenset({"payment_intent", "customer", "line_items", "setup_intent"}), "/v1/checkout/sessions",
    ),
    "payment_intent": Table(
        "pi_3", 23, "payment_intent", "intent", fields.PAYMENT_INTENT,
        frozenset({"latest_charge", "payment_method", "customer", "review"}), "/v1/payment_intents",
    ),
    "charge": Table(
        "ch_3", 23, "charge", "charge", fields.CHARGE,
        frozenset(
            {"balance_transaction", "failure_balance_transaction", "customer", "payment_intent", "refunds", "review"}
        ), "/v1/charges",
    ),
    "payment_method": Table(
        "pm_1", 23, "PaymentMethod", "payment_method", fields.PAYMENT_METHOD,
        frozenset({"customer"}), "/v1/payment_methods",
    ),
    "event": Table("evt_1", 23, "event", "id", fields.EVENT, frozenset(), "/v1/events"),
    "price": Table("price_1", 23, "price", "price", fields.PRICE, frozenset({"product"}), "/v1/prices"),
    "product": Table("prod_", 14, "product", "id", fields.PRODUCT, frozenset({"default_price"}), "/v1/products"),
    "item": Table("li_1", 23, "line item", "id", fields.LINE_ITEM),
    "balance_transaction": Table(
        "txn_3", 23, "balance transaction", "id", fields.BALANCE_TRANSACTION,
        frozenset({"source"}), "/v1/balance_transactions",
    ),
    "webhook_endpoint": Table(
        "we_1", 23, "webhook endpoint", "webhook_endpoint", fields.WEBHOOK_ENDPOINT, frozenset(),
        "/v1/webhook_endpoints",
    ),
    "customer": Table(
        "cus_", 14, "customer", "id", fields.CUSTOMER,
        frozenset({"invoice_settings.default_payment_method"}), "/v1/customers",
    ),
    "setup_intent": Table(
        "seti_1", 23, "setupintent", "intent", fields.SETUP_INTENT,
        frozenset({"customer", "latest_attempt", "payment_method"}), "/v1/setup_intents",
    ),
    "setup_attempt": Table(
        "setatt_1", 23, "setup attempt", "setup_attempt", fields.SETUP_ATTEMPT,
        frozenset({"customer", "payment_method", "setup_intent"}), "/v1/setup_attempts",
    ),
    "token": Table("tok_1", 23, "token", "token", fields.TOKEN, frozenset(), "/v1/tokens"),
    "confirmation_token": Table(
        "ctoken_1", 23, "confirmation token", "confirmation_token", fields.CONFIRMATION_TOKEN, frozenset(),
        "/v1/confirmation_tokens",
    ),
    "customer_session": Table(
        "cuss_1", 23, "customer session", "customer_session", fields.CUSTOMER_SESSION, frozenset({"customer"}),
        "/v1/customer_sessions",
    ),
    "refund": Table(
        "re_3", 23, "refund", "id", fields.REFUND,
        frozenset({"balance_transaction", "charge", "customer", "failure_balance_transaction", "payment_intent",
                   "payment_method"}), "/v1/refunds",
    ),
    "dispute": Table(
        "du_1", 23, "dispute", "dispute", fields.DISPUTE, frozenset({"charge", "payment_intent"}), "/v1/disputes",
    ),
    "radar.early_fraud_warning": Table(
        "issfr_1", 23, "early fraud warning", "id", fields.EARLY_FRAUD_WARNING,
        frozenset({"charge", "payment_intent"}), "/v1/radar/early_fraud_warnings",
    ),
    "review": Table(
        "prv_1", 23, "review", "review", fields.REVIEW, frozenset({"charge", "payment_intent"}), "/v1/reviews",
    ),
}  # fmt: skip


def class_name(kind: str) -> str:
    """`PaymentIntent` of `payment_intent`, as Stripe's sentences have it."""
    return "".join(part.title() for part in kind.split("_"))


def fresh(kind: str, created: int, values: Json) -> Json:
    """A new object with every field of its table; a name the table lacks is a mistake of ours.

    Line items have no `created`; some objects take another prefix (`py_` for a charge that is no card's).
    """
    table = TABLES[kind]
    prefix = values.pop("prefix", table.prefix)
    extra = values.pop("extra", {})
    unknown = values.keys() - table.fields.keys()
    if unknown:
        raise KeyError(f"{kind} has no {sorted(unknown)}")
    head: Json = {"id": prefix + random_id(table.length), "object": kind}
    if kind != "item":
        head["created"] = created
    return copy.deepcopy({**head, **table.fields, **values, **extra})
