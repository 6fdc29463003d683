"""docs/openapi.yaml: what the HTTP API and the webhook take and answer.

Made from what the functions run on: the template's routes, the models of bodies and answers, and the table of problems;
its examples are answers of the real code. `make openapi` writes it, and a test holds that it is current.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter

from local.ports import Ports
from local.template import Template
from payments.adapters.stripe.signature import verify_signature
from payments.domain import desk, dossier, errors, identifiers, order_views, payment, refund_errors
from payments.domain import views as domain_views
from payments.domain.attention import Attention, Reason
from payments.domain.customers import Card
from payments.domain.erasure import Erasure, Whom, WhomKind
from payments.domain.errors import PaymentsError
from payments.domain.facts import Attempt, AttemptState, Fact, Session, SessionState
from payments.domain.learning import learn
from payments.domain.order import Line, Order
from payments.domain.own_payments import OwnPayment
from payments.domain.payment import Customer, Payment
from payments.domain.pricing import cart_of, price
from payments.domain.stock import StockChange
from payments.domain.writes import AuditEntry
from payments.runtime import (
    admin_payment_views,
    admin_views,
    cards,
    erasure_views,
    own_payments,
    problems,
    products,
    quotes,
    views,
)
from payments.runtime.bodies import KEY, MOST_BODY_BYTES, claimant, json_body
from payments.runtime.cancel_bodies import CancelBody
from payments.runtime.clients import ClientRate
from payments.runtime.desk_bodies import ApprovalBody, ErasureBody, RefundBody, ResendBody, ShortageBody, StockBody
from payments.runtime.order_bodies import CheckoutBody, OwnIntentBody, purchase
from payments.runtime.problems import INTERNAL_ERROR, PROBLEMS, headers_of, problem
from tools.catalogue import read

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "openapi.yaml"

type Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_JSON, _PROBLEM_JSON = "application/json", "application/problem+json"
_VIEWS = [
    each
    for module in (
        order_views,
        domain_views,
        views,
        products,
        quotes,
        own_payments,
        cards,
        admin_payment_views,
        admin_views,
        erasure_views,
        problems,
    )
    for name, each in vars(module).items()
    if name.endswith("View")
]

_BODIES = [
    CheckoutBody,
    OwnIntentBody,
    CancelBody,
    quotes.QuoteBody,
    ApprovalBody,
    ErasureBody,
    RefundBody,
    ResendBody,
    ShortageBody,
    StockBody,
]

# What the types' names say to people only.
_PRECISELY: Mapping[str, Json] = {
    "PaymentId": {"pattern": f"^{identifiers.PAYMENT_ID.pattern}$"},
    "Currency": {"pattern": "^[a-z]{3}$", "description": "ISO 4217, in lower case."},
    "Day": {"format": "date"},
    "Time": {"format": "date-time", "description": "UTC, to the second."},
    "WebAddress": {"pattern": "^https?://"},
}
# API Gateway's own answers, with a body of its own; the first two where a route asks for a token.
_AUTHORIZER = {401: "No token, or none that holds", 403: "The token does not have the scope"}
_GATEWAY = {
    429: "Too many requests at once",
    500: "The function did not answer",
    503: "The function did not answer in time",
}


@dataclass(frozen=True)
class Operation:
    """What a function does for its callers; `refusals` are the errors that they are told of, `also` other
    statuses with the same answer."""

    name: str
    summary: str
    status: int
    answer: str
    view: str
    example: object
    refusals: Sequence[type[PaymentsError]] = ()
    also: Mapping[int, str] = field(default_factory=dict)
    parameters: Sequence[Json] = ()
    body: Json | None = None
    links: Json | None = None
    file: str | None = None
    """The media type of an answer that is no JSON; that has neither view nor example, and one without content neither
    of the three."""


_PAYMENT_ID: Json = {
    "name": "paymentId",
    "in": "path",
    "required": True,
    "schema": {"$ref": _REF.format(model="PaymentId")},
}


# Of a form whose field was left empty, too.
_A_DAY: Json = {"anyOf": [{"format": "date"}, {"const": ""}]}


def _asked(name: str, description: str, **schema: object) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"} | schema}


_CURSOR = _asked("cursor", "The `cursor` of the page before, to go on there.")
_DAYS = (
    _asked("from", f"The first day of orders, in the business's time zone. At most {desk.MOST_DAYS} days.", **_A_DAY),
    _asked("to", "The last day, included; today if it is left out.", **_A_DAY),
)
_ACCESS_TOKEN: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of the OpenID provider; for /admin of somebody who is in the group of admins.",
}
_AN_ORDER = {"name": "Ada Lovelace", "email": "ada@example.com", "serviceType": "consulting-hour"}
_NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_STOCK = {"enamel-mug": 25, "notebook": 25, "evening-talk": 25}
_CATALOGUE = read(ROOT / "catalogue.yaml")
_PRODUCTS = _CATALOGUE.products
_A_QUOTE = {
    "items": [{"sku": "enamel-mug", "quantity": 2}, {"sku": "stickers", "quantity": 1}],
    "address": {"country": "CA"},
}
_CART = cart_of({"enamel-mug": 2, "stickers": 1}, {each.sku: each for each in _PRODUCTS})
_QUOTED = price(_CART, _CATALOGUE.terms, "CA"), _CART.currency


# What everybody is told who is not let in, or came at a bad moment.
_OF_THE_DESK = (errors.NotSignedIn, errors.NotAdmin, errors.PaymentNotFound, errors.TryAgain, errors.NewerRelease)
_OF_BODIES = (errors.InvalidBody, errors.BodyTooLarge, errors.UnsupportedMediaType, errors.ValidationFailed)


def _body(model: str, example: object) -> Json:
    return {
        "required": True,
        "description": f"At most {MOST_BODY_BYTES} bytes.",
        "content": {_JSON: {"schema": {"$ref": _REF.format(model=model)}, "example": example}},
    }


def _ordered() -> Payment:
    (product,) = (each for each in _PRODUCTS if each.sku == _AN_ORDER["serviceType"])
    asked = product.charge(None, None)
    session = Session(
        ref="cs_test_a1",
        state=SessionState.OPEN,
        amount=asked.amount,
        currency=asked.currency,
        url="https://checkout.stripe.com/c/pay/cs_test_a1",
    )
    return Payment(
        id="pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH",
        asked=asked,
        order=Order((Line(product.sku, product.name, 1, asked.amount),), "7K3M-9XQ2"),
        customer=Customer(_AN_ORDER["name"], _AN_ORDER["email"]),
        return_url="",
        created_at=_NOW,
        expires_at=_NOW + timedelta(hours=23),
        updated_at=_NOW,
        asked_at=_NOW,
        day="2026-11-21",
        access_key="kq2GfVUpWq0bDd9mT5xYzA",
        facts={session.key: session},
    )


def _on_page(customer_secret: str | None) -> views.IntentView:
    return views.intent_view(
        _ordered(),
        "pi_3SVo1a_secret_9Zr8Qn2mX",
        customer_secret,
        payment_method=None,
        publishable_key="pk_test_51NzQ",
    )


def _paid() -> Payment:
    ordered = _ordered()
    charge = Attempt(
        ref="ch_3SVo1a",
        state=AttemptState.SUCCEEDED,
        amount=ordered.asked.amount,
        currency=ordered.asked.currency,
        created=int(_NOW.timestamp()) + 42,
        receipt_url="https://pay.stripe.com/receipts/payment/a1",
    )
    return learn(ordered, [charge])[0]


def _closed() -> Payment:
    ordered = _ordered()
    return learn(ordered, [replace(ordered.sessions[0], state=SessionState.EXPIRED, url=None)])[0]


_ERASURE = Erasure.of(Whom(WhomKind.EMAIL, "ada@example.com"), ("pay_1",), by="", salt="", now=_NOW)


def _own() -> OwnPayment:
    """The same in its customer's list."""
    paid = _paid()
    return OwnPayment(
        payment_id=paid.id,
        status=paid.status,
        asked=paid.asked,
        created_at=paid.created_at,
        paid_at=paid.paid_at,
        received=tuple(paid.balance.received_sums),
        returned=tuple(paid.balance.returned_sums),
        sku=paid.sku,
        number=None,
        dispute=None,
        access_key=paid.access_key,
        view=domain_views.kept_view(paid),
        expires_at=paid.expires_at,
    )


