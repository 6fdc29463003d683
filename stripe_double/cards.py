"""Stripe's documented test cards (https://docs.stripe.com/testing) as data: what each number makes happen."""

import re
from dataclasses import dataclass

UNKNOWN_DECLINE = "The bank did not return any further details with this decline."


@dataclass(frozen=True)
class Decline:
    """Why an issuer refuses. `code` and `message` are Stripe's; `reason` is its decline code."""

    code: str
    reason: str
    message: str
    seller_message: str = UNKNOWN_DECLINE
    advice: str = "try_again_later"
    network_code: str | None = "01"
    blocked: bool = False  # by Radar, before any issuer is asked


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    "The bank returned the decline code `insufficient_funds`.",
    network_code="51",
)
BLOCKED = Decline(
    "card_declined",
    "fraudulent",
    "Your card was declined.",
    "Stripe blocked this payment as too risky.",
    "do_not_try_again",
    network_code=None,
    blocked=True,
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of "
    "valid test cards, visit: https://stripe.com/docs/testing.",
    advice="confirm_card_data",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    advice="try_again_later",
)


def _decline(code: str, message: str, reason: str | None = None, advice: str = "do_not_try_again") -> Decline:
    reason = reason or code
    return Decline(code, reason, message, f"The bank returned the decline code `{reason}`.", advice)


@dataclass(frozen=True)
class Card:
    """One test number. `effect` names what happens after the charge: a refund's or dispute's behaviour."""

    number: str
    label: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: str = "optional"  # optional, on_request, required, unless_set_up, unless_off_session
    effect: str = ""
    risk: str = "normal"
    checks: tuple[tuple[str, str], ...] = ()  # of the address and the CVC, those that do not pass
    networks: tuple[str, ...] = ()  # beside the brand
    token: str = ""  # the suffix of Stripe's ready-made pm_card_... and tok_... identifiers

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def asks(self) -> bool:
        """Whether the issuer wants to authenticate the customer, nothing else being known."""
        return self.authentication not in ("optional", "on_request")

    def asks_for(self, *, set_up: bool, off_session: bool, requested: bool) -> bool:
        """Whether it wants to for this payment. `requested`: the shop would like to know who pays."""
        if self.authentication == "on_request":
            return requested
        if self.authentication == "unless_off_session":
            return not off_session
        return self.asks and not (self.authentication == "unless_set_up" and set_up and off_session)


PROCESSING_ERROR = _decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    advice="try_again_later",
)
LINE1, ZIP = "address_line1_check", "address_postal_code_check"

