"""What callers read: payments and products as the API's JSON. No name and no email is ever in it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.money import minor_units
from payments.domain.payment import Payment


def payment_view(payment: Payment, now: datetime) -> dict[str, Any]:
    """The answer to a status poll. Amounts are in minor units of `currency`."""
    attempt = payment.settled_attempt
    failure = payment.failure
    return {
        "paymentId": payment.id,
        "status": payment.status,
        "final": payment.status.final,
        "amount": payment.asked.amount,
        "amountRefunded": payment.returned,
        "currency": payment.asked.currency,
        "serviceType": payment.sku,
        "transactionId": payment.transaction_id,
        "receiptUrl": attempt.receipt_url if attempt else None,
        "checkoutUrl": _checkout_url(payment, now),
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
        "dispute": payment.dispute,
        "createdAt": _time(payment.created_at),
        "updatedAt": _time(payment.updated_at),
    }


def checkout_view(payment: Payment, now: datetime) -> dict[str, Any]:
    """The answer to a request for a checkout; `url` is null once the checkout can no longer be paid."""
    return {
        "paymentId": payment.id,
        "sessionId": payment.sessions[0].ref,
        "url": _checkout_url(payment, now),
        "status": payment.status,
        "expiresAt": _time(payment.expires_at),
    }


def products_view(products: Iterable[Product]) -> dict[str, Any]:
    return {"products": [_product_view(each) for each in products]}


def _product_view(product: Product) -> dict[str, Any]:
    match product.price:
        case FixedPrice(amount):
            kind, price = "fixed", {"amount": amount}
        case OpenPrice(minimum, maximum):
            kind, price = "open", {"min": minimum, "max": maximum}
    return {
        "sku": product.sku,
        "name": product.name,
        "kind": kind,
        "price": price,
        "currency": product.currency,
        "minorUnits": minor_units(product.currency),
    }


def _checkout_url(payment: Payment, now: datetime) -> str | None:
    return payment.checkout.url if payment.checkout and now < payment.expires_at else None


def _time(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
