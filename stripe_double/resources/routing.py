"""How an endpoint is written down, and the three that nearly every resource has: retrieve, list and update."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any, Literal

from ..errors import InvalidParameters, exclusive, no_such
from ..fields import Json
from ..forms import EXPAND, PAGE, Form, Reader, moment, text
from ..objects import TABLES
from ..publishable import check_client_secret
from ..state import State

type Handler = Callable[[State, Json], Json]


@dataclass(frozen=True)
class Route:
    """`{id}` in the path arrives in the parameters under its own name. `form` checks the rest.

    `page`: whether a page may call it with its publishable key, or only with the intent's client secret; or whether
    nobody else may.
    """

    method: str
    path: str
    handler: Handler
    form: Form = field(default_factory=lambda: Form(EXPAND))
    page: Literal["never", "always", "with_secret", "only"] = "never"


def retrieve(
    kind: str, more: Mapping[str, Reader] | None = None, *, page: Literal["never", "always"] = "never"
) -> Route:
    form = Form({**EXPAND, **(more or {})})
    return Route("GET", TABLES[kind].url + "/{id}", lambda state, p: state.get(kind, p["id"]), form, page=page)


def of_page(kind: str, route: Route) -> Route:
    """The route of an intent for pages, too: with the client secret, and without what is the server's to say."""

    def handle(state: State, p: Json) -> Json:
        given = p.pop("client_secret", None)
        if given is not None:
            check_client_secret(state.get(kind, p["id"]), given)
        return route.handler(state, p)

    form = Form({**route.form.fields, "client_secret": text()}, required=route.form.required)
    return Route(route.method, route.path, handle, form, page="with_secret")


def listing(
    kind: str,
    filters: Mapping[str, Reader] | None = None,
    *,
    by_date: bool = True,
    required: tuple[str, ...] = (),
) -> Route:
    """List a kind, newest first. A filter's name is the field it compares with; `created` (by_date) is a range."""

    def handle(state: State, p: Json) -> Json:
        equal = {name: p[name] for name in filters or {} if name in p}
        return paged(TABLES[kind].url, state.all(kind, **equal), p, kind)

    form = Form({**({"created": moment} if by_date else {}), **PAGE, **(filters or {})}, required=required)
    return Route("GET", TABLES[kind].url, handle, form)


def updating(kind: str, fields: Mapping[str, Reader], event: str = "") -> Route:
    """Set the fields that are sent; metadata is merged. Emits `event` where anything changed."""

    def handle(state: State, p: Json) -> Json:
        thing = state.get(kind, p.pop("id"))
        if "metadata" in p:
            p["metadata"] = merge_metadata(thing, p["metadata"])
        previous = state.change(thing, **p)
        if previous and event:
            state.emit(event, thing, previous)
        return thing

    return Route("POST", TABLES[kind].url + "/{id}", handle, Form({**EXPAND, **fields}))


def paged(url: str, things: Iterable[Json], p: Json, kind: str, keep: Callable[[Json], bool] = lambda _: True) -> Json:
    """One page of a newest-first list (https://docs.stripe.com/api/pagination) of the things to keep.

    A cursor is a place in the whole list: the thing it names need not be among those that are kept. What is older than
    the page is not looked at.
    """
    if "starting_after" in p and "ending_before" in p:
        raise exclusive("starting_after", "ending_before")
    limit, bounds = p.get("limit", 10), p.get("created", {})
    backwards = "ending_before" in p
    things = iter(things)
    if "starting_after" in p:
        list(_before(things, p["starting_after"], kind, "starting_after"))
    if backwards:
        things = iter(list(_before(things, p["ending_before"], kind, "ending_before")))
    oldest = max(bounds.get("gte", 0), bounds.get("gt", 0))
    young = takewhile(lambda each: each.get("created", oldest) >= oldest, things)
    kept = (each for each in young if _within(each.get("created", 0), bounds) and keep(each))
    found = list(kept if backwards else islice(kept, limit + 1))
    page = found[-limit:] if backwards else found[:limit]
    return {"object": "list", "data": page, "has_more": len(found) > limit, "url": url}


def _before(things: Iterator[Json], identifier: str, kind: str, param: str) -> Iterator[Json]:
    """Those before the one that is named, which is taken from the things too."""
    for thing in things:
        if thing["id"] == identifier:
            return
        yield thing
    raise no_such(TABLES[kind].noun, identifier, param=param, status=400)


def _within(created: int, bounds: Mapping[str, int]) -> bool:
    checks = {
        "gt": created > bounds.get("gt", created),
        "gte": created >= bounds.get("gte", created),
        "lt": created < bounds.get("lt", created),
        "lte": created <= bounds.get("lte", created),
    }
    return all(checks[name] for name in bounds)


def merge_metadata(thing: Json, values: Mapping[str, str]) -> dict[str, str]:
    """Stripe merges metadata by key; an empty value removes its key, an empty whole removes all."""
    if not values:
        return {}
    kept = {k: v for k, v in {**thing["metadata"], **values}.items() if v != ""}
    if len(kept) > 50:
        raise InvalidParameters("You can have up to 50 metadata keys.", param="metadata")
    return kept


def plain_metadata(p: Json) -> dict[str, Any]:
    """Metadata of a new object: empty values are no values."""
    return {k: v for k, v in p.get("metadata", {}).items() if v != ""}