_CARD = Card(
    id="pm_1SVo1a",
    customer="cus_TSaved",
    removed_from=None,
    created=int(_NOW.timestamp()),
    fingerprint="Xt5EWLLDS7FJjR1c",
    brand="visa",
    last4="4242",
    exp_month=12,
    exp_year=2034,
    wallet=None,
)


def _row() -> desk.PaymentRow:
    paid = _paid()
    return desk.PaymentRow(
        payment_id=paid.id,
        status=paid.status,
        asked=paid.asked,
        created_at=paid.created_at,
        paid_at=paid.paid_at,
        received=paid.balance.received_sums,
        returned=paid.balance.returned_sums,
        sku=paid.sku,
        number=paid.order.number,
        dispute=None,
    )


def _dossier() -> dossier.Dossier:
    paid = _paid()
    return dossier.Dossier(
        payment=paid,
        view=domain_views.payment_view(paid, _NOW),
        name=paid.customer.name,
        email=paid.customer.email,
        user=None,
        metadata={},
        day=paid.day,
        expires_at=paid.expires_at,
        attention=None,
        facts=tuple(
            dossier.KeptFact(kind=each.kind, ref=each.ref, state=each.state, learned_at=_NOW, details=_beside(each))
            for each in paid.facts.values()
        ),
        notices=(
            dossier.KeptNotice(
                name="payment_confirmation",
                state="sent",
                due_since=_NOW + timedelta(seconds=44),
                attempts=1,
                settled_at=_NOW + timedelta(seconds=45),
                note="0100018fc0ffee",
            ),
        ),
        trail=(
            AuditEntry(
                "evt_3SVo1a",
                "charge.succeeded",
                ("attempt#ch_3SVo1a: unknown -> succeeded",),
                _NOW + timedelta(seconds=44),
            ),
        ),
    )


