"""Does a JSON object fit the stripe package's own type for it? Required fields, values, nothing unknown."""

import inspect
import types
from collections.abc import Iterator
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe.checkout import Session
from stripe.radar import EarlyFraudWarning

CLASSES: dict[str, type] = {
    "balance_transaction": stripe.BalanceTransaction,
    "card": stripe.Card,
    "charge": stripe.Charge,
    "checkout.session": Session,
    "confirmation_token": stripe.ConfirmationToken,
    "customer": stripe.Customer,
    "customer_session": stripe.CustomerSession,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "item": stripe.LineItem,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "radar.early_fraud_warning": EarlyFraudWarning,
    "refund": stripe.Refund,
    "review": stripe.Review,
    "setup_attempt": stripe.SetupAttempt,
    "setup_intent": stripe.SetupIntent,
    "token": stripe.Token,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
# `Price.unit_amount_decimal` is a Decimal in the package and a string in JSON, as all its Decimals are.
SCALARS: dict[str, tuple[type, ...]] = {"int": (int,), "str": (str,), "bool": (bool,), "float": (int, float)}


def problems(thing: dict[str, Any]) -> list[str]:
    """What is wrong with an object, by path; empty where it fits."""
    return list(_object(thing, CLASSES[thing["object"]], thing["object"]))


def _object(value: dict[str, Any], cls: type, path: str) -> Iterator[str]:
    annotations = {name: kind for name, kind in inspect.get_annotations(cls).items() if not name.startswith("_")}
    annotations = {name: kind for name, kind in annotations.items() if get_origin(kind) is not ClassVar}
    if not annotations:
        return
    for name, kind in annotations.items():
        if name not in value and type(None) not in get_args(kind):
            yield f"{path}.{name} is missing"
    for name, each in value.items():
        if name in annotations:
            yield from _value(each, annotations[name], f"{path}.{name}")
        elif not (cls is stripe.Charge and name == "source"):
            yield f"{path}.{name} is unknown"


def _value(value: Any, kind: Any, path: str) -> Iterator[str]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return
        found = [list(_value(value, option, path)) for option in arguments if option is not type(None)]
        if all(found):
            yield from min(found, key=len)
    elif origin is Literal:
        if value not in arguments:
            yield f"{path} is {value!r}, which is none of its values"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for position, each in enumerate(value):
            yield from _value(each, arguments[0], f"{path}[{position}]")
    elif origin is stripe.ListObject:
        for position, each in enumerate(value["data"]):
            yield from _value(each, arguments[0], f"{path}.data[{position}]")
    elif isinstance(kind, ForwardRef):
        if not isinstance(value, dict):
            yield f"{path} is no object"
        elif value.get("object") in CLASSES:
            yield from _object(value, CLASSES[value["object"]], path)
    elif inspect.isclass(kind) and issubclass(kind, stripe.StripeObject):
        if not isinstance(value, dict):
            yield f"{path} is no hash"
        else:
            yield from _object(value, kind, path)
    elif inspect.isclass(kind) and kind.__name__ in SCALARS:
        fits = isinstance(value, SCALARS[kind.__name__]) and not (kind is int and isinstance(value, bool))
        if not fits:
            yield f"{path} is {value!r}, not {kind.__name__}"
