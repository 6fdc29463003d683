"""Whose a Stripe object is, and all that Stripe knows of a payment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from payments.adapters.stripe.client import StripeConnection
from payments.adapters.stripe.errors import translated, translating
from payments.adapters.stripe.library import stripe
from payments.adapters.stripe.objects import PAYMENT_ID, Object, read_object
from payments.domain.facts import Attempt, AttemptState, Fact, Intent
from payments.domain.identifiers import is_payment_id
from payments.domain.payment import Payment, Way


class StripeIntents(StripeConnection):
    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None:
        """Our payment that an intent, or a charge's intent, belongs to; None if it is not ours.

        StripeUnavailable if Stripe cannot be asked now, NotConfigured if our key may not, else StripeRefused.
        """
        try:
            if intent is None and charge is not None:
                found = self._client().v1.charges.retrieve(charge, {"expand": ["payment_intent"]}).to_dict()
                owner = found.get("payment_intent") or {}
            elif intent is not None:
                owner = self._client().v1.payment_intents.retrieve(intent).to_dict()
            else:
                return None
        except stripe.StripeError as error:
            if isinstance(error, stripe.InvalidRequestError) and error.http_status == 404:
                return None
            raise translated(error) from None
        carried = (owner.get("metadata") or {}).get(PAYMENT_ID)
        return carried if is_payment_id(carried) else None

    def look(self, payment: Payment) -> tuple[Fact, ...]:
        """All that Stripe knows of the payment's sessions and intents, their charges, refunds, disputes and warnings.

        It is asked by what is known: sessions, intents or both; a session that is not known is found by its intent.
        StripeUnavailable if Stripe cannot be asked now, NotConfigured if our key may not, else StripeRefused.
        """
        facts: list[Fact] = []
        with translating():
            client = self._client().v1
            for session in payment.sessions:
                found = client.checkout.sessions.retrieve(session.ref, {"expand": ["payment_intent"]})
                facts += facts_of_session(found.to_dict())
            known = {fact.ref for fact in payment.intents} | {each.intent for each in payment.attempts if each.intent}
            for intent in sorted(known - {fact.ref for fact in facts if isinstance(fact, Intent)}):
                facts += facts_of_intent(client.payment_intents.retrieve(intent).to_dict())
                if payment.way is Way.HOSTED and not payment.sessions:
                    listed = client.checkout.sessions.list(
                        {"payment_intent": intent, "expand": ["data.payment_intent"]}
                    )
                    facts += [fact for each in listed.data for fact in facts_of_session(each.to_dict())]
            for intent in sorted({fact.ref for fact in facts if isinstance(fact, Intent)}):
                facts += self._facts_of_charges(intent)
        return in_order(payment, facts)

    def _facts_of_charges(self, intent: str) -> list[Fact]:
        client = self._client().v1
        charges = all_of(client.charges.list({"payment_intent": intent, "limit": 100, "expand": ["data.review"]}))
        objects = list(charges)
        objects += [review for charge in charges if isinstance(review := charge.get("review"), Mapping)]
        # Not by amount_refunded: of a refund that failed nothing is left there.
        if any(charge.get("status") == "succeeded" for charge in charges):
            objects += all_of(client.refunds.list({"payment_intent": intent, "limit": 100}))
            objects += all_of(client.radar.early_fraud_warnings.list({"payment_intent": intent, "limit": 100}))
        if any(charge.get("disputed") for charge in charges):
            objects += all_of(client.disputes.list({"payment_intent": intent, "limit": 100}))
        return [fact for each in objects if (lesson := read_object(each)) for fact in lesson.facts]


def in_order(payment: Payment, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """What Stripe answers of a payment. A failure without a charge has a time in its event alone; an intent says the
    last, so all its charges that failed were before."""
    known = tuple(facts)
    return tuple(_timed(fact, (*payment.attempts, *known)) for fact in known)


def _timed(fact: Fact, known: Iterable[Fact]) -> Fact:
    if not isinstance(fact, Attempt) or fact.charge or fact.created is not None:
        return fact
    failed = [each for each in known if isinstance(each, Attempt) and each.state is AttemptState.FAILED]
    return replace(fact, created=max(each.created or 0 for each in failed if each.intent == fact.intent) or None)


def all_of(listed: "stripe.ListObject[Any]") -> list[Object]:
    """Every object of a list, however many pages that takes."""
    return [each.to_dict() for each in listed.auto_paging_iter()]


def facts_of_session(session: Object) -> list[Fact]:
    """A session with its intent expanded teaches both, and whether a delayed payment came to nothing."""
    intent = session.get("payment_intent")
    expanded = intent if isinstance(intent, Mapping) else {}
    unpaid = session.get("status") == "complete" and session.get("payment_status") == "unpaid"
    failed = unpaid and expanded.get("status") in ("requires_payment_method", "canceled")
    lessons = [read_object(session, failed=failed), read_object(expanded)]
    return [fact for lesson in lessons if lesson for fact in lesson.facts]


def facts_of_intent(body: Object) -> list[Fact]:
    lesson = read_object(body)
    return list(lesson.facts) if lesson else []
