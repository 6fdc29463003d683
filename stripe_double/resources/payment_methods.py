"""Payment methods: cards and delayed bank debits, made from a number, a ready-made token or an IBAN."""

from typing import Any

from .. import accounts, cards
from ..errors import (
    CardError,
    StripeError,
    missing_parameter,
    unexpected_state,
)
from ..fields import BILLING_DETAILS, Json
from ..forms import (
    EXPAND,
    PAGE,
    Form,
    Reader,
    anything,
    choice,
    integer,
    metadata,
    missing,
    text,
)
from ..instruments import DELAYED_TYPE, NOT_OURS, card_facts
from ..state import State
from .addresses import BILLING, billing
from .routing import Route, merge_metadata, paged, plain_metadata, retrieve

DELAYED = {
    "delayed_success": ("DE89370400440532013000", accounts.ARRIVES),
    "delayed_failure": ("DE62370400440532013001", accounts.RETURNS),
}
DEFAULT_EXPIRY = (12, 2034)
REDISPLAY = choice("always", "limited", "unspecified")
CARD = Form(
    {
        "number": text(),
        "exp_month": integer(),
        "exp_year": integer(),
        "cvc": text(),
        "token": text(),
        "networks": missing,
    }
)
DATA: dict[str, Reader] = {
    "type": choice("card", DELAYED_TYPE),
    "card": CARD,
    DELAYED_TYPE: Form({"iban": text()}, required=("iban",)),
    "allow_redisplay": REDISPLAY,
    "billing_details": BILLING,
    "metadata": metadata,
    "radar_options": anything,
}
METHOD_DATA = Form(DATA, required=("type",))
OF_CUSTOMER: dict[str, Reader] = {**PAGE, "type": choice("card", DELAYED_TYPE), "allow_redisplay": REDISPLAY}
LIST = Form({**OF_CUSTOMER, "customer": text(), "customer_account": missing})


def make(state: State, typed: str, expiry: tuple[int, int] = DEFAULT_EXPIRY, **values: Any) -> Json:
    """A method from what was typed: a card number, a ready-made token, `delayed_success`, `delayed_failure`."""
    if ready := DELAYED.get(typed) or accounts.from_token(typed):
        return make_debit(state, *ready, **values)
    return make_card(state, cards.TOKENS.get(typed) or numbered(typed), expiry, **values)


