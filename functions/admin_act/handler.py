"""POST /admin/...: what an admin does about a payment; each act is audited with who did it, and safe to repeat."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.dashboard import dashboard_of
from payments.domain.errors import PaymentNotFound
from payments.domain.facts import ShortageState
from payments.domain.identifiers import is_payment_id
from payments.domain.money import Money
from payments.domain.notices import Notice, Posting
from payments.domain.stock import StockChange
from payments.runtime.admin_payment_views import AdminPaymentView, admin_payment_view
from payments.runtime.bodies import json_body, read, required_key
from payments.runtime.callers import Caller, admin
from payments.runtime.composition import admin_table, mail_queue_later, stripe_api
from payments.runtime.desk_bodies import ApprovalBody, ErasureBody, RefundBody, ResendBody, ShortageBody, StockBody
from payments.runtime.erasure_views import erasure_view
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.invocation import publish
from payments.runtime.observability import Metric, about, logger_of, metrics
from payments.runtime.refund_views import refund_request_view
from payments.runtime.settings import flag, seconds, setting
from payments.runtime.views import refreshed_view
from payments.services.acting import Acted
from payments.services.approval import approve
from payments.services.canceling import cancel
from payments.services.erasing import erase
from payments.services.refreshing import refresh
from payments.services.refunding import Outcome, Refunding, Wanted, claimant_of
from payments.services.resending import resend
from payments.services.settling import settle
from payments.services.stocking import change_stock

type Answer = tuple[int, Mapping[str, object]]

logger = logger_of("admin_act")
store = admin_table()
stripe = stripe_api()
queue = mail_queue_later()
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")
group = setting("ADMIN_GROUP")
claim = setting("ADMIN_CLAIM")
salt = setting("ERASURE_SALT")
dashboard = dashboard_of(setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE"))


def _approve(event: Request, by: Caller) -> Answer:
    payment_id, body = _payment_id(event), read(ApprovalBody, json_body(event))
    accepted = Money(body.amount, body.currency)
    return _acted("approved", approve(payment_id, accepted, by=by.sub, store=store, now=datetime.now(UTC)))


def _resend(event: Request, by: Caller) -> Answer:
    payment_id, body = _payment_id(event), read(ResendBody, json_body(event))
    notice = Notice(body.kind, body.ref)
    return _acted("resent", resend(payment_id, notice, by=by.sub, store=store, now=datetime.now(UTC)))


def _cancel(event: Request, by: Caller) -> Answer:
    canceled = cancel(
        _payment_id(event),
        by=by.sub,
        store=store,
        stripe=stripe,
        failure_delay=failure_delay,
        now=datetime.now(UTC),
    )
    return _acted("canceled", canceled)


def _refresh(event: Request, by: Caller) -> Answer:
    payment_id = _payment_id(event)
    refreshed = refresh(
        payment_id,
        store=store,
        stripe=stripe,
        failure_delay=failure_delay,
        now=datetime.now(UTC),
        report=lambda error: logger.error("failed", extra=about(error), exc_info=error),
        by=by.sub,
    )
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound
    acted = Acted(payment, is_new=bool(refreshed.status), status=refreshed.new_status, postings=refreshed.postings)
    status, view = _acted("refreshed", acted)
    return status, refreshed_view(view, refreshed.checked_at)


def _refund(event: Request, by: Caller) -> Answer:
    payment_id, key, sent = _payment_id(event), required_key(event), json_body(event)
    body = read(RefundBody, sent)
    outcome = _refunding().request(
        payment_id,
        Wanted(body.amount, body.reason, body.intent),
        claimant=claimant_of(payment_id, by.sub, key, sent),
        by=by.sub,
    )
    return _refunded("refund_requested", outcome)


def _withdraw(event: Request, by: Caller) -> Answer:
    payment_id, ref = _payment_id(event), event["pathParameters"]["ref"]
    return _refunded("refund_withdrawn", _refunding().withdraw(payment_id, ref, by=by.sub), status=200)


def _refunding() -> Refunding:
    return Refunding(store, stripe, failure_delay, datetime.now(UTC))


def _refunded(act: str, outcome: Outcome, status: int = 201) -> Answer:
    _publish(outcome.postings)
    if outcome.failure:
        logger.error("failed", extra=about(outcome.failure), exc_info=outcome.failure)
    logger.info(
        act, extra={"status": outcome.payment.status, "ref": outcome.request.ref, "state": outcome.request.state}
    )
    if outcome.refusal and act == "refund_requested":
        raise outcome.refusal
    view: Mapping[str, object] = {
        "refundRequest": refund_request_view(outcome.payment, outcome.request),
        "payment": _view(outcome.payment.id),
    }
    return status if outcome.is_answered else 202, view


def _erase(event: Request, by: Caller) -> Answer:
    erasure = erase(
        read(ErasureBody, json_body(event)).whom,
        by=by.sub,
        salt=salt,
        store=store,
        stripe=stripe,
        now=datetime.now(UTC),
        report=lambda payment_id, error: logger.error(
            "failed", extra=about(error) | {"payment_id": payment_id}, exc_info=error
        ),
    )
    logger.info("erasing", extra={"erasure_id": erasure.id, "erased": erasure.erased, "left": len(erasure.left)})
    return 202, erasure_view(erasure)


def _settle(event: Request, by: Caller) -> Answer:
    payment_id, body = _payment_id(event), read(ShortageBody, json_body(event))
    resolution = ShortageState(body.resolution)
    return _acted("settled", settle(payment_id, body.sku, resolution, by=by.sub, store=store, now=datetime.now(UTC)))


def _stock(event: Request, by: Caller) -> Answer:
    sku, key, body = str(event["pathParameters"]["sku"]), required_key(event), read(StockBody, json_body(event))
    change = StockChange.asked(sku, body.change, body.reason, key=key, by=by.sub, at=datetime.now(UTC))
    left = change_stock(change, store)
    logger.info("stock_changed", extra={"products": [sku], "change": body.change, "left": left})
    return 200, {"sku": sku, "left": left}


# By route.
_ACTS: Mapping[str, Callable[[Request, Caller], Answer]] = {
    "POST /admin/payments/{paymentId}/refunds": _refund,
    "POST /admin/payments/{paymentId}/refunds/{ref}/withdraw": _withdraw,
    "POST /admin/payments/{paymentId}/approval": _approve,
    "POST /admin/payments/{paymentId}/notices/resend": _resend,
    "POST /admin/payments/{paymentId}/cancel": _cancel,
    "POST /admin/payments/{paymentId}/refresh": _refresh,
    "POST /admin/payments/{paymentId}/shortages": _settle,
    "POST /admin/erasures": _erase,
    "POST /admin/products/{sku}/stock": _stock,
}


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    by = admin(event, group=group, claim=claim)
    status, view = _ACTS[event["routeKey"]](event, by)
    return response(status, view)


def _payment_id(event: Request) -> str:
    payment_id = event["pathParameters"]["paymentId"]
    if not is_payment_id(payment_id):
        raise PaymentNotFound
    logger.thread_safe_append_keys(payment_id=payment_id)
    return str(payment_id)


def _acted(act: str, acted: Acted) -> Answer:
    _publish(acted.postings)
    measured = metrics({Metric.of(acted.status): 1} if acted.status else {})
    told = {"status": acted.payment.status, "is_new": acted.is_new} | measured
    if acted.refusal:
        logger.info("learned", extra=told)
        raise acted.refusal
    logger.info(act, extra=told)
    return 200, _view(acted.payment.id)


def _publish(postings: Sequence[Posting]) -> None:
    if postings:
        publish(postings, queue(), logger)


def _view(payment_id: str) -> AdminPaymentView:
    now = datetime.now(UTC)
    dossier = store.dossier(payment_id, now)
    if dossier is None:
        raise PaymentNotFound
    return admin_payment_view(dossier, dashboard, now)