def _beside(fact: Fact) -> Json:
    """A fact's details beside what every fact has."""
    return {name: value for name, value in fact.details.items() if name not in ("ref", "state")}


_WAITING = desk.Waiting(_ordered().id, "succeeded", Attention((Reason.DISPUTE,), _NOW, _NOW + timedelta(days=7)))
_NOT_FOR_EVERYONE = (errors.NotSignedIn, errors.NotAdmin)

_SKU: Json = {"name": "sku", "in": "path", "required": True, "schema": {"type": "string"}}
_DELIVERY = StockChange("adm_stock_1", "enamel-mug", 5, "a delivery", "grace-1", _NOW)
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repetition a repetition, for a day. A UUID is a good one.",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}
_ADMIN_PAYMENT: Json = dict(admin_payment_views.admin_payment_view(_dossier(), "https://dashboard.stripe.com", _NOW))
_REFUNDED: Json = {
    "refundRequest": {
        "ref": "5b1f0c7de0a94c61a2ad3d7a6f6f3f1a5b1f0c7de0a94c61a2ad3d7a6f6f3f1a",
        "state": "done",
        "amount": 2100,
        "currency": "usd",
        "intent": "pi_3SVo1a",
        "reason": "requested_by_customer",
        "by": "grace-1",
        "requestedAt": "2026-11-21T09:05:00Z",
        "refundId": "re_3SVo1a",
        "detail": None,
    },
    "payment": _ADMIN_PAYMENT,
}

_OVER: Json = {"status": "expired", "final": True, "payable": False, "checkoutUrl": None}

_ORDER = Operation(
    name="createCheckoutSession",
    summary="Order something: a payment, and the checkout where the customer pays",
    status=201,
    answer="The checkout. The same Idempotency-Key with the same order gets the same one.",
    view="CheckoutView",
    example=views.checkout_view(_ordered(), _NOW),
    refusals=(
        errors.InvalidBody,
        errors.InvalidIdempotencyKey,
        errors.IdempotencyKeyReused,
        errors.OutOfStock,
        errors.PriceChanged,
        errors.AlreadyPaid,
        errors.BeingPaid,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
        errors.ValidationFailed,
        errors.RateLimited,
        errors.StripeRefused,
        errors.StripeUnavailable,
        errors.TryAgain,
        errors.NewerRelease,
    ),
    parameters=[_KEY],
    body=_body("CheckoutBody", _AN_ORDER),
    links={
        name: {"operationId": operation, "parameters": {"paymentId": "$response.body#/paymentId"}}
        for name, operation in (("status", "getPayment"), ("refresh", "refreshPayment"))
    },
)

_ON_PAGE = replace(
    _ORDER,
    name="createPaymentIntent",
    summary="Order something, and get what a form on the page pays it with",
    answer="The payment with its intent. A repetition with the same key gets the same one, and the payment as it is.",
    view="IntentView",
    example=_on_page(None),
)

