"""Disputes: the bank takes the money back, or asks first (an inquiry, the statuses that begin with `warning`)."""

from .. import balance
from ..errors import StripeError
from ..fields import EVIDENCE, Json
from ..forms import EXPAND, Form, boolean, metadata, missing, text, unsettable
from ..state import State
from . import radar
from .routing import Route, listing, merge_metadata, retrieve

RESPOND_WITHIN = 9 * 86400
FEE = 1500
REASONS = frozenset(
    """bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized duplicate
    fraudulent general incorrect_account_details insufficient_funds noncompliant product_not_received
    product_unacceptable subscription_canceled unrecognized""".split()
)
EFFECTS = {
    "dispute_fraudulent": ("fraudulent", False),
    "dispute_product_not_received": ("product_not_received", False),
    "dispute_noncompliant": ("noncompliant", False),
    "dispute_debit": ("debit_not_authorized", False),
    "inquiry": ("fraudulent", True),
}
NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}
OPEN = {"needs_response", "under_review"}
OPEN_INQUIRY = {"warning_needs_response", "warning_under_review"}
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def after_payment(state: State, charge: Json) -> None:
    """The disputes and warnings that some test cards bring with them."""
    effect = state.private(charge["id"]).get("effect")
    if effect in EFFECTS:
        reason, inquiry = EFFECTS[effect]
        open_dispute(state, charge, reason=reason, inquiry=inquiry)
    if effect == "disputes":
        half = charge["amount"] // 2
        for reason, amount in (("fraudulent", half), ("product_not_received", charge["amount"] - half)):
            open_dispute(state, charge, reason=reason, amount=amount)
    if effect == "fraud_warning":
        radar.warn(state, charge)