CARDS = (
    Card("4242424242424242", "Pays", token="visa"),
    Card("4000056655665556", "Pays (Visa debit)", funding="debit", token="visa_debit"),
    Card("5555555555554444", "Pays (Mastercard)", brand="mastercard", token="mastercard"),
    Card("378282246310005", "Pays (American Express)", brand="amex", token="amex"),
    Card("4000000000000002", "Declined", decline=GENERIC, token="chargeDeclined"),
    Card(
        "4000000000009995",
        "Declined: insufficient funds",
        decline=INSUFFICIENT_FUNDS,
        token="chargeDeclinedInsufficientFunds",
    ),
    Card(
        "4000000000009987",
        "Declined: lost card",
        decline=_decline("card_declined", "Your card was declined.", "lost_card"),
        token="chargeDeclinedLostCard",
    ),
    Card(
        "4000000000009979",
        "Declined: stolen card",
        decline=_decline("card_declined", "Your card was declined.", "stolen_card"),
        token="chargeDeclinedStolenCard",
    ),
    Card(
        "4000000000000069",
        "Declined: expired card",
        decline=_decline("expired_card", "Your card has expired."),
        token="chargeDeclinedExpiredCard",
    ),
    Card(
        "4000000000000127",
        "Declined: wrong security code",
        decline=_decline("incorrect_cvc", "Your card's security code is incorrect.", advice="confirm_card_data"),
        token="chargeDeclinedIncorrectCvc",
    ),
    Card(
        "4000000000000119",
        "Declined: processing error",
        decline=PROCESSING_ERROR,
        token="chargeDeclinedProcessingError",
    ),
    Card(
        "4000000000006975",
        "Declined: used too often",
        decline=_decline("card_declined", "Your card was declined.", "card_velocity_exceeded", "try_again_later"),
        token="chargeDeclinedVelocityLimitExceeded",
    ),
    Card("4100000000000019", "Blocked by Radar as fraudulent", decline=BLOCKED, token="radarBlock"),
    Card(
        "4000000000000341",
        "Can be saved; declined when charged",
        decline=GENERIC,
        effect="attaches",
        token="chargeCustomerFail",
    ),
    Card(
        "4000002500003155",
        "Asks for authentication (3D Secure)",
        country="IE",
        authentication="unless_set_up",
        token="authenticationRequiredOnSetup",
    ),
    Card(
        "4000002760003184",
        "Always asks for authentication",
        country="DE",
        authentication="required",
        token="authenticationRequired",
    ),
    Card(
        "4000008260003178",
        "Authentication, then insufficient funds",
        country="GB",
        authentication="required",
        decline=INSUFFICIENT_FUNDS,
        token="authenticationRequiredChargeDeclinedInsufficientFunds",
    ),
    Card(
        "4000000000007726",
        "Pays; a refund stays pending, then succeeds",
        effect="refund_pending",
        token="pendingRefund",
    ),
    Card("4000000000005126", "Pays; a refund succeeds, then fails", effect="refund_fails", token="refundFail"),
    Card(
        "4000000000000259", "Pays, then is disputed as fraudulent", effect="dispute_fraudulent", token="createDispute"
    ),
    Card(
        "4000000000002685",
        "Pays, then is disputed as not received",
        effect="dispute_product_not_received",
        token="createDisputeProductNotReceived",
    ),
    Card(
        "4000000000005423",
        "Pays, then the issuer warns of fraud",
        effect="fraud_warning",
        token="createIssuerFraudRecord",
    ),
    Card("4000000000001976", "Pays, then an inquiry is opened", effect="inquiry", token="createDisputeInquiry"),
    Card(
        "4000000000003055",
        "Asks for authentication if you do",
        authentication="on_request",
        token="threeDSecureOptional",
    ),
    Card(
        "4000003800000446",
        "Asks for authentication while the customer is there",
        country="IT",
        authentication="unless_off_session",
        token="authenticationRequiredSetupForOffSession",
    ),
    Card(
        "4000008400001629",
        "Authentication, then declined",
        authentication="required",
        decline=GENERIC,
        token="threeDSecureRequiredChargeDeclined",
    ),
    Card("4000000000009235", "Pays; risk is elevated", risk="elevated", token="riskLevelElevated"),
    Card("4000000000004954", "Pays; risk is the highest", risk="highest", token="riskLevelHighest"),
    Card("4000000404000079", "Pays, then is disputed twice", effect="disputes", token="createMultipleDisputes"),
    Card("4000000000000077", "Pays; the money is available at once", effect="available", token="bypassPending"),
)
# Beside those that the page offers.
OTHERS = (
    Card("4000000000003220", "", authentication="required", token="threeDSecure2Required"),
    Card("4000000000003063", "", authentication="required", token="threeDSecureRequired"),
    Card("4000582600000094", "", country="GB", funding="debit", authentication="required"),
    Card("4000582600000292", "", country="GB", funding="debit", authentication="required"),
    # The bank's directory fails before anybody is asked.
    Card("4000008400001280", "", decline=PROCESSING_ERROR, token="threeDSecureRequiredProcessingError"),
    Card("4000000000003097", "", token="threeDSecureOptionalProcessingError"),
    # A captcha cannot be played: these pay.
    Card("4000000000001208", ""),
    Card("4000000000003725", ""),
    Card("4000000000000101", "", checks=(("cvc_check", "fail"),), token="cvcCheckFail"),
    Card("4000000000000036", "", checks=((ZIP, "fail"),), token="avsZipFail"),
    Card("4000000000000028", "", checks=((LINE1, "fail"),), token="avsLine1Fail"),
    Card("4000000000000010", "", checks=((LINE1, "fail"), (ZIP, "fail")), token="avsFail"),
    Card("4000000000000044", "", checks=((LINE1, "unavailable"), (ZIP, "unavailable")), token="avsUnchecked"),
    Card("4000000404000038", "", country="US", effect="dispute_fraudulent", token="createCe3EligibleDispute"),
    Card("4000008400000779", "", effect="dispute_noncompliant", token="createComplianceDispute"),
    Card(
        "5105008400000002",
        "",
        brand="mastercard",
        effect="dispute_noncompliant",
        token="createMastercardComplianceDispute",
    ),
    Card("4000003720000278", "", country="IE", effect="available", token="bypassPendingInternational"),
    Card("4000002500001001", "", country="FR", networks=("cartes_bancaires",), token="visa_cartesBancaires"),
    Card(
        "5555552500001001",
        "",
        brand="mastercard",
        country="FR",
        networks=("cartes_bancaires",),
        token="mastercard_cartesBancaires",
    ),
    Card(
        "4000050360000001",
        "",
        country="AU",
        funding="debit",
        networks=("eftpos_au",),
        token="visa_debit_eftposAuCoBranded",
    ),
    Card(
        "5555050360000080",
        "",
        brand="mastercard",
        country="AU",
        funding="debit",
        networks=("eftpos_au",),
        token="mastercard_debit_eftposAuCoBranded",
    ),
    Card("4000058260000005", "", country="GB", funding="debit", token="gb_debit"),
    Card("5555558265554449", "", brand="mastercard", country="GB", token="gb_mastercard"),
    Card("4000007640000003", "", country="TH", token="th_credit"),
)