# By route; the Function URL's by its function's logical id in the template.
OPERATIONS: Mapping[str, Operation] = {
    "POST /checkout-sessions": _ORDER,
    "POST /me/checkout-sessions": replace(
        _ORDER,
        name="createCheckoutSessionOfMine",
        summary="The same by somebody who is signed in, whose payment it is then",
        refusals=(errors.NotSignedIn, *_ORDER.refusals),
    ),
    "POST /payment-intents": _ON_PAGE,
    "POST /me/payment-intents": replace(
        _ON_PAGE,
        name="createPaymentIntentOfMine",
        summary="The same by somebody who is signed in, whose payment it is then, with their saved cards",
        example=_on_page("cuss_secret_TSaved"),
        refusals=(errors.NotSignedIn, *_ON_PAGE.refusals),
        body=_body("OwnIntentBody", _AN_ORDER | {"saveMethod": True}),
    ),
    "GET /me/payment-methods": Operation(
        name="listPaymentMethods",
        summary="The caller's saved cards, the newest first",
        status=200,
        answer="The cards, as Stripe has them now. One that was saved twice is there once.",
        view="PaymentMethodsView",
        example=cards.cards_view([_CARD], _NOW),
        refusals=(errors.NotSignedIn, errors.StripeRefused, errors.StripeUnavailable, errors.TryAgain),
    ),
    "POST /me/payment-methods": Operation(
        name="addPaymentMethod",
        summary="Get what a form on the page saves another card with",
        status=201,
        answer="A SetupIntent's secret. The card is saved once the page has confirmed it with Stripe.",
        view="SetupView",
        example=cards.setup_view("seti_1SVo1a_secret_9Zr8Qn2mX", "pk_test_51NzQ"),
        refusals=(
            errors.NotSignedIn,
            errors.RateLimited,
            errors.StripeRefused,
            errors.StripeUnavailable,
            errors.TryAgain,
        ),
    ),
    "DELETE /me/payment-methods/{paymentMethodId}": Operation(
        name="removePaymentMethod",
        summary="Take one of the caller's cards away, however often it was saved",
        status=204,
        answer="It is gone, now or since before.",
        view="",
        example=None,
        refusals=(
            errors.NotSignedIn,
            errors.PaymentMethodNotFound,
            errors.StripeRefused,
            errors.StripeUnavailable,
            errors.TryAgain,
        ),
        parameters=[{"name": "paymentMethodId", "in": "path", "required": True, "schema": {"type": "string"}}],
    ),
    "GET /me/payments": Operation(
        name="listPaymentsOfMine",
        summary="What the caller has ordered, the newest first",
        status=200,
        answer="At most 25 payments, and a cursor for older ones. What was ordered in the last moment may be missing.",
        view="OwnPaymentsView",
        example=own_payments.own_payments_view([_own()], None, _NOW),
        refusals=(errors.NotSignedIn, errors.ValidationFailed, errors.TryAgain),
        parameters=[
            {
                "name": "cursor",
                "in": "query",
                "description": "As the last answer has it.",
                "schema": {"type": "string", "maxLength": own_payments.LONGEST_CURSOR},
            }
        ],
    ),
    "GET /payments/{paymentId}/invoice.pdf": Operation(
        name="getInvoice",
        summary="The invoice of a payment, or what corrects it, as a PDF",
        status=200,
        answer="The document. It is the same for ever, but that it names nobody who was erased.",
        view="",
        example=None,
        file="application/pdf",
        refusals=(errors.PaymentNotFound, errors.TryAgain, errors.NewerRelease),
        parameters=[
            _PAYMENT_ID,
            _asked("key", "The payment's `accessKey`.") | {"required": True},
            _asked("number", "Of a credit note, or of the cancellation of one; the invoice if it is left out."),
        ],
    ),
    "GET /payments/{paymentId}": Operation(
        name="getPayment",
        summary="How a payment stands",
        status=200,
        answer="The payment, as far as it is known by now. It names no person.",
        view="PaymentView",
        example=domain_views.payment_view(_paid(), _NOW),
        refusals=(errors.PaymentNotFound, errors.TryAgain, errors.NewerRelease),
        parameters=[_PAYMENT_ID],
    ),
    "POST /payments/{paymentId}/refresh": Operation(
        name="refreshPayment",
        summary="How a payment stands, after asking Stripe, which is asked once in ten seconds at most",
        status=200,
        answer="The payment, and when Stripe was last asked about it. Where it cannot be asked now, what is known.",
        view="RefreshedView",
        example=views.refreshed_view(domain_views.payment_view(_paid(), _NOW), _NOW + timedelta(minutes=1)),
        refusals=(errors.PaymentNotFound, errors.TryAgain, errors.NewerRelease),
        parameters=[_PAYMENT_ID],
    ),
    "POST /payments/{paymentId}/cancel": Operation(
        name="cancelOwnPayment",
        summary="Have Stripe close an open payment, by whoever ordered",
        status=200,
        answer="The payment, which is over. A repetition gets the same.",
        view="PaymentView",
        example={**domain_views.payment_view(_ordered(), _NOW), **_OVER},
        refusals=(
            *_OF_BODIES,
            errors.PaymentNotFound,
            errors.NotCancelable,
            errors.StripeRefused,
            errors.StripeUnavailable,
            errors.TryAgain,
            errors.NewerRelease,
        ),
        parameters=[_PAYMENT_ID],
        body=_body("CancelBody", {"accessKey": "kq2GfVUpWq0bDd9mT5xYzA"}),
    ),
    "GET /products": Operation(
        name="listProducts",
        summary="What is for sale",
        status=200,
        answer="The catalogue.",
        view="ProductsView",
        example=products.products_view(_PRODUCTS, _STOCK),
        refusals=(errors.TryAgain,),
    ),
    "POST /quotes": Operation(
        name="quoteOrder",
        summary="What an order would cost; nothing is kept of it",
        status=200,
        answer="The order with its totals, at today's prices.",
        view="QuoteView",
        example=quotes.quote_view(*_QUOTED),
        refusals=(*_OF_BODIES, errors.TryAgain, errors.NewerRelease),
        body=_body("QuoteBody", _A_QUOTE),
    ),
    "GET /admin/attention": Operation(
        name="listAttention",
        summary="What waits for a person, the most urgent first",
        status=200,
        answer="A page of payments and mails. Go on until there is no cursor.",
        view="AttentionListView",
        example=admin_views.attention_list_view([_WAITING], None),
        refusals=(*_NOT_FOR_EVERYONE, errors.ValidationFailed, errors.TryAgain),
        parameters=[_CURSOR],
    ),
    "GET /admin/payments": Operation(
        name="listPayments",
        summary="Payments by the day of their order, the newest first, or those that one field finds",
        status=200,
        answer="A page of payments, which may be empty. Go on until there is no cursor.",
        view="PaymentsView",
        example=admin_views.payments_view([_row()], None),
        refusals=(*_NOT_FOR_EVERYONE, errors.ValidationFailed, errors.TryAgain),
        parameters=[
            _asked(
                "q",
                "An order's number, a payment's id, Stripe's session, intent or paid charge, a mail address, or the "
                "`sub` of a user. Alone: it finds payments of every day and status.",
            ),
            _asked("user", "The `sub` of a user, whatever it looks like; alone as well."),
            *_DAYS,
            _asked("status", "Payments of this status only.", enum=[each.value for each in payment.Status]),
            _CURSOR,
        ],
    ),
    "GET /admin/payments/{paymentId}": Operation(
        name="getPaymentForAdmins",
        summary="Everything about a payment",
        status=200,
        answer="The payment as it is now.",
        view="AdminPaymentView",
        example=_ADMIN_PAYMENT,
        refusals=(*_NOT_FOR_EVERYONE, errors.PaymentNotFound, errors.TryAgain, errors.NewerRelease),
        parameters=[_PAYMENT_ID],
    ),
    "GET /admin/stats": Operation(
        name="getStatistics",
        summary="How many payments there are by day, currency and status, and their sums",
        status=200,
        answer="The sums, as the payments stand now.",
        view="StatisticsView",
        example=admin_views.statistics_view({("2026-11-21", "usd", "succeeded"): desk.Tally(1, 9900, 9900, 0)}),
        refusals=(*_NOT_FOR_EVERYONE, errors.ValidationFailed, errors.TryAgain),
        parameters=_DAYS,
    ),
    "GET /admin/products": Operation(
        name="listProductsForAdmins",
        summary="What is for sale, for the desk",
        status=200,
        answer="The catalogue.",
        view="ProductsView",
        example=products.products_view(_PRODUCTS, _STOCK),
        refusals=(*_NOT_FOR_EVERYONE, errors.TryAgain),
    ),
    "GET /admin/products/{sku}": Operation(
        name="getProductForAdmins",
        summary="A product, how many are left, and who changed that",
        status=200,
        answer="The product as it is now.",
        view="AdminProductView",
        example=products.admin_product_view(next(each for each in _PRODUCTS if each.stocked), 30, [_DELIVERY]),
        refusals=(*_NOT_FOR_EVERYONE, errors.ProductNotFound, errors.TryAgain, errors.NewerRelease),
        parameters=[_SKU],
    ),
    "POST /admin/payments/{paymentId}/shortages": Operation(
        name="settleShortage",
        summary="Say what becomes of something that was paid for and is not there",
        status=200,
        answer="The payment. A repetition changes nothing.",
        view="AdminPaymentView",
        example=_ADMIN_PAYMENT,
        refusals=(*_OF_BODIES, *_OF_THE_DESK, errors.NothingToSettle, errors.StockTooLow),
        parameters=[_PAYMENT_ID],
        body=_body("ShortageBody", {"sku": "enamel-mug", "resolution": "supplied"}),
    ),
    "POST /admin/payments/{paymentId}/refunds": Operation(
        name="refundPayment",
        summary="Give money back, once for an Idempotency-Key",
        status=201,
        answer="Stripe has answered: the request, and the payment with it.",
        also={202: "It is not known yet whether Stripe did it; it is found out by itself, and by the same request."},
        view="RefundOutcomeView",
        example=_REFUNDED,
        refusals=(
            *_OF_BODIES,
            *_OF_THE_DESK,
            errors.IdempotencyKeyRequired,
            errors.InvalidIdempotencyKey,
            errors.IdempotencyKeyReused,
            refund_errors.NothingToRefund,
            refund_errors.IntentRequired,
            refund_errors.RefundExceeds,
            refund_errors.RefundRefused,
        ),
        parameters=[_PAYMENT_ID, _KEY | {"required": True}],
        body=_body("RefundBody", {"amount": 2100, "reason": "requested_by_customer"}),
    ),
    "POST /admin/payments/{paymentId}/refunds/{ref}/withdraw": Operation(
        name="withdrawRefund",
        summary="Close a request for a refund that Stripe has not answered",
        status=200,
        answer="The request, withdrawn, and the payment with it.",
        view="RefundOutcomeView",
        example=_REFUNDED,
        refusals=(
            *_OF_THE_DESK,
            errors.StripeRefused,
            errors.StripeUnavailable,
            refund_errors.RefundRequestNotFound,
            refund_errors.NotWithdrawable,
        ),
        parameters=[
            _PAYMENT_ID,
            {"name": "ref", "in": "path", "required": True, "schema": {"type": "string"}},
        ],
    ),
    "POST /admin/payments/{paymentId}/approval": Operation(
        name="approvePayment",
        summary="Accept what was received for a payment in review",
        status=200,
        answer="The payment. A repetition changes nothing.",
        view="AdminPaymentView",
        example=_ADMIN_PAYMENT,
        refusals=(*_OF_BODIES, *_OF_THE_DESK, errors.NothingToApprove),
        parameters=[_PAYMENT_ID],
        body=_body("ApprovalBody", {"amount": 5000, "currency": "usd"}),
    ),
    "POST /admin/erasures": Operation(
        name="erasePerson",
        summary="Take a person out of their payments; the books stay",
        status=202,
        answer="How far it is; the rest follows by itself. Asking again goes on with it.",
        view="ErasureView",
        example=erasure_views.erasure_view(_ERASURE),
        refusals=(*_OF_BODIES, *_OF_THE_DESK),
        body=_body("ErasureBody", {"email": "ada@example.com"}),
    ),
    "POST /admin/products/{sku}/stock": Operation(
        name="changeStock",
        summary="Put more of a product into stock, or take some away",
        status=200,
        answer="What is left now. A repetition changes nothing.",
        view="StockView",
        example={"sku": "enamel-mug", "left": 30},
        refusals=(
            *_OF_BODIES,
            *_NOT_FOR_EVERYONE,
            errors.ProductNotFound,
            errors.StockTooLow,
            errors.IdempotencyKeyRequired,
            errors.InvalidIdempotencyKey,
            errors.IdempotencyKeyReused,
            errors.TryAgain,
            errors.NewerRelease,
        ),
        parameters=[
            _SKU,
            _KEY | {"required": True},
        ],
        body=_body("StockBody", {"change": 5, "reason": "a delivery"}),
    ),
    "POST /admin/payments/{paymentId}/notices/resend": Operation(
        name="resendNotice",
        summary="Have a mail sent again",
        status=200,
        answer="The payment; the mail is due. A repetition within a minute sends no second one.",
        view="AdminPaymentView",
        example=_ADMIN_PAYMENT,
        refusals=(*_OF_BODIES, *_OF_THE_DESK, errors.NoticeNotFound, errors.NotResendable),
        parameters=[_PAYMENT_ID],
        body=_body("ResendBody", {"kind": "payment_confirmation"}),
    ),
    "POST /admin/payments/{paymentId}/cancel": Operation(
        name="cancelPayment",
        summary="Have Stripe close an open payment, so that nobody can pay it any more",
        status=200,
        answer="The payment, which is over.",
        view="AdminPaymentView",
        example=_ADMIN_PAYMENT | {"status": "expired"},
        refusals=(*_OF_THE_DESK, errors.NotCancelable, errors.StripeRefused, errors.StripeUnavailable),
        parameters=[_PAYMENT_ID],
    ),
    "POST /admin/payments/{paymentId}/refresh": Operation(
        name="refreshPaymentForAdmins",
        summary="How a payment stands, after asking Stripe, which is asked once in ten seconds at most",
        status=200,
        answer="The payment, and when Stripe was last asked about it. Where it cannot be asked now, what is known.",
        view="RefreshedAdminPaymentView",
        example=views.refreshed_view(_ADMIN_PAYMENT, _NOW + timedelta(minutes=1)),
        refusals=_OF_THE_DESK,
        parameters=[_PAYMENT_ID],
    ),
    "StripeWebhook": Operation(
        name="hearStripe",
        summary="Where Stripe sends its events",
        status=200,
        answer="What the event taught is durable, or there was nothing in it for this system.",
        view="ReceivedView",
        example=views.RECEIVED,
        refusals=(
            errors.InvalidSignature,
            errors.InvalidBody,
            errors.BodyTooLarge,
            errors.StripeRefused,
            errors.StripeUnavailable,
            errors.TryAgain,
            errors.NewerRelease,
        ),
        parameters=[
            {
                "name": "Stripe-Signature",
                "in": "header",
                "required": True,
                "description": "https://docs.stripe.com/webhooks/signature",
                "schema": {"type": "string"},
            }
        ],
        body={
            "required": True,
            "description": "One of Stripe's events, https://docs.stripe.com/api/events. At most 1 MiB.",
            "content": {_JSON: {"schema": {"type": "object"}}},
        },
    ),
}