def open_dispute(
    state: State, charge: Json, *, reason: str = "fraudulent", amount: int | None = None, inquiry: bool = False
) -> Json:
    """The customer complains to the bank. All but an inquiry takes the money, and a fee, at once."""
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise StripeError(f"Charge {charge['id']} was not captured; there is nothing to dispute.")
    if reason not in REASONS:
        raise StripeError(f"reason must be one of {', '.join(sorted(REASONS))}", param="reason")
    amount = charge["amount"] if amount is None else amount
    if not 0 < amount <= charge["amount"]:
        raise StripeError("A dispute is about the charge's amount or a part of it.", param="amount")
    if sum(each["amount"] for each in state.all("dispute", charge=charge["id"])) + amount > charge["amount"]:
        raise StripeError(f"Charge {charge['id']} is disputed already.", code="charge_disputed")
    dispute = state.add(
        "dispute",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        is_charge_refundable=inquiry,
        payment_intent=charge["payment_intent"],
        payment_method_details=_details(charge, reason, inquiry=inquiry),
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    details = {**dispute["evidence_details"], "due_by": state.now() + RESPOND_WITHIN}
    state.change(dispute, evidence_details=details)
    state.change(charge, disputed=True)
    state.emit("charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(state, dispute)
        radar.after_reversal(state, charge, "disputed")
    return dispute


def close(state: State, dispute: Json, status: str) -> Json:
    """The bank decides. Won money comes back; the fee does not."""
    allowed = {"won", "lost"} if dispute["status"] in OPEN else {"warning_closed", "lost"}
    if dispute["status"] not in OPEN | OPEN_INQUIRY:
        raise StripeError(f"This dispute is already {dispute['status']}.")
    if status not in allowed:
        raise StripeError(
            f"A dispute that is {dispute['status']} can end as {' or '.join(sorted(allowed))}, not as {status}."
        )
    previous = state.change(dispute, status=status)
    if status == "won":
        entry = balance.enter(
            state,
            dispute["id"],
            dispute["amount"],
            dispute["currency"],
            "adjustment",
            category="dispute_reversal",
        )
        state.change(
            dispute,
            balance_transactions=[*dispute["balance_transactions"], entry],
            is_charge_refundable=True,
        )
        state.emit("charge.dispute.funds_reinstated", dispute)
    state.emit("charge.dispute.closed", dispute, previous)
    return dispute


def escalate(state: State, dispute: Json) -> Json:
    """An inquiry becomes a chargeback."""
    if dispute["status"] not in OPEN_INQUIRY:
        raise StripeError(f"Only an open inquiry can escalate; this dispute is {dispute['status']}.")
    previous = state.change(dispute, status="needs_response", is_charge_refundable=False)
    if details := dispute["payment_method_details"]:
        card = {**details["card"], "case_type": "chargeback"}
        state.change(dispute, payment_method_details={**details, "card": card})
    state.emit("charge.dispute.updated", dispute, previous)
    _withdraw(state, dispute)
    return dispute


def update(state: State, p: Json) -> Json:
    """Add evidence and submit it. Some texts decide the case at once (https://docs.stripe.com/testing#disputes)."""
    dispute = state.get("dispute", p["id"])
    previous: Json = {}
    if "metadata" in p:
        previous |= state.change(dispute, metadata=merge_metadata(dispute, p["metadata"]))
    if "evidence" in p:
        if dispute["status"] not in OPEN | OPEN_INQUIRY:
            raise StripeError(f"This dispute is already {dispute['status']}; evidence is no longer taken.")
        submitted = p.get("submit", True)
        count = dispute["evidence_details"]["submission_count"] + submitted
        method = "manual" if count else "not_submitted"
        details = {
            **dispute["evidence_details"],
            "has_evidence": True,
            "submission_count": count,
            "submission_method": method,
        }
        previous |= state.change(dispute, evidence={**dispute["evidence"], **p["evidence"]}, evidence_details=details)
        if submitted:
            review = "under_review" if dispute["status"] in OPEN else "warning_under_review"
            previous |= state.change(dispute, status=review)
    if previous:
        state.emit("charge.dispute.updated", dispute, previous)
    written = p.get("evidence", {}).get("uncategorized_text")
    if dispute["status"] == "under_review" and written in VERDICTS:
        close(state, dispute, VERDICTS[written])
    if dispute["status"] == "warning_under_review" and written == "escalate_inquiry_evidence":
        escalate(state, dispute)
    return dispute


def close_by_api(state: State, p: Json) -> Json:
    """Accept the dispute as lost."""
    return close(state, state.get("dispute", p["id"]), "lost")


def _withdraw(state: State, dispute: Json) -> None:
    entry = balance.enter(
        state,
        dispute["id"],
        -dispute["amount"],
        dispute["currency"],
        "adjustment",
        fee=FEE,
        category="dispute",
    )
    state.change(dispute, balance_transactions=[*dispute["balance_transactions"], entry])
    state.emit("charge.dispute.funds_withdrawn", dispute)


def _details(charge: Json, reason: str, *, inquiry: bool) -> Json | None:
    used = charge["payment_method_details"]
    if used["type"] != "card":
        return None
    card = {
        "brand": used["card"]["brand"],
        "case_type": "inquiry" if inquiry else "compliance" if reason == "noncompliant" else "chargeback",
        "network": used["card"]["network"],
        "network_reason_code": NETWORK_CODES.get(reason, "10.1"),
    }
    return {"card": card, "type": "card"}


UPDATE = Form(
    {
        **EXPAND,
        "evidence": Form({**{name: unsettable(text(20000)) for name in EVIDENCE}, "enhanced_evidence": missing}),
        "intended_submission_method": missing,
        "metadata": metadata,
        "submit": boolean,
    }
)
ROUTES = [
    retrieve("dispute"),
    Route("POST", "/v1/disputes/{id}", update, UPDATE),
    listing("dispute", {"charge": text(), "payment_intent": text()}),
    Route("POST", "/v1/disputes/{id}/close", close_by_api),
]
