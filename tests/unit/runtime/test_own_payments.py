"""A customer's own payments as the API tells them."""

from payments.domain.own_payments import OwnPayment
from payments.domain.views import kept_view
from payments.runtime.own_payments import own_payments_view
from tests.builders import NOW, a_payment


def test_time_alone_closes_what_was_open() -> None:
    payment = a_payment()
    checkout = "https://checkout.stripe.com/c/pay/cs_test_a1"
    own = OwnPayment(
        payment_id=payment.id,
        status=payment.status,
        asked=payment.asked,
        created_at=payment.created_at,
        paid_at=None,
        received=(),
        returned=(),
        sku=payment.sku,
        number=None,
        dispute=None,
        access_key=payment.access_key,
        view=kept_view(payment) | {"payable": True, "checkoutUrl": checkout},
        expires_at=payment.expires_at,
    )

    (before,), (after,) = (own_payments_view([own], None, at)["payments"] for at in (NOW, payment.expires_at))

    assert (before["payable"], before["checkoutUrl"]) == (True, checkout)
    assert (after["payable"], after["checkoutUrl"]) == (False, None)
