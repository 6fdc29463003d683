"""Input that nobody should send: for hypothesis, and as lists."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

# JSON that no encoder writes; a text that begins with this mark stands for one of them.
_MARK = "\ue000"
TOKENS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0.0",
    "9" * 4000,
    "9" * 5000,
    "-" + "9" * 60,
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u0000"',
    "'x'",
    "undefined",
    "[" * 7000 + "]" * 7000,
    '{"a":' * 2000 + "1" + "}" * 2000,
    "[1,]",
    "",
)

TEXTS = (
    "",
    " ",
    "\x00",
    "Ada\x00",
    "Ada\r\nBcc: eve@example.com",
    "\u202eadA",
    "\ufeff",
    "\u2028",
    "e\u0301" * 80,
    "👩‍👩‍👧‍👦",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "https://[",
    "https://example.com/\r\nx",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "'; DROP TABLE payments; --",
    "a#b#c",
    "PAYMENT",
    "__proto__",
    "usd\n",
    "USD",
    "ₓₓₓ",
    "x" * 300,
    "x" * 3000,
    "é" * 600,
    "x" * 500_000,
)

# Each too much for something: a key, an item, a date, a separator, a link.
BREAKERS: tuple[object, ...] = (
    "x" * 3000,
    "x" * 500_000,
    "a#b",
    "a\n",
    "javascript:alert(1)",
    10**40,
    2**53,
    -1,
    True,
    [],
    {"id": 7},
)

NUMBERS = (0, -1, 1, 99.5, 1e308, 2**31, 2**53 + 1, 2**63, 2**64, 10**15, 10**16, 10**37, 10**38, 10**40, -(10**40))

texts = st.sampled_from(TEXTS) | st.text(max_size=40)
scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.integers()
    | texts
    | st.integers(0, len(TOKENS) - 1).map(lambda index: f"{_MARK}{index}")
)
values = st.recursive(
    scalars,
    lambda each: (
        st.lists(each, max_size=4) | st.dictionaries(texts | st.sampled_from(["id", "object"]), each, max_size=4)
    ),
    max_leaves=8,
)


def as_text(value: object) -> str:
    """JSON, but for the tokens in it; a lone surrogate stays what it is."""
    text = json.dumps(value)
    for index, token in enumerate(TOKENS):
        text = text.replace(json.dumps(f"{_MARK}{index}"), token)
    return text


@st.composite
def mutations(draw: st.DrawFn, whole: Mapping[str, Any], most: int = 3) -> dict[str, Any]:
    """The object with some of its fields, at any depth, left out or made something else."""
    mutated = deepcopy(dict(whole))
    for _ in range(draw(st.integers(1, most))):
        inside: dict[str, Any] = mutated
        while inside:
            name = draw(st.sampled_from(sorted(inside)))
            if isinstance(inside[name], dict) and inside[name] and draw(st.booleans()):
                inside = inside[name]
                continue
            if draw(st.integers(0, 3)) == 0:
                del inside[name]
            else:
                inside[name] = draw(values)
            break
    return mutated


class Watched(dict[str, Any]):
    """An object that notes which of its fields are asked for, nested ones too."""

    def __init__(self, whole: Mapping[str, Any], asked: set[tuple[str, ...]], path: tuple[str, ...] = ()) -> None:
        super().__init__(whole)
        self._asked, self._path = asked, path

    def get(self, name: str, otherwise: Any = None) -> Any:
        path = (*self._path, name)
        self._asked.add(path)
        value = super().get(name, otherwise)
        return Watched(value, self._asked, path) if isinstance(value, dict) else value


def with_field(whole: Mapping[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The object with another value in a field."""
    name, *rest = path
    return {**whole, name: with_field(whole.get(name) or {}, tuple(rest), value) if rest else value}


def with_duplicate_keys(text: str, name: str, value: str) -> str:
    """The JSON object with another field of that name before all others."""
    return "{" + f"{json.dumps(name)}: {value}, " + text.lstrip().removeprefix("{")