class _Full:
    """Everybody has met the limit."""

    def count_order(self, *_: object) -> bool:
        return False


_RATE = ClientRate(1, bytes, _Full(), report=print)

# Errors as the real code raises them, where little is needed to provoke it.
_PROVOKED: Mapping[type[PaymentsError], Callable[[], object]] = {
    errors.InvalidBody: lambda: json_body({"body": "{"}),
    errors.InvalidIdempotencyKey: lambda: claimant({"headers": {"idempotency-key": "two words"}}, "", {}),
    errors.UnsupportedMediaType: lambda: json_body({"headers": {"content-type": "text/plain"}}),
    errors.ValidationFailed: lambda: purchase(_AN_ORDER | {"email": "ada"}, None),
    errors.RateLimited: lambda: _RATE.admit({}, "ada-1", _NOW + timedelta(seconds=37)),
    errors.InvalidSignature: lambda: verify_signature(b"{}", None, tuple),
}


def document(template: Template) -> Json:
    """The OpenAPI document of what the template deploys; KeyError for a route that is not described here."""
    paths: Json = {}
    for function in template.functions.values():
        for route in function.routes:
            described = _described(OPERATIONS[route.key], _GATEWAY | (_AUTHORIZER if route.authorizer else {}))
            if route.authorizer:
                described["security"] = [{"accessToken": []}]
            paths.setdefault(str(route.path), {})[str(route.method).lower()] = described
        if function.has_url:
            paths["/"] = {
                "servers": [_server("webhook", "The Function URL of `make run`")],
                "post": _described(OPERATIONS[function.logical_id], {}),
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quittance",
            "version": "1",
            "description": "One-time Stripe payments. Amounts are integers in ISO 4217 minor units of their currency: "
            "9900 is 99.00 in usd, 9900 in jpy.",
        },
        "servers": [_server("api", "The HTTP API of `make run`")],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": {"accessToken": _ACCESS_TOKEN}},
    }


