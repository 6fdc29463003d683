"""Stripe's list of events: what was told to no webhook, or to one that did not learn it."""

from datetime import datetime
from itertools import islice

from payments.adapters.stripe.client import StripeConnection
from payments.adapters.stripe.errors import translating
from payments.adapters.stripe.objects import read_listed_event
from payments.domain.events import Event, EventSet

# Stripe repeats what an endpoint did not accept, for three days, and lists it as undelivered. What happened while the
# endpoint was disabled, deleted or not subscribed it neither repeats nor lists so: hence whatever brings money, or
# takes it away, is read whatever became of it. The list takes at most twenty types a call.
UNDELIVERED = EventSet(
    "undelivered",
    (
        "checkout.session.expired",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.amount_capturable_updated",
        "payment_intent.partially_funded",
    ),
    undelivered=True,
)
MONEY = EventSet(
    "money",
    (
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.canceled",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
        "review.opened",
        "review.closed",
    ),
    undelivered=False,
)
# What of one window is read at once: so many pages, and then the window is too wide.
_PAGE, _MOST_PAGES = 100, 5


class StripeEvents(StripeConnection):
    event_sets = (UNDELIVERED, MONEY)

    def events(
        self, events: EventSet, first: datetime, last: datetime | None, *, whole: bool
    ) -> tuple[list[Event], bool]:
        """The events of a set that happened from `first` to `last`, both whole seconds and included, the oldest first;
        and whether there are more than a few pages hold: then there are none, unless `whole` asks for every page.

        They come in the account's version of the API; one that says nothing about anybody is left out.
        https://docs.stripe.com/api/events/list
        """
        with translating():
            page = self._client().v1.events.list(
                {
                    "types": list(events.types),
                    "created": {
                        "gte": int(first.timestamp()),
                        **({"lte": int(last.timestamp())} if last else {}),
                    },
                    "limit": _PAGE,
                    **({"delivery_success": False} if events.undelivered else {}),
                }
            )
            most = None if whole else _PAGE * _MOST_PAGES + 1
            # Each is read as it comes: five hundred of Stripe's objects at once would be most of what a run needs.
            found = [read_listed_event(each.to_dict()) for each in islice(page.auto_paging_iter(), most)]
        if len(found) == most:
            return [], True
        return [each for each in reversed(found) if each], False
