"""Form encoding with nested keys, and the readers that turn its strings into checked values.

A reader takes the raw value (a string, or a dict for nested keys) and its path as Stripe writes it
(`line_items[0][price_data][currency]`), and returns the value or raises `InvalidParameters` naming the path.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .currencies import is_currency
from .errors import InvalidParameters, missing_parameter, not_in_the_double, unknown_parameters

type Raw = str | dict[str, Any]
type Reader = Callable[[Raw, str], Any]

MAX_TEXT = 5000


def decode(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`[("a[b][0]", "1"), ("expand[]", "x")]` becomes `{"a": {"b": {"0": "1"}}, "expand": {"0": "x"}}`."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        head, brackets = re.match(r"([^\[]*)(.*)", key, re.DOTALL).groups()  # type: ignore[union-attr]
        parts = [head, *re.findall(r"\[([^\]]*)\]", brackets)]
        node = result
        for part in parts[:-1]:
            child = node.setdefault(part or str(len(node)), {})
            if not isinstance(child, dict):
                raise InvalidParameters(f"Invalid hash: {key}", param=head)
            node = child
        node[parts[-1] or str(len(node))] = value
    return result


class Form:
    """The parameters an endpoint takes, as a table of readers. Unknown names are refused, as Stripe does."""

    def __init__(self, fields: Mapping[str, Reader] | None = None, *, required: tuple[str, ...] = ()) -> None:
        self.fields: dict[str, Reader] = {**(fields or {})}
        self.required = required

    def __call__(self, raw: Raw, path: str = "") -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise InvalidParameters("Invalid object", param=path)
        name = (lambda key: f"{path}[{key}]") if path else (lambda key: key)
        unknown = [name(key) for key in raw if key not in self.fields]
        if unknown:
            raise unknown_parameters(unknown)
        for key in self.required:
            if key not in raw:
                raise missing_parameter(name(key))
        return {key: self.fields[key](value, name(key)) for key, value in raw.items()}


class LenientForm(Form):
    """A `Form` that passes over unknown names: for what Stripe.js sends and no reference describes."""

    def __call__(self, raw: Raw, path: str = "") -> dict[str, Any]:
        known = {key: value for key, value in raw.items() if key in self.fields} if isinstance(raw, dict) else raw
        return super().__call__(known, path)


def text(maximum: int = MAX_TEXT) -> Reader:
    def read(raw: Raw, path: str) -> str:
        if not isinstance(raw, str):
            raise InvalidParameters(f"Invalid string: {path}", param=path)
        if raw == "":
            raise InvalidParameters(
                f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request "
                "or supply a non-empty value.",
                code="parameter_invalid_empty",
                param=path,
            )
        if len(raw) > maximum:
            raise InvalidParameters(f"Invalid string: {raw[:6]}...; must be at most {maximum} characters", param=path)
        return raw

    return read


def integer(minimum: int | None = None, maximum: int | None = None) -> Reader:
    def read(raw: Raw, path: str) -> int:
        if not isinstance(raw, str) or not re.fullmatch(r"-?[0-9]{1,18}", raw):
            raise InvalidParameters(
                f"Invalid integer: {raw if isinstance(raw, str) else path}",
                code="parameter_invalid_integer",
                param=path,
            )
        value = int(raw)
        if minimum is not None and value < minimum:
            raise InvalidParameters(
                f"This value must be greater than or equal to {minimum}.",
                code="parameter_invalid_integer",
                param=path,
            )
        if maximum is not None and value > maximum:
            raise InvalidParameters(
                f"This value must be less than or equal to {maximum}.",
                code="parameter_invalid_integer",
                param=path,
            )
        return value

    return read


def boolean(raw: Raw, path: str) -> bool:
    """Also as Python writes it: older client libraries send that."""
    if raw not in ("true", "false", "True", "False"):
        raise InvalidParameters(f"Invalid boolean: {raw if isinstance(raw, str) else path}", param=path)
    return raw in ("true", "True")


def choice(*allowed: str) -> Reader:
    def read(raw: Raw, path: str) -> str:
        if raw not in allowed or not isinstance(raw, str):
            listed = ", ".join(allowed[:-1]) + f" or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
            raise InvalidParameters(f"Invalid {path}: must be one of {listed}", param=path)
        return raw

    return read


def currency(raw: Raw, path: str) -> str:
    code = raw.lower() if isinstance(raw, str) else ""
    if not is_currency(code):
        raise InvalidParameters(f"Invalid currency: {code or path}", param=path)
    return code


def email(raw: Raw, path: str) -> str:
    value: str = text(512)(raw, path)
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*", value):
        raise InvalidParameters(f"Invalid email address: {value}", code="email_invalid", param=path)
    return value


def url(raw: Raw, path: str) -> str:
    value: str = text()(raw, path)
    if not re.match(r"https?://[^/\s]", value):
        raise InvalidParameters(
            "Not a valid URL. URLs must begin with http:// or https://.", code="url_invalid", param=path
        )
    return value


def metadata(raw: Raw, path: str) -> dict[str, str]:
    """Up to 50 keys of 40 characters, values of 500; an empty value removes its key (kept here as "")."""
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        raise InvalidParameters("Invalid object", param=path)
    for key, value in raw.items():
        if not isinstance(value, str):
            raise InvalidParameters("Metadata values must be strings.", param=f"{path}[{key}]")
        if len(key) > 40:
            raise InvalidParameters(
                f"Metadata keys must be at most 40 characters long, and {key[:40]}... has {len(key)}.",
                param=path,
            )
        if len(value) > 500:
            raise InvalidParameters(
                f"Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(value)} characters. Invalid value: {value[:10]}...",
                param=f"{path}[{key}]",
            )
    if len(raw) > 50:
        raise InvalidParameters("You can have up to 50 metadata keys.", param=path)
    return dict(raw)


def listed(reader: Reader, maximum: int = 100) -> Reader:
    def read(raw: Raw, path: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
            raise InvalidParameters("Invalid array", param=path)
        if len(raw) > maximum:
            raise InvalidParameters(f"Array {path} exceeded maximum {maximum} allowed elements.", param=path)
        return [reader(raw[key], f"{path}[{key}]") for key in sorted(raw, key=int)]

    return read


def unsettable(reader: Reader) -> Reader:
    """An empty string clears the value (Stripe's way to unset), anything else goes to the reader."""
    return lambda raw, path: None if raw == "" else reader(raw, path)


def anything(raw: Raw, path: str) -> Any:
    """Accepted and echoed: parameters that change nothing in the double. Flags and lists get their types."""
    if isinstance(raw, str):
        return {"true": True, "false": False, "True": True, "False": False}.get(raw, raw)
    if raw and all(key.isdigit() for key in raw):
        return [anything(raw[key], path) for key in sorted(raw, key=int)]
    return {key: anything(value, path) for key, value in raw.items()}


def some_hash(raw: Raw, path: str) -> dict[str, Any]:
    """As `anything`, but a hash."""
    if not isinstance(raw, dict):
        raise InvalidParameters("Invalid object", param=path)
    return {key: anything(value, path) for key, value in raw.items()}


def missing(raw: Raw, path: str) -> Any:
    """A parameter of Stripe's that the double refuses rather than ignores."""
    raise not_in_the_double(path)


RANGE = Form({"gt": integer(), "gte": integer(), "lt": integer(), "lte": integer()})


def moment(raw: Raw, path: str) -> dict[str, int]:
    """A filter on a timestamp: an exact second, or a hash of gt, gte, lt, lte."""
    return RANGE(raw, path) if isinstance(raw, dict) else {"gte": (at := integer()(raw, path)), "lte": at}


EXPAND: dict[str, Reader] = {"expand": listed(text())}
PAGE: dict[str, Reader] = {
    **EXPAND,
    "limit": integer(1, 100),
    "starting_after": text(),
    "ending_before": text(),
}