def make_card(state: State, card: cards.Card, expiry: tuple[int, int], **values: Any) -> Json:
    facts = card_facts(card, expiry) | {
        "display_brand": card.brand,
        "generated_from": None,
        "networks": {"available": [*card.networks, card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
    }
    method = state.add("payment_method", type="card", extra={"card": facts}, **values)
    state.private(method["id"])["card"] = card
    return method


def make_debit(state: State, iban: str, account: accounts.Account, **values: Any) -> Json:
    """A bank debit, of which is known what became of it only when it settles."""
    debit = {
        "bank_code": iban[4:12],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": "fp" + iban[::-1][:14],
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }
    method = state.add("payment_method", type=DELAYED_TYPE, extra={DELAYED_TYPE: debit}, **values)
    state.private(method["id"])["account"] = account
    return method


def from_data(state: State, p: Json, path: str = "") -> Json:
    """A method from the form of POST /v1/payment_methods or from `payment_method_data` (at `path`)."""
    name = (lambda key: f"{path}[{key}]") if path else (lambda key: key)
    values = {
        "allow_redisplay": p.get("allow_redisplay", "unspecified"),
        "billing_details": billing(p.get("billing_details")),
        "metadata": plain_metadata(p),
    }
    if p["type"] not in p:
        raise missing_parameter(name(p["type"]))
    details = p[p["type"]]
    if p["type"] == DELAYED_TYPE:
        if code := accounts.refusal(details["iban"]):
            raise StripeError("This bank account cannot be debited by SEPA.", code=code, param=name("sepa_debit[iban]"))
        iban = accounts.compact(details["iban"])
        return make_debit(state, iban, accounts.account(iban), **values)
    if "token" in details:
        return _from_token(state, details["token"], p.get("billing_details"), values, name("card[token]"))
    for key in ("number", "exp_month", "exp_year"):
        if key not in details:
            raise missing_parameter(name(f"card[{key}]"))
    return make_card(state, *read_card(state, details), **values)


def _from_token(state: State, identifier: str, billed: Json | None, values: Json, path: str) -> Json:
    """A method from a token, which is used up; whom to bill it knows, where the request does not say it."""
    if identifier in cards.TOKENS:
        return make(state, identifier, **values)
    token = state.get("token", identifier, param=path)
    if token["used"]:
        raise StripeError(
            f"You cannot use a Stripe token more than once: {identifier}.", code="token_already_used", param=path
        )
    state.change(token, used=True)
    kept = state.private(identifier)
    values["billing_details"] = billing(billed, {**BILLING_DETAILS, **kept["billing"]})
    return make_card(state, kept["card"], kept["expiry"], **values)


def named(state: State, identifier: str, *, param: str = "payment_method") -> Json:
    """The method with this id; one of Stripe's ready-made tokens makes a new one each time."""
    if identifier in cards.TOKENS or accounts.from_token(identifier):
        return make(state, identifier)
    return state.get("payment_method", identifier, param=param)


def of_customer(state: State, customer: str, identifier: str, *, param: str = "payment_method") -> Json:
    method = state.find("payment_method", identifier)
    if method is None or method["customer"] != customer:
        raise StripeError(
            f"The customer does not have a payment method with the ID {identifier}. The payment method must be "
            "attached to the customer.",
            code="resource_missing",
            param=param,
        )
    return method


def attach(state: State, method: Json, customer: str) -> Json:
    """Keep the method for the customer. The issuer is asked, so a card that declines is not attached."""
    if method["customer"] == customer:
        return method
    secret = state.private(method["id"])
    if method["customer"] or secret.get("used") or secret.get("detached"):
        raise unexpected_state(
            "The payment method you provided has already been attached to a customer."
            if method["customer"]
            else "This PaymentMethod was previously used without being attached to a Customer or was detached "
            "from a Customer, and may not be used again.",
            "payment_method_unexpected_state",
        )
    verify(state, method)
    keep(state, method, customer)
    return method


def keep(state: State, method: Json, customer: str) -> None:
    """The method is the customer's from now on, and may be charged without them there."""
    state.change(method, customer=customer)
    state.emit("payment_method.attached", method)


def verify(state: State, method: Json) -> None:
    """Ask the issuer whether the card is good, without charging it."""
    card: cards.Card | None = state.private(method["id"]).get("card")
    if card and card.decline and not card.asks and card.effect != "attaches":
        decline = card.decline
        raise CardError(decline.message, code=decline.code, decline_code=decline.reason)


def create(state: State, p: Json) -> Json:
    if "type" not in p:
        raise missing_parameter("type")
    return from_data(state, p)


def update(state: State, p: Json) -> Json:
    method = state.get("payment_method", p.pop("id"))
    if not method["customer"]:
        raise unexpected_state(
            "You must save this PaymentMethod to a customer before you can update it.",
            "payment_method_unexpected_state",
        )
    if "metadata" in p:
        p["metadata"] = merge_metadata(method, p["metadata"])
    if "billing_details" in p:
        p["billing_details"] = billing(p["billing_details"], method["billing_details"])
    if "card" in p:
        p["card"] = {**method["card"], **p["card"]}
    if previous := state.change(method, **p):
        state.emit("payment_method.updated", method, previous)
    return method


def attach_by_api(state: State, p: Json) -> Json:
    customer = state.get("customer", p["customer"], param="customer")
    return attach(state, named(state, p["id"]), customer["id"])


def detach(state: State, p: Json) -> Json:
    method = state.get("payment_method", p["id"])
    if not method["customer"]:
        raise unexpected_state(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method_unexpected_state",
        )
    customer = state.find("customer", method["customer"])
    previous = state.change(method, customer=None)
    state.private(method["id"])["detached"] = True
    state.emit("payment_method.detached", method, previous)
    if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        state.emit("customer.updated", customer, state.change(customer, invoice_settings=settings))
    return method


def list_methods(state: State, p: Json) -> Json:
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    equal = {name: p[name] for name in ("customer", "type", "allow_redisplay") if name in p}
    methods = [m for m in state.all("payment_method", **equal) if m["customer"]]
    return paged("/v1/payment_methods", methods, p, "payment_method")


def read_card(state: State, card: Json) -> tuple[cards.Card, tuple[int, int]]:
    """The card that was typed, and when it expires; refused where it cannot be one."""
    return numbered(card["number"]), _expiry(state, card)


def numbered(number: str) -> cards.Card:
    card = cards.find(number)
    if card is None:
        raise CardError("Your card number is incorrect.", code="incorrect_number", param="number")
    return card


def _expiry(state: State, card: Json) -> tuple[int, int]:
    month, year = card["exp_month"], card["exp_year"]
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise CardError("Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month")
    if not state.this_month() <= (year, month) < (state.this_month()[0] + 50, 1):
        raise CardError("Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year")
    if "cvc" in card and not (card["cvc"].isdigit() and len(card["cvc"]) in (3, 4)):
        raise CardError("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return month, year


EXPIRY = Form({"exp_month": integer(1, 12), "exp_year": integer(2000)})
ROUTES = [
    Route(
        "POST",
        "/v1/payment_methods",
        create,
        Form({**EXPAND, **DATA, **dict.fromkeys((*NOT_OURS, "customer", "payment_method"), missing)}),
        page="always",
    ),
    retrieve("payment_method"),
    Route(
        "POST",
        "/v1/payment_methods/{id}",
        update,
        Form(
            {
                **EXPAND,
                "allow_redisplay": REDISPLAY,
                "billing_details": BILLING,
                "card": EXPIRY,
                "metadata": metadata,
                "us_bank_account": missing,
            }
        ),
    ),
    Route("GET", "/v1/payment_methods", list_methods, LIST),
    Route(
        "POST",
        "/v1/payment_methods/{id}/attach",
        attach_by_api,
        Form({**EXPAND, "customer": text(), "customer_account": missing}, required=("customer",)),
    ),
    Route("POST", "/v1/payment_methods/{id}/detach", detach),
]
