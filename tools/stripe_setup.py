"""`python -m tools.stripe_setup`: puts Stripe's API key into its secret, and makes the webhook endpoint at Stripe.

It may be run again at any time, for another key or after an update: an endpoint that is there is kept. Neither the key
nor the signing secret is shown, written to a file, or part of a command that a shell would remember.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from typing import Final

import stripe

from payments.adapters.secrets import PLACEHOLDER
from payments.adapters.stripe.client import API_VERSION
from tools.deployment import Deployment, DeploymentError, deployment, in_words

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

type Ask = Callable[[str], str]


class StripeSetup:
    """`ask` shows a question and gives the answer, unseen by others."""

    def __init__(self, deployed: Deployment, ask: Ask, say: Callable[[str], object]) -> None:
        self._deployed = deployed
        self._ask = ask
        self._say = say
        self._secrets = deployed.client("secretsmanager")
        self._mode = "live" if deployed.parameters.get("StripeLivemode") == "true" else "test"

    def run(self) -> None:
        key = self._key()
        url = self._deployed.output("WebhookUrl")
        try:
            self._endpoint(key, url)
        except stripe.AuthenticationError:
            raise DeploymentError("Stripe does not know this API key; copy it once more.") from None
        except stripe.PermissionError:
            self._keep_key(key)
            self._say(
                "This key may not make webhook endpoints, as is right for a restricted one. At Stripe, under Webhooks, "
                f"add an endpoint for {url} with API version {API_VERSION}, snapshot payloads, and these events:"
            )
            self._say("\n".join(f"  {event}" for event in EVENTS))
            self._keep_signing_secret()
        except stripe.StripeError as error:
            raise DeploymentError(f"Stripe could not be asked: {error.user_message or type(error).__name__}") from None

    def _key(self) -> str:
        """The key that is typed; without one, the key that is there."""
        prefixes = f"sk_{self._mode}_ or rk_{self._mode}_"
        key = self._ask(f"Stripe API key, {prefixes}... (it is not shown; Enter keeps the one that is there): ").strip()
        if not key:
            stored = self._stored_key()
            if stored == PLACEHOLDER:
                raise DeploymentError(
                    f"There is no API key yet; Stripe's dashboard shows it under API keys: {prefixes}..."
                )
            return stored
        if not re.fullmatch(rf"[sr]k_{self._mode}_\w+", key):
            raise DeploymentError(
                f"{self._deployed.stack} takes {self._mode} payments (StripeLivemode in samconfig.toml): its key "
                f"begins with {prefixes}. One that begins with pk_ is the publishable key, which is not needed."
            )
        return key

    def _stored_key(self) -> str:
        name = self._deployed.output("StripeApiKeySecret")
        return str(self._secrets.get_secret_value(SecretId=name)["SecretString"])

    def _keep_key(self, key: str) -> None:
        """Once Stripe has answered to it: a mistyped key must not replace one that works."""
        if key != self._stored_key():
            self._secrets.put_secret_value(SecretId=self._deployed.output("StripeApiKeySecret"), SecretString=key)
            self._say("The API key is in its secret.")

    def _endpoint(self, key: str, url: str) -> None:
        api_base = self._deployed.parameters.get("StripeApiBase", "https://api.stripe.com")
        endpoints = stripe.StripeClient(key, base_addresses={"api": api_base}).v1.webhook_endpoints
        ours = [each for each in endpoints.list({"limit": 100}).auto_paging_iter() if each.url == url]
        self._keep_key(key)
        if not ours:
            made = endpoints.create(
                {
                    "url": url,
                    "api_version": API_VERSION,  # type: ignore[typeddict-item]  # one of those that Stripe lists
                    "enabled_events": [*EVENTS],
                    "description": f"Quittance, {self._deployed.stack}",
                }
            )
            self._put_signing_secret(str(made.secret))
            self._say(f"The webhook endpoint {made.id} sends to {url}, and its signing secret is in its secret.")
            return
        endpoint = ours[0]
        if endpoint.api_version != API_VERSION:
            raise DeploymentError(
                f"The webhook endpoint {endpoint.id} has API version {endpoint.api_version} for good, and this code "
                f"reads {API_VERSION}. Delete the endpoint in Stripe's dashboard and run this again."
            )
        endpoints.update(endpoint.id, {"enabled_events": [*EVENTS], "disabled": False})
        self._say(f"The webhook endpoint {endpoint.id} sends to {url} already; its list of events is up to date.")
        if self._has_no_signing_secret():
            self._keep_signing_secret()

    def _has_no_signing_secret(self) -> bool:
        name = self._deployed.output("StripeWebhookSecretName")
        return bool(self._secrets.get_secret_value(SecretId=name)["SecretString"] == PLACEHOLDER)

    def _keep_signing_secret(self) -> None:
        secret = self._ask("Its signing secret, whsec_... (it is not shown; Enter leaves what is there): ").strip()
        if not secret:
            if self._has_no_signing_secret():
                raise DeploymentError(
                    "Without its signing secret no webhook can be verified; run this again to give it."
                )
            return
        if not re.fullmatch(r"whsec_\w+", secret):
            raise DeploymentError(
                "A signing secret begins with whsec_; Stripe's dashboard reveals it with the endpoint."
            )
        self._put_signing_secret(secret)
        self._say("The signing secret is in its secret.")

    def _put_signing_secret(self, secret: str) -> None:
        name = self._deployed.output("StripeWebhookSecretName")
        self._secrets.put_secret_value(SecretId=name, SecretString=secret)


def main(arguments: Sequence[str] | None = None, ask: Ask = getpass) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stripe_setup", description=__doc__)
    parser.add_argument("--stage", required=True, help="the stack that samconfig.toml names for it")
    given = parser.parse_args(arguments)
    try:
        with in_words():
            StripeSetup(deployment(given.stage), ask, print).run()
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    print("Functions read their secrets anew every five minutes at the latest.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
