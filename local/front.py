"""What stands in front of the functions: pages, API and webhook, and Stripe's events where they are polled."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from local.access_log import AccessLog
from local.gateway import FunctionUrl, Gateway
from local.issuer.app import Issuer
from local.mailbox.app import Mailbox
from local.news import Weight
from local.origins import RefusedOrigins
from local.parts import STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET
from local.ports import StackError
from local.site import pages

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from local.mailbox.mails import Mails
    from local.processes import Logs
    from local.stack import Stack
    from local.stripe_account import StripeAccount
    from local.stripe_events import StripeEvents

_STRIPE_ITSELF = "Orders are paid at Stripe itself, in an account's test mode: its dashboard shows what happens there."
_FUNCTIONS_CODE = Path(__file__).resolve().parent.parent / "layers" / "common"


def applications(stack: Stack, frontend: Path, mails: Mails, logs: Logs) -> dict[str, WSGIApplication]:
    """What is served on the port of each part; StackError for a template that declares more than there are ports."""
    apis = list(stack.template.http_apis.values())
    urls = [function for function in stack.template.functions.values() if function.has_url]
    if len(apis) > 1 or len(urls) > 1:
        raise StackError("The local stack has room for one HTTP API and one Function URL.")
    refused = RefusedOrigins(stack.origins, lambda line: logs.write("api", line, Weight.PLAIN))

    def logged(part: str, application: WSGIApplication) -> WSGIApplication:
        return AccessLog(application, partial(logs.write, part))

    return {
        "site": pages(frontend, stack.api_url, stack.issuer_url, "" if stack.stripe_account else stack.stripe_url),
        "mailbox": Mailbox(mails, stack.console_url),
        "console": _console(stack, mails),
        "issuer": _issuer(stack),
        **({"api": logged("api", Gateway(apis[0], stack.pass_on, refused=refused.note))} if apis else {}),
        **({"webhook": logged("webhook", FunctionUrl(urls[0].logical_id, stack.pass_on))} if urls else {}),
    }


def stripe_events(stack: Stack, account: StripeAccount, logs: Logs) -> StripeEvents:
    """The poller of an account's events, which it hands to the webhook."""
    _find_functions_code()
    # Stripe's library, half a second to import, is not needed for the double.
    from local.stripe_events import StripeEvents, Webhook
    from payments.adapters.stripe.client import API_VERSION, is_of_our_release

    def tell(line: str) -> None:
        logs.write("stripe", line, Weight.PLAIN)

    webhook = Webhook(stack.webhook_url, STRIPE_WEBHOOK_SECRET)
    events = StripeEvents(account, API_VERSION, webhook, tell, is_of_our_release)
    events.begin()
    return events


def _console(stack: Stack, mails: Mails) -> WSGIApplication:
    # It reads payments with the functions' own code.
    _find_functions_code()
    from local.console.app import Console, Surroundings
    from local.console.double import Double

    links = {
        "Payment page": stack.site_url,
        "Mailbox": stack.mailbox_url,
        "Products": f"{stack.api_url}/products",
        **({stack.stripe_name: stack.stripe_page} if stack.stripe_account else {}),
    }
    surroundings = Surroundings(
        template=stack.template,
        aws_url=stack.aws_url,
        dynamodb_url=stack.dynamodb_url,
        api_url=stack.api_url,
        double=Double(stack.stripe_url, STRIPE_API_KEY) if stack.has_stripe_double else None,
        mails=mails,
        without_double=_STRIPE_ITSELF if stack.stripe_account else "No Stripe double is running.",
        links=links,
        broken=lambda: stack.broken,
        invoke=stack.invoke,
    )
    return Console(surroundings)


def _issuer(stack: Stack) -> Issuer:
    """Of a template without sign-in it has the usual names."""
    known = stack.template.parameters
    audience, group = known.get("OidcAudience", "quittance"), known.get("AdminGroup", "admin")
    return Issuer(stack.issuer_url, audience, known.get("AllowedOrigins", []), group)


def _find_functions_code() -> None:
    """It is not on the path of every program that starts us."""
    if str(_FUNCTIONS_CODE) not in sys.path:
        sys.path.append(str(_FUNCTIONS_CODE))
