"""How cards and bank debits are shown: on payment methods, and on the charges made with them."""

from . import cards
from .errors import InvalidParameters, exclusive, no_longer_supported
from .fields import Json
from .forms import Reader, listed, text
from .objects import random_id
from .state import State

DELAYED_TYPE = "sepa_debit"
OURS = ("card", DELAYED_TYPE)
NOT_OURS = """acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact
billie bizum blik boleto cashapp crypto custom customer_balance eps fpx giropay grabpay ideal
interac_present kakao_pay klarna konbini kr_card link mb_way mobilepay multibanco naver_pay
nz_bank_account oxxo p24 pay_by_bank payco paynow paypal paypay payto pix promptpay revolut_pay
samsung_pay satispay scalapay sequra sofort sunbit swish twint upi us_bank_account wechat_pay zip""".split()
TYPES: dict[str, Reader] = {
    "allowed_payment_method_types": listed(text()),
    "excluded_payment_method_types": listed(text()),
    "payment_method_types": no_longer_supported,
}


def offered(p: Json) -> list[str]:
    """The types of payment methods that the parameters leave of those the double has."""
    names = [name for name in (*TYPES, "automatic_payment_methods") if name in p]
    if len(names) > 1:
        raise exclusive(*names)
    allowed, excluded = p.get("allowed_payment_method_types", OURS), p.get("excluded_payment_method_types", ())
    left = [name for name in OURS if name in allowed and name not in excluded]
    if not left:
        raise InvalidParameters(
            f"No valid payment method types for this request; the Stripe double has {' and '.join(OURS)}.",
            param=names[0],
        )
    return left


def next_action(state: State, intent: Json) -> Json:
    """Where the customer authenticates: sent there, or by the page itself where it asked for that or nobody said where
    to return to."""
    secret, challenge = state.private(intent["id"]), f"{state.base_url}/3ds/{intent['id']}"
    back = secret.get("return_url")
    if back and not secret.get("use_stripe_sdk"):
        return {"redirect_to_url": {"return_url": back, "url": challenge}, "type": "redirect_to_url"}
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": challenge},
    }


def wants_authentication(intent: Json) -> bool:
    """Whether the shop would like to know who pays (`request_three_d_secure`)."""
    asked = ((intent["payment_method_options"] or {}).get("card") or {}).get("request_three_d_secure")
    return asked in ("any", "challenge")


def challenged(result: str = "authenticated", reason: str | None = None) -> Json:
    """What became of a challenge (3D Secure)."""
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05" if result == "authenticated" else None,
        "result": result,
        "result_reason": reason,
        "transaction_id": random_id(36),
        "version": "2.2.0",
    }


def card_facts(card: cards.Card, expiry: tuple[int, int]) -> Json:
    """What Stripe shows of a card wherever it shows one."""
    return {
        "brand": card.brand,
        "checks": {cards.LINE1: None, cards.ZIP: None, "cvc_check": "pass", **dict(card.checks)},
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
        "three_d_secure": {"exemption_indicator": None, **challenged()} if authenticated else None,
        "transaction_link_id": None,
    }
    return {"card": facts | more, "type": "card"}


def method_used(method: Json, amount: int, *, authenticated: bool) -> Json:
    if method["type"] == "card":
        return card_used(method, amount, authenticated=authenticated)
    details = {k: v for k, v in method[DELAYED_TYPE].items() if k != "generated_from"}
    return {DELAYED_TYPE: details | {"expected_debit_date": None, "mandate": None}, "type": DELAYED_TYPE}
