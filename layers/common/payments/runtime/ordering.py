"""What every order of this deployment has in common, whichever way it is paid."""

from datetime import datetime

from payments.domain.payment import Payment, Way
from payments.runtime.http import Request, header
from payments.runtime.settings import listed, minutes, number, seconds, setting, time_zone
from payments.services.checkout import Conditions


class Ordering:
    """The settings, read once when the function starts; NotConfigured says which is missing."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.origins = listed("ALLOWED_ORIGINS")
        self.result_path = setting("RESULT_PATH")
        self.lifetime = minutes("CHECKOUT_MINUTES")
        self.hold = minutes("HOLD_MINUTES")
        self.most_declines = number("MOST_DECLINES")
        self.failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")
        self.zone = time_zone("TIME_ZONE")

    def conditions(self, event: Request, now: datetime) -> Conditions:
        """For one request; the customer comes back to the page that it came from, where that is one of ours."""
        origin = header(event, "origin")
        return Conditions(
            way=self.way,
            return_url=(origin if origin in self.origins else self.origins[0]) + self.result_path,
            lifetime=self.lifetime,
            hold=self.hold,
            most_declines=self.most_declines,
            failure_delay=self.failure_delay,
            day=f"{now.astimezone(self.zone):%Y-%m-%d}",
        )


def logged(payment: Payment) -> dict[str, object]:
    """What the log has of an order: no name, no address, no secret."""
    return {
        "payment_id": payment.id,
        "status": payment.status,
        "number": payment.order.number,
        "products": [line.sku for line in payment.order.lines],
        "quantities": [line.quantity for line in payment.order.lines],
        "amount": payment.asked.amount,
        "currency": payment.asked.currency,
    }