def text() -> str:
    """The document as it is to be in the repository."""
    content = document(Template(ROOT / "template.yaml"))
    note = "# Made by `make openapi` from the code, the template and the catalogue; change those.\n"
    return note + yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes a thing that occurs twice twice, and our enums as the texts they are."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_multi_representer(str, lambda dumper, value: dumper.represent_str(str(value)))


def _server(port: str, description: str) -> Json:
    (number,) = (field.default for field in fields(Ports) if field.name == port)
    return {"url": f"http://localhost:{number}", "description": description}


def _described(operation: Operation, of_the_gateway: Mapping[int, str]) -> Json:
    content: Json = {_JSON: {"schema": {"$ref": _REF.format(model=operation.view)}, "example": operation.example}}
    if operation.file:
        content = {operation.file: {"schema": {"contentMediaType": operation.file}}}
    success: Json = {
        "description": operation.answer,
        "headers": {"cache-control": {"schema": {"const": "private, no-store" if operation.file else "no-store"}}},
    }
    if operation.view or operation.file:
        success["content"] = content
    if operation.links:
        success["links"] = operation.links
    refusals = _refusals(operation)
    for status, description in of_the_gateway.items():
        response = refusals.setdefault(status, {"description": description, "content": {}})
        response["content"][_JSON] = {"schema": {"$ref": _REF.format(model="GatewayMessage")}}
    described: Json = {"operationId": operation.name, "summary": operation.summary}
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body:
        described["requestBody"] = operation.body
    also = {status: success | {"description": told} for status, told in operation.also.items()}
    responses = {operation.status: success} | also | dict(sorted(refusals.items()))
    return described | {"responses": {str(status): response for status, response in responses.items()}}


