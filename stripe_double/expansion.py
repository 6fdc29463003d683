"""`expand[]`: ids replaced by their objects (https://docs.stripe.com/api/expanding_objects)."""

import copy

from .errors import InvalidParameters
from .fields import Json
from .objects import TABLES
from .state import State

DEEPEST = 4


def expand(state: State, thing: Json, paths: list[str]) -> Json:
    """A copy of an object or list with everything along the paths opened."""
    result: Json = copy.deepcopy(thing)
    is_list = result.get("object") == "list"
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST + is_list:
            raise InvalidParameters(
                f"You cannot expand more than {DEEPEST} levels of a property ({path}).", param="expand"
            )
        if is_list and steps[0] != "data":
            raise InvalidParameters(
                f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' instead.",
                param="expand",
            )
        _open(state, result, steps, path)
    return result


def nested(state: State, thing: Json, name: str) -> Json:
    """A list that belongs to an object and is shown only when asked for: line items, a charge's refunds."""
    if name == "line_items":
        data = [state.get("item", item) for item in state.private(thing["id"]).get("line_items", [])]
    else:
        data = state.all("refund", charge=thing["id"])
    url = f"{TABLES[thing['object']].url}/{thing['id']}/{name}"
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _open(state: State, thing: Json, steps: list[str], path: str) -> None:
    kind, name, rest = str(thing["object"]), steps[0], steps[1:]
    if kind == "list" and name == "data":
        for each in thing["data"] if rest else []:
            _open(state, each, rest, path)
        return
    holder = thing
    table = TABLES.get(kind)
    while table and name not in table.expandable and rest and isinstance(holder.get(name.split(".")[-1]), dict):
        holder = holder[name.split(".")[-1]]
        if "object" in holder:
            _open(state, holder, rest, path)
            return
        name, rest = f"{name}.{rest[0]}", rest[1:]
    if table is None or name not in table.expandable:
        raise InvalidParameters(f"This property cannot be expanded ({path}).", param="expand")
    field = name.split(".")[-1]
    value = holder.get(field)
    if value is None or isinstance(value, str):
        value = holder[field] = _opened(state, thing, field, value)
    if value is not None and rest:
        _open(state, value, rest, path)


def _opened(state: State, thing: Json, field: str, value: str | None) -> Json | None:
    if field in {"line_items", "refunds"}:
        return copy.deepcopy(nested(state, thing, field))
    return next((copy.deepcopy(found) for kind in TABLES if (found := state.find(kind, value))), None)
