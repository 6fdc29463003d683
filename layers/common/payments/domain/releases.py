"""What an older release must not touch, and since when what a newer one tells is told.

Old and new code share the table, while a deployment goes on and after a rollback. A level is an integer that rises with
each release that brings something without which older code would act wrongly: a kind of fact, a state, a notice, a
version of Stripe's parameters. What a payment has of these decides its `needs`, and code of a lower level leaves it
alone (docs/adr/0014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payments.domain.catalogue import Product
    from payments.domain.payment import Payment

# What this release understands.
LEVEL = 2

# The level that first understood it, for what came after the first release: a fact's kind (`dispute`), a state
# (`dispute:won`), a notice (`notice:fraud_alert`; `notice:fraud_alert#` for one that tells several apart), a version of
# the parameters (`parameters:2`), an address with a domain in letters of the world (`address:idn`), that the person was
# taken out of it (`erased`), a reason to be due (`due:close`), which older code would hide behind one of its own.
CAME_WITH: Mapping[str, int] = {
    "notice:refund_failed_customer": 2,
    # Of the sums that came after an approval.
    "notice:review_alert#": 2,
    "notice:shortage_alert": 2,
    "address:idn": 2,
    # Without the person, whom older code would write to.
    "erased": 2,
    "refund_request": 2,
    "shortage": 2,
    "replacement": 2,
    # With lines for Stripe, of which older code would send one, for a form on the page, which it would never close, and
    # for a user, whose customer it would not name.
    "parameters:2": 2,
    "parameters:3": 2,
    "parameters:4": 2,
    "parameters:5": 2,
    # What was ordered beside a service, which older code would tell nobody of, or never give back.
    "stocked": 2,
    "ships": 2,
    "note": 2,
    "due:close": 2,
    # Of products: older code would sell them as services, with no address and whether any are left or not.
    "goods": 2,
}

# Notices that came after the first release. Each has a first day, kept in the table when its release first runs: facts
# that were complete before it do not call for one, or a dispute in December would send somebody March's new mail. The
# same holds for invoices: a payment that was accepted before their first day gets none.
INVOICE = "invoice"
CAME_LATER: frozenset[str] = frozenset({"refund_failed_customer", "shortage_alert", INVOICE})


def needed(payment: Payment) -> int:
    """The level that reading the payment rightly takes; once it has risen it stays."""
    return max([payment.needs, *(CAME_WITH[part] for part in _parts(payment) if part in CAME_WITH)])


def needed_to_sell(product: Product) -> int:
    """The level that selling the product rightly takes; it falls again when the product is sold as before."""
    return CAME_WITH["goods"] if product.is_goods else 1


def _parts(payment: Payment) -> Iterator[str]:
    for fact in payment.facts.values():
        yield fact.kind
        yield f"{fact.kind}:{fact.state}"
    for notice in payment.raised:
        yield f"notice:{notice.kind}"
        if notice.ref:
            yield f"notice:{notice.kind}#"
    for reason in payment.due_by:
        yield f"due:{reason}"
    yield f"parameters:{payment.parameters}"
    if not payment.customer.email.isascii():
        yield "address:idn"
    if payment.order.stocked:
        yield "stocked"
    if payment.order.ships:
        yield "ships"
    if payment.order.note:
        yield "note"
    if payment.erased_at:
        yield "erased"
