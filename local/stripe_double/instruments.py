"""How cards and bank debits are shown: on payment methods, and on the charges made with them."""

from . import cards
from .fields import Json
from .objects import random_id

DELAYED_TYPE = "sepa_debit"


def card_facts(card: cards.Card, expiry: tuple[int, int]) -> Json:
    """What Stripe shows of a card wherever it shows one."""
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": f"fp{card.number[::-1][:14]}",
        "funding": card.funding,
        "last4": card.last4,
        "regulated_status": "unregulated",
        "wallet": None,
    }


def card_used(method: Json, amount: int, *, authenticated: bool) -> Json:
    """`payment_method_details` of a charge on a card."""
    facts = {
        k: v
        for k, v in method["card"].items()
        if k not in {"display_brand", "generated_from", "networks", "three_d_secure_usage"}
    }
    secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": random_id(36),
        "version": "2.2.0",
    }
    more = {
        "amount_authorized": amount,
        "authorization_code": random_id(6),
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": facts["brand"],
        "network_token": {"used": False},
        "network_transaction_id": random_id(15),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": secure if authenticated else None,
        "transaction_link_id": None,
    }
    return {"card": facts | more, "type": "card"}


def method_used(method: Json, amount: int, *, authenticated: bool) -> Json:
    if method["type"] == "card":
        return card_used(method, amount, authenticated=authenticated)
    details = {k: v for k, v in method[DELAYED_TYPE].items() if k != "generated_from"}
    return {DELAYED_TYPE: details | {"expected_debit_date": None, "mandate": None}, "type": DELAYED_TYPE}
