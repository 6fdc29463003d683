"""Events: what happened, newest first. `delivery_success` tells those that every endpoint acknowledged."""

from fnmatch import fnmatchcase

from ..errors import exclusive
from ..fields import Json
from ..forms import PAGE, Form, boolean, listed, moment, text
from ..objects import TABLES
from ..state import State
from .routing import Route, paged, retrieve


def list_events(state: State, p: Json) -> Json:
    if "type" in p and "types" in p:
        raise exclusive("type", "types")
    patterns = p.get("types") or ([p["type"]] if "type" in p else ["*"])

    def wanted(event: Json) -> bool:
        delivered = event["pending_webhooks"] == 0
        of_type = any(fnmatchcase(event["type"], pattern) for pattern in patterns)
        return of_type and p.get("delivery_success", delivered) == delivered

    page = paged(TABLES["event"].url, state.newest("event"), p, "event", wanted)
    return {**page, "data": [_in_version(each, state.account_version) for each in page["data"]]}


# What came with which version, of the objects that events carry.
_CAME_WITH = {"charge": {"amount_captured": "2020-03-02"}, "payment_intent": {"latest_charge": "2022-11-15"}}


def _in_version(event: Json, version: str) -> Json:
    """An event as an account of another version lists it: without what that did not have yet."""
    thing = event["data"]["object"]
    later = {field for field, since in _CAME_WITH.get(thing["object"], {}).items() if version < since}
    shown = {field: value for field, value in thing.items() if field not in later}
    return {**event, "api_version": version, "data": {**event["data"], "object": shown}}


ROUTES = [
    retrieve("event"),
    Route(
        "GET",
        "/v1/events",
        list_events,
        Form(
            {
                **PAGE,
                "created": moment,
                "delivery_success": boolean,
                "type": text(),
                "types": listed(text(), 20),
            }
        ),
    ),
]
