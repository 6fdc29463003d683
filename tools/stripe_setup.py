"""`python -m tools.stripe_setup`: puts Stripe's API key into its secret, and makes the webhook endpoint at Stripe.

It may be run again at any time, for another key or after an update: an endpoint that is there is kept, or changed to
another version without a gap. Neither the key nor the signing secret is shown, written to a file, or part of a command
that a shell would remember.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from getpass import getpass

import stripe

from payments.adapters.secrets import PLACEHOLDER
from payments.adapters.stripe.client import API_VERSION
from tools.deployment import Deployment, DeploymentError, deployment, in_words
from tools.webhook_endpoint import EVENTS, SigningSecret, WebhookEndpoint

_SOON = "Functions read it anew within five minutes."

type Ask = Callable[[str], str]
type Wait = Callable[[float], object]


class StripeSetup:
    """`ask` shows a question and gives the answer, unseen by others; `wait` takes seconds."""

    def __init__(self, deployed: Deployment, ask: Ask, say: Callable[[str], object], wait: Wait) -> None:
        self._deployed = deployed
        self._ask = ask
        self._say = say
        self._wait = wait
        self._secrets = deployed.client("secretsmanager")
        self._signing_secret = SigningSecret(self._secrets, deployed.output("StripeWebhookSecretName"))
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
            self._say(f"The API key is in its secret. {_SOON}")

    def _endpoint(self, key: str, url: str) -> None:
        api_base = self._deployed.parameters.get("StripeApiBase", "https://api.stripe.com")
        service = stripe.StripeClient(key, base_addresses={"api": api_base}).v1.webhook_endpoints
        description = f"Quittance, {self._deployed.stack}"
        endpoint = WebhookEndpoint(url, description, service, self._signing_secret, self._say, self._wait)
        endpoint.ours()
        self._keep_key(key)
        endpoint.settle()
        if not self._signing_secret.values():
            self._keep_signing_secret()

    def _keep_signing_secret(self) -> None:
        secrets = self._ask(
            "Its signing secret, whsec_...; while one takes another's place both, the new one first, with a space "
            "between (it is not shown; Enter leaves what is there): "
        ).split()
        if not secrets:
            if not self._signing_secret.values():
                raise DeploymentError(
                    "Without its signing secret no webhook can be verified; run this again to give it."
                )
            return
        if not all(re.fullmatch(r"whsec_\w+", each) for each in secrets):
            raise DeploymentError(
                "A signing secret begins with whsec_; Stripe's dashboard reveals it with the endpoint."
            )
        self._signing_secret.put(secrets)
        both = "The signing secrets are in their secret: both verify."
        self._say(f"{'The signing secret is in its secret.' if len(secrets) == 1 else both} {_SOON}")


def main(arguments: Sequence[str] | None = None, ask: Ask = getpass, wait: Wait = time.sleep) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stripe_setup", description=__doc__)
    parser.add_argument("--stage", required=True, help="the stack that samconfig.toml names for it")
    given = parser.parse_args(arguments)
    try:
        with in_words():
            StripeSetup(deployment(given.stage), ask, print, wait).run()
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; run this again and it goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
