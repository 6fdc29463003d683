"""Our webhook endpoint at Stripe: made, kept up to date, and changed to another version without a gap.

An endpoint has its version for good, and its signing secret is shown once, when it is made. So another version takes a
second endpoint beside the first: made to hear nothing, its secret kept together with the first's, switched on when
every function knows both, and only then the first goes. What is done already is seen from what there is, so that a run
may be interrupted anywhere, and the next one goes on.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

from payments.adapters.secrets import CACHED_SECONDS, listed
from payments.adapters.stripe.client import API_VERSION, is_of_our_release
from tools.deployment import DeploymentError

# Everything that teaches something new. What is not here would be understood, and cost an invocation for nothing.
EVENTS: Final = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
    "charge.succeeded",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.updated",
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
)

# Stripe makes no endpoint without events, so one whose secret is not known yet gets some that payments have no part in.
IDLE: Final = ("test_helpers.test_clock.created",)
# In an endpoint's metadata while it is to take the others' place: what its signing secret is known by.
MARK: Final = "quittance_taking_over"

# A secret that was read just before it changed, and clocks that differ a little.
KNOWN_SECONDS: Final = CACHED_SECONDS + 15
# Longer than Stripe waits for an answer: what is under way to an endpoint arrives before anything of it goes.
UNDER_WAY_SECONDS: Final = 30


class SigningSecret:
    """The deployment's secret of that purpose; the first of its values is the newest."""

    def __init__(self, secrets: Any, name: str) -> None:
        self._secrets = secrets
        self._name = name

    def values(self) -> tuple[str, ...]:
        """Every value that verifies; none while it is the placeholder."""
        return listed(self._read()["SecretString"])

    def put(self, values: Sequence[str]) -> None:
        text = values[0] if len(values) == 1 else json.dumps(list(values))
        self._secrets.put_secret_value(SecretId=self._name, SecretString=text)

    def unknown_seconds(self) -> float:
        """How long a function may go on with what was there before, by AWS's clock."""
        read = self._read()
        now = parsedate_to_datetime(read["ResponseMetadata"]["HTTPHeaders"]["date"])
        age: float = (now - read["CreatedDate"]).total_seconds()
        return max(0.0, KNOWN_SECONDS - age)

    def _read(self) -> Any:
        return self._secrets.get_secret_value(SecretId=self._name)


class WebhookEndpoint:
    """The one endpoint for `url`. `stripe` is the service of Stripe's library, `wait` takes seconds."""

    def __init__(
        self,
        url: str,
        description: str,
        stripe: Any,
        secret: SigningSecret,
        say: Callable[[str], object],
        wait: Callable[[float], object],
    ) -> None:
        self._url = url
        self._description = description
        self._stripe = stripe
        self._secret = secret
        self._say = say
        self._wait = wait
        self._has_changed = False

    def settle(self) -> None:
        """Afterwards there is exactly one: of our version, enabled, with our events, and verified by what is kept.

        Each change is said, and how it stands in the end. Until then, whatever Stripe tells can be verified, except
        where no endpoint was there. stripe.StripeError, and DeploymentError if someone else does the same just now.
        """
        keeper = self._keeper()
        if keeper is None:
            keeper = self._made()
        self._switch_on(keeper)
        self._let_others_go(keeper)
        self._finish(keeper)
        as_before = "" if self._has_changed else ", as before: nothing was to be changed there"
        self._say(f"The webhook endpoint {keeper.id} sends our events to {self._url}{as_before}.")

    def ours(self) -> list[Any]:
        return [each for each in self._stripe.list({"limit": 100}).auto_paging_iter() if each.url == self._url]

    def _keeper(self) -> Any | None:
        """The endpoint that is to stay, which may be one that is taking over; None if it is to be made."""
        ours, newest = self.ours(), _fingerprint(self._secret.values()[:1])
        able = [each for each in ours if is_of_our_release(each.api_version)]
        taking_over = [each for each in able if newest and each.metadata.to_dict().get(MARK) == newest]
        if taking_over:
            return taking_over[0]
        hearing = [each for each in ours if not _is_idle(each)]
        # Of several nobody knows whose secret is kept.
        is_sure = len(hearing) == 1 and hearing[0] in able and MARK not in hearing[0].metadata.to_dict()
        return hearing[0] if is_sure else None

    def _made(self) -> Any:
        for each in self.ours():
            if not _is_idle(each):
                self._tell(
                    f"The webhook endpoint {each.id} has API version {each.api_version}; {API_VERSION} takes over."
                )
                self._enable(each)
        made = self._stripe.create(
            {
                "url": self._url,
                "api_version": API_VERSION,
                "enabled_events": [*IDLE],
                "description": self._description,
            }
        )
        secret = str(made.secret)
        self._stripe.update(made.id, {"metadata": {MARK: _fingerprint([secret])}})
        self._secret.put([secret, *self._secret.values()])
        self._tell(f"The webhook endpoint {made.id} is made, and its signing secret is in its secret.")
        return made

    def _switch_on(self, keeper: Any) -> None:
        if _is_idle(keeper) and any(not _is_idle(each) for each in self.ours()):
            if seconds := self._secret.unknown_seconds():
                self._tell(
                    f"In {seconds / 60:.0f} minutes every function knows its signing secret beside the one before. "
                    "This may be interrupted, and goes on when run again."
                )
                self._wait(seconds)
            self._check(keeper)
        self._enable(keeper)
        if set(keeper.enabled_events) != set(EVENTS):
            self._stripe.update(keeper.id, {"enabled_events": [*EVENTS]})
            self._tell(f"The list of events of {keeper.id} is brought up to date.")

    def _enable(self, endpoint: Any) -> None:
        if endpoint.status != "enabled":
            self._stripe.update(endpoint.id, {"disabled": False})
            self._tell(
                f"The webhook endpoint {endpoint.id} was disabled, and is enabled again. What happened meanwhile, "
                "reconcile asks Stripe for."
            )

    def _let_others_go(self, keeper: Any) -> None:
        others = [each for each in self.ours() if each.id != keeper.id]
        if any(not _is_idle(each) for each in others):
            self._wait(UNDER_WAY_SECONDS)
            self._check(keeper)
        for each in others:
            self._stripe.delete(each.id)
            self._tell(f"The webhook endpoint {each.id} is deleted.")

    def _finish(self, keeper: Any) -> None:
        """Forgets the secrets of those that went."""
        if MARK not in self._stripe.retrieve(keeper.id).metadata.to_dict():
            return
        if len(self._secret.values()) > 1:
            self._wait(UNDER_WAY_SECONDS)
            self._check(keeper)
            self._secret.put(self._secret.values()[:1])
        self._stripe.update(keeper.id, {"metadata": {MARK: ""}})
        self._tell(f"Only the signing secret of {keeper.id} verifies from now on.")

    def _tell(self, change: str) -> None:
        self._has_changed = True
        self._say(change)

    def _check(self, keeper: Any) -> None:
        """Before anything that cannot be undone: a second run elsewhere may have begun anew meanwhile."""
        found = self._keeper()
        if found is None or found.id != keeper.id:
            raise DeploymentError("Someone else changes the webhook endpoint at the same time; run this again.")


def _is_idle(endpoint: Any) -> bool:
    return list(endpoint.enabled_events) == [*IDLE]


def _fingerprint(secrets: Sequence[str]) -> str:
    """Of the one secret, which is random enough not to be found by it; empty for none."""
    return hashlib.sha256(secrets[0].encode()).hexdigest()[:16] if secrets else ""