def _plain(line: str) -> Card:
    number, brand, funding, token = line.split()
    return Card(number, "", brand=brand, funding=funding, token=token.strip("-"))


# Cards that pay, by brand: number, brand, funding, token.
BRANDS = tuple(
    _plain(line)
    for line in """
    2223003122003222 mastercard credit -
    5200828282828210 mastercard debit mastercard_debit
    5105105105105100 mastercard prepaid mastercard_prepaid
    371449635398431 amex credit -
    6011111111111117 discover credit discover
    6011000990139424 discover credit -
    6011981111111113 discover debit -
    6555900000604105 discover credit -
    3056930009020004 diners credit diners
    36227206271667 diners credit -
    3566002020360505 jcb credit jcb
    6200000000000005 unionpay credit unionpay
    6200000000000047 unionpay credit -
    6205500000000000004 unionpay credit -
    """.strip().splitlines()
)
# Visa cards that pay, by country.
COUNTRIES = tuple(
    Card(number, "", country=country, token=country.lower())
    for country, number in re.findall(
        r"([A-Z]{2}) (\d+)",
        """
    AR 4000000320000021  BR 4000000760000002  CA 4000001240000000  CL 4000001520000001
    CO 4000001700000003  CR 4000001880000005  EC 4000002180000000  MX 4000004840008001
    PA 4000005910000000  PY 4000006000000066  PE 4000006040000068  UY 4000008580000003
    AE 4000007840000001  AT 4000000400000008  BE 4000000560000004  BG 4000001000000000
    BY 4000001120000005  HR 4000001910000009  CY 4000001960000008  CZ 4000002030000002
    DK 4000002080000001  EE 4000002330000009  FI 4000002460000001  FR 4000002500000003
    DE 4000002760000016  GI 4000002920000005  GR 4000003000000030  HU 4000003480000005
    IE 4000003720000005  IT 4000003800000008  LV 4000004280000005  LI 4000004380000004
    LT 4000004400000000  LU 4000004420000006  MT 4000004700000007  NL 4000005280000002
    NO 4000005780000007  PL 4000006160000005  PT 4000006200000007  RO 4000006420000001
    SA 4000006820000007  SI 4000007050000006  SK 4000007030000001  ES 4000007240000007
    SE 4000007520000008  CH 4000007560000009  GB 4000008260000000  AU 4000000360000006
    CN 4000001560000002  HK 4000003440000004  IN 4000003560000008  JP 4000003920000003
    MY 4000004580000002  NZ 4000005540000008  SG 4000007020000003  TW 4000001580000008
    """,
    )
)
ALL = (*CARDS, *OTHERS, *BRANDS, *COUNTRIES)

BY_NUMBER = {card.number: card for card in ALL}
ALIASES = {
    "us": BY_NUMBER["4242424242424242"],
    "amex_threeDSecureNotSupported": BY_NUMBER["378282246310005"],
    **{f"visa_{card.token}": card for card in CARDS if card.token.startswith("chargeDeclined")},
}
# Stripe's ready-made identifiers.
TOKENS = {
    f"{prefix}_{token}": card
    for token, card in ({card.token: card for card in ALL if card.token} | ALIASES).items()
    for prefix in ("pm_card", "tok")
}


def digits(number: str) -> str:
    return "".join(number.split()).replace("-", "")


def passes_luhn(number: str) -> bool:
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(number))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def find(number: str) -> Card | None:
    """The card behind a typed number; None where the number is not one at all. A number that is well formed
    and not a test card is declined, as in Stripe's test mode."""
    number = digits(number)
    if not passes_luhn(number):
        return None
    return BY_NUMBER.get(number, Card(number, "Not a test card", decline=NOT_A_TEST_CARD))
