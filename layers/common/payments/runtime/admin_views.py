"""The desk's lists as the API's JSON, for admins alone.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

from payments.domain.attention import Reason
from payments.domain.desk import PaymentRow, Statistics, Waiting
from payments.domain.money import Currency
from payments.domain.order_views import PaymentId, Time, in_text
from payments.domain.payment import Status
from payments.domain.views import money_views
from payments.runtime.admin_payment_views import Day, PaymentRowView, time_view


class PaymentsView(TypedDict):
    """A page of payments, the newest first; it may be empty and not be the last."""

    payments: list[PaymentRowView]
    cursor: str | None
    """For the next page, with the same query; null at the end."""


class WaitingNoticeView(TypedDict):
    kind: str
    ref: str
    """Tells apart several of a kind, such as by the refund; else empty."""


class WaitingView(TypedDict):
    """What waits for a person."""

    paymentId: PaymentId
    why: list[Reason]
    """The most urgent first."""
    status: str
    """The payment's, or where a mail is what waits that mail's: `rejected` or `gave_up`."""
    since: Time
    deadline: Time | None
    notice: WaitingNoticeView | None
    """The mail, where one is what waits."""


class AttentionListView(TypedDict):
    """A page of what waits for a person, the most urgent first: by why, then by deadline, else by since when."""

    attention: list[WaitingView]
    cursor: str | None
    """For the next page; null at the end."""


class TallyView(TypedDict):
    """The payments of a day, a currency and a status. Amounts are in minor units of the currency."""

    day: Day
    """When they were ordered, in the business's time zone."""
    currency: Currency
    status: Status
    count: int
    """How many were asked for in the currency. Money may have come in another one: then this may be 0."""
    amount: int
    """What was asked for."""
    received: int
    returned: int
    """What was returned or is on its way back."""


class StatisticsView(TypedDict):
    """Sums over days, the newest first."""

    days: list[TallyView]


def payments_view(rows: Iterable[PaymentRow], cursor: str | None) -> PaymentsView:
    return {"payments": [row_view(each) for each in rows], "cursor": cursor}


def row_view(row: PaymentRow) -> PaymentRowView:
    # A newer release's words are passed on.
    status: Any = row.status
    dispute: Any = row.dispute
    return {
        "paymentId": row.payment_id,
        "status": status,
        "amount": row.asked.amount,
        "currency": row.asked.currency,
        "createdAt": in_text(row.created_at),
        "paidAt": time_view(row.paid_at),
        "received": money_views(row.received),
        "returned": money_views(row.returned),
        "sku": row.sku,
        "number": row.number,
        "dispute": dispute,
    }


def attention_list_view(waiting: Iterable[Waiting], cursor: str | None) -> AttentionListView:
    return {"attention": [_waiting_view(each) for each in waiting], "cursor": cursor}


def _waiting_view(waiting: Waiting) -> WaitingView:
    kind, _, ref = (waiting.notice or "").partition("#")
    return {
        "paymentId": waiting.payment_id,
        "why": list(waiting.attention.why),
        "status": waiting.status,
        "since": in_text(waiting.attention.since),
        "deadline": time_view(waiting.attention.deadline),
        "notice": {"kind": kind, "ref": ref} if kind else None,
    }


def statistics_view(statistics: Statistics) -> StatisticsView:
    return {"days": list(_tallies(statistics))}


def _tallies(statistics: Statistics) -> Iterator[TallyView]:
    newest_first = sorted(statistics.items(), key=lambda each: each[0][1:])
    for (day, currency, status), tally in sorted(newest_first, key=lambda each: each[0][0], reverse=True):
        word: Any = status
        yield {
            "day": day,
            "currency": currency,
            "status": word,
            "count": tally.count,
            "amount": tally.amount,
            "received": tally.received,
            "returned": tally.returned,
        }
