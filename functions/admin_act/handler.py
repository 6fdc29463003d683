"""POST /admin/...: what an admin does about a payment; each act is audited with who did it, and safe to repeat."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import PaymentNotFound
from payments.domain.money import Money
from payments.domain.notices import Notice
from payments.domain.payment import is_payment_id
from payments.runtime.act_views import admin_view
from payments.runtime.bodies import ApprovalBody, ErasureBody, ResendBody, json_body, read
from payments.runtime.callers import Caller, admin
from payments.runtime.composition import mail_queue, stripe_api, table
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.invocation import publish
from payments.runtime.observability import Metric, about, logger_of, metrics
from payments.runtime.settings import seconds, setting
from payments.runtime.views import erasure_view, refreshed_view
from payments.services.acting import Acted
from payments.services.approval import approve
from payments.services.canceling import cancel
from payments.services.erasing import erase
from payments.services.refreshing import refresh
from payments.services.resending import resend

type Answer = tuple[int, Mapping[str, object]]

logger = logger_of("admin_act")
store = table()
stripe = stripe_api()
queue = mail_queue()
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")
group = setting("ADMIN_GROUP")
claim = setting("ADMIN_CLAIM")
salt = setting("ERASURE_SALT")


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


# By route.
_ACTS: Mapping[str, Callable[[Request, Caller], Answer]] = {
    "POST /admin/payments/{paymentId}/approval": _approve,
    "POST /admin/payments/{paymentId}/notices/resend": _resend,
    "POST /admin/payments/{paymentId}/cancel": _cancel,
    "POST /admin/payments/{paymentId}/refresh": _refresh,
    "POST /admin/erasures": _erase,
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
    publish(acted.postings, queue, logger)
    measured = metrics({Metric.of(acted.status): 1} if acted.status else {})
    told = {"status": acted.payment.status, "is_new": acted.is_new} | measured
    if acted.refusal:
        logger.info("learned", extra=told)
        raise acted.refusal
    logger.info(act, extra=told)
    return 200, admin_view(acted.payment, datetime.now(UTC))