def _refusals(operation: Operation) -> dict[int, Json]:
    """The problems that an operation answers with, by status."""
    found: dict[int, list[tuple[str, type[PaymentsError]]]] = {}
    for error in operation.refusals:
        status, title = PROBLEMS[error]
        found.setdefault(status, []).append((title, error))
    status, title = INTERNAL_ERROR
    found.setdefault(status, []).append((title, PaymentsError))
    return {status: _refusal(status, told) for status, told in found.items()}


def _refusal(status: int, told: Sequence[tuple[str, type[PaymentsError]]]) -> Json:
    codes = [error.code for _, error in told]
    precisely = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    content: Json = {"schema": {"allOf": [{"$ref": _REF.format(model="ProblemView")}, precisely]}}
    provoked = [*_provoked(error for _, error in told)]
    if provoked:
        content["examples"] = {each["code"]: {"value": each} for _, _, each in provoked}
    response: Json = {"description": "; ".join(title for title, _ in told), "content": {_PROBLEM_JSON: content}}
    if headers := next((each for _, each, _ in provoked if each), headers_of(status)):
        response["headers"] = {name: {"schema": {"type": "string"}, "example": each} for name, each in headers.items()}
    return response


def _provoked(told: Iterator[type[PaymentsError]]) -> Iterator[tuple[int, Mapping[str, str], Json]]:
    """Status, headers and body of those that are easily provoked."""
    for error in told:
        try:
            _PROVOKED.get(error, lambda: None)()
        except PaymentsError as provoked:
            status, headers, body = problem(provoked, "5d9c1e0a-6d4c-4f0e-9f3b-2f1f6f0f7c11")
            yield status, headers, dict(body)


def _schemas() -> Json:
    """Every model's schema by name."""
    for view in _VIEWS:
        view.__pydantic_config__ = ConfigDict(use_attribute_docstrings=True)
    adapters = [(view.__name__, "serialization", TypeAdapter(view)) for view in _VIEWS]
    adapters += [(body.__name__, "validation", TypeAdapter(body)) for body in _BODIES]
    _, made = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type]
    schemas: Json = {name: schema | _PRECISELY.get(name, {}) for name, schema in _untitled(made["$defs"]).items()}
    schemas["GatewayMessage"] = {
        "description": "An answer of API Gateway itself.",
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    }
    return dict(sorted(schemas.items()))


def _untitled(schema: Any) -> Any:
    """Without pydantic's titles, which repeat the names."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(value) for key, value in schema.items() if key != "title" or not isinstance(value, str)}


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
