"""What every order of this deployment has in common, whichever way it is paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from payments.domain.conditions import Conditions
from payments.domain.payment import Payment, Way
from payments.runtime.http import Request, header


@dataclass(frozen=True)
class Ordering:
    """The settings of a function that takes orders; `zone` is where the business is."""

    way: Way
    origins: list[str]
    result_path: str
    lifetime: timedelta
    hold: timedelta
    most_declines: int
    failure_delay: timedelta
    zone: tzinfo

    def conditions(self, event: Request, now: datetime, client: str | None) -> Conditions:
        """For one request, by a client as it is counted; the customer comes back to the page that it came from, where
        that is one of ours."""
        origin = header(event, "origin")
        return Conditions(
            way=self.way,
            return_url=(origin if origin in self.origins else self.origins[0]) + self.result_path,
            lifetime=self.lifetime,
            hold=self.hold,
            most_declines=self.most_declines,
            failure_delay=self.failure_delay,
            day=f"{now.astimezone(self.zone):%Y-%m-%d}",
            client=client,
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
