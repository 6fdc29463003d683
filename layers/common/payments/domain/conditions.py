"""On what conditions orders are taken."""

from dataclasses import dataclass
from datetime import timedelta

from payments.domain.payment import Way


@dataclass(frozen=True)
class Conditions:
    """What holds for every checkout of this deployment: in what way it is paid, where the customer comes back to, how
    long it can be paid, `hold` where something of it is from stock, after how many declines it is closed, the day that
    it is now where the business is, and the client that declines are counted for, None for nobody."""

    way: Way
    return_url: str
    lifetime: timedelta
    hold: timedelta
    most_declines: int
    failure_delay: timedelta
    day: str
    client: str | None = None
