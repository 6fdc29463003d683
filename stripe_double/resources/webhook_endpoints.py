"""Webhook endpoints: where events go. The secret is shown once, when the endpoint is made."""

import re

from ..errors import InvalidParameters, StripeError
from ..fields import Json
from ..forms import (
    EXPAND,
    Form,
    Raw,
    Reader,
    boolean,
    listed,
    metadata,
    missing,
    text,
    unsettable,
    url,
)
from ..objects import random_id
from ..state import State
from .routing import Route, listing, merge_metadata, plain_metadata, retrieve

MOST = 16
FIELDS: dict[str, Reader] = {
    "description": unsettable(text()),
    "enabled_events": listed(text(), 500),
    "metadata": metadata,
    "url": url,
}


def add(state: State, address: str, secret: str | None = None, **values: object) -> Json:
    """A new endpoint with a secret of its own."""
    endpoint = state.add("webhook_endpoint", url=address, **values)
    state.private(endpoint["id"])["secret"] = secret or new_secret()
    return endpoint


def new_secret() -> str:
    return "whsec_" + random_id(32)


def create(state: State, p: Json) -> Json:
    if len(state.all("webhook_endpoint")) >= MOST:
        raise StripeError(f"You have reached the maximum of {MOST} test webhook endpoints.")
    check_events(p["enabled_events"])
    endpoint = add(state, p.pop("url"), **{**p, "metadata": plain_metadata(p)})
    return {**endpoint, "secret": state.private(endpoint["id"])["secret"]}


def update(state: State, p: Json) -> Json:
    endpoint = state.get("webhook_endpoint", p.pop("id"))
    if "metadata" in p:
        p["metadata"] = merge_metadata(endpoint, p["metadata"])
    if "enabled_events" in p:
        check_events(p["enabled_events"])
    if "disabled" in p:
        p["status"] = "disabled" if p.pop("disabled") else "enabled"
        # Whoever enables it has mended it.
        state.private(endpoint["id"]).pop("failing_since", None)
    state.change(endpoint, **p)
    return endpoint


def delete(state: State, p: Json) -> Json:
    endpoint = state.get("webhook_endpoint", p["id"])
    state.remove("webhook_endpoint", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def roll(state: State, endpoint: Json, keep_old_for: float) -> str:
    """A new secret; the one before signs along for so many seconds (a button of Stripe's dashboard)."""
    secret = state.private(endpoint["id"])
    if keep_old_for:
        secret["old_secrets"] = [*secret.get("old_secrets", []), (secret["secret"], state.now() + keep_old_for)]
    secret["secret"] = new_secret()
    return str(secret["secret"])


def check_events(names: list[str]) -> None:
    for position, name in enumerate(names):
        if name != "*" and ("*" in name or "." not in name):
            raise InvalidParameters(
                f"Invalid enabled_events[{position}]: must be the name of an event, or *",
                param=f"enabled_events[{position}]",
            )


def version(raw: Raw, path: str) -> str:
    """Any that Stripe may have had: events are written in the double's own, and say the endpoint's."""
    if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?", raw):
        raise InvalidParameters(f"Invalid {path}: must be a version of the API", param=path)
    return raw


CREATE = Form(
    {**EXPAND, **FIELDS, "api_version": version, "connect": missing},
    required=("url", "enabled_events"),
)
ROUTES = [
    Route("POST", "/v1/webhook_endpoints", create, CREATE),
    retrieve("webhook_endpoint"),
    Route("POST", "/v1/webhook_endpoints/{id}", update, Form({**EXPAND, **FIELDS, "disabled": boolean})),
    Route("DELETE", "/v1/webhook_endpoints/{id}", delete, Form()),
    listing("webhook_endpoint", by_date=False),
]
