"""What a line in a log of the stack's tells a person: a line or none, never more than people want to read.

The words of the functions' log lines are in docs/operating.md. Whatever else a part prints is shown as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What each service is to somebody who looks on; others by their own name.
_WORDS = {
    "create_session": "order",
    "create_intent": "order",
    "stripe_webhook": "webhook",
    "send_email": "mail",
    "tend_payment": "refresh",
    "payment_methods": "cards",
    "get_status": "status",
    "list_products": "products",
    "get_quote": "quote",
    "api": "request",
}
# Of a line that is not known, what is no news.
_USUAL = {
    *("level", "location", "message", "timestamp", "service", "request_id", "xray_trace_id", "_aws"),
    *("payment_id", "exception", "exception_name", "stack_trace"),
}
_IN_TRACEBACK = re.compile(
    r"\s*(\+ Exception Group )?Traceback \(most recent|Exception in thread |During handling of the above"
    r'|The above exception was|\s+File "'
)
_LOGGED = re.compile(r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<logger>[\w.]+):(?P<text>.*)")
# As the workers say what became of an invocation, in Lambda's words.
_ENDED = re.compile(r"RequestId: \S+ Error: (?P<text>.*)")


class Weight(Enum):
    """How much a line is to stand out."""

    QUIET = auto()
    PLAIN = auto()
    GOOD = auto()
    WARNING = auto()
    ERROR = auto()


@dataclass(frozen=True)
class News:
    """What happened, to which payment, and how it came out; `more_in` is the part whose log says more, `whole` is for
    what is to be read to its end."""

    what: str
    text: str
    payment: str = ""
    weight: Weight = Weight.PLAIN
    more_in: str = ""
    whole: bool = False


class Reporter:
    """Makes news of the parts' lines as they come."""

    def __init__(self) -> None:
        self._in_traceback: set[str] = set()

    def news(self, part: str, line: str) -> Iterator[News]:
        """What a line of a part is worth; no line of any kind raises an error."""
        record = _record(line)
        if record is not None:
            self._in_traceback.discard(part)
            yield from _news_of(part, record)
        elif _IN_TRACEBACK.match(line):
            self._in_traceback.add(part)
        elif part not in self._in_traceback:
            yield from _plain_news(part, line)
        elif line[:1] not in (" ", "\t", "|"):
            # Its last line says what went wrong.
            self._in_traceback.discard(part)
            yield News(word_for(part), line, weight=Weight.ERROR, more_in=part)


def word_for(part: str) -> str:
    """What a part is called on the terminal; functions come by their logical id."""
    service = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower()
    return _WORDS.get(service, service)


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _plain_news(part: str, line: str) -> Iterator[News]:
    what = word_for(part)
    if logged := _LOGGED.match(line):
        level, _, text = logged.groups()
        # What stands out has its stack in the log.
        yield News(what, text, weight=_weight(level), more_in=part if level in ("ERROR", "CRITICAL") else "")
    elif ended := _ENDED.match(line):
        yield News(what, ended["text"], weight=Weight.ERROR, more_in=part)
    else:
        yield News(what, line)


def _news_of(part: str, record: Mapping[str, Any]) -> Iterator[News]:
    if str(record.get("message")).startswith("LAMBDA_WARNING"):
        # The runtime's remark that an import failed is about retries that do not happen here.
        return
    if "errorType" in record:
        yield from _crash(part, record)
    elif "method" in record and "path" in record:
        yield from _request(part, record)
    elif "service" in record and "message" in record:
        yield from _service_news(part, record)
    else:
        yield News(word_for(part), json.dumps(record), weight=_weight(record.get("level")))


def _crash(part: str, record: Mapping[str, Any]) -> Iterator[News]:
    """As awslambdaric logs what a handler let pass. What begins with Runtime the stack explains itself."""
    kind = str(record["errorType"])
    if not kind.startswith("Runtime."):
        text = f"{kind}: {record.get('errorMessage')}"
        yield News(word_for(part), text, weight=Weight.ERROR, more_in=part)


def _request(part: str, record: Mapping[str, Any]) -> Iterator[News]:
    """A request that did not get what it asked for. A function tells of its own failures itself."""
    if problem := record.get("problem"):
        status = record.get("status")
        weight = Weight.ERROR if isinstance(status, int) and status >= 500 else Weight.WARNING
        yield News(word_for(part), f"{record['method']} {record['path']}  {status} {problem}", weight=weight)


def _service_news(part: str, record: Mapping[str, Any]) -> Iterator[News]:
    service, message = str(record["service"]), str(record["message"])
    what, payment = word_for(service), str(record.get("payment_id") or "")
    weight = _weight(record.get("level"))
    readable = message.replace("_", " ")
    match message:
        case "refused" if weight is Weight.PLAIN:
            # The front end tells of it, with the address that was asked.
            return
        case "checkout" | "intent":
            is_new = "payment_created" in record
            text = _order(record) if is_new else f"the same once more, {record.get('status')}"
            yield News(what, text, payment, Weight.PLAIN if is_new else Weight.QUIET)
        case "reconciled":
            yield from _reconciled(what, record)
        case "refreshed":
            yield News(what, *_reached("asked Stripe", payment, record))
        case "learned":
            yield News(what, *_reached(str(record.get("event_type")), payment, record))
        case _ if "notice" in record:
            sent = message == "sent"
            weight = Weight.WARNING if message == "postponed" else weight
            weight = weight if sent or weight is not Weight.PLAIN else Weight.QUIET
            yield News(what, f"{record['notice']} {readable}{_because(record)}", payment, weight, _more(part, record))
        case _ if "event_type" in record:
            weight = Weight.QUIET if weight is Weight.PLAIN else weight
            text = f"{record['event_type']}: {readable}{_because(record)}"
            yield News(what, text, payment, weight, _more(part, record))
        case "refused":
            status = record.get("http_status")
            yield News(what, f"{status}{_because(record)}", payment, weight, _more(part, record))
        case _:
            text = f"{readable}{_because(record) or _rest(record)}"
            yield News(what, text, payment, weight, _more(part, record))


def _order(record: Mapping[str, Any]) -> str:
    # Not at the top: not every program that starts a stack has the functions' code on its path.
    from payments.domain.money import Money

    amount, currency, products = (record.get(name) for name in ("amount", "currency", "products"))
    if not isinstance(amount, int) or amount < 0 or not isinstance(currency, str) or not isinstance(products, list):
        return str(record.get("status"))
    number, quantities = record.get("number"), record.get("quantities")
    counts = quantities if isinstance(quantities, list) and len(quantities) == len(products) else [1] * len(products)
    things = (
        f"{count} \N{MULTIPLICATION SIGN} {sku}" if count != 1 else str(sku)
        for count, sku in zip(counts, products, strict=True)
    )
    return "  ".join([str(Money(amount, currency)), *([number] if isinstance(number, str) else []), ", ".join(things)])


def _reached(text: str, payment: str, record: Mapping[str, Any]) -> tuple[str, str, Weight]:
    """Text, payment and weight of news of Stripe's; a status that was reached just now is counted on the line."""
    status = record.get("status")
    if f"payment_{status}" not in record:
        return f"{text}, still {status}", payment, Weight.QUIET
    weight = {"succeeded": Weight.GOOD, "in_review": Weight.WARNING}.get(str(status), Weight.PLAIN)
    return f"{text} -> {status}", payment, weight


def _reconciled(what: str, record: Mapping[str, Any]) -> Iterator[News]:
    """A run that did something. What it could not do was logged when it failed; what no webhook told is named here."""
    missed = record.get("missed")
    for payment in missed if isinstance(missed, list) else ():
        yield News(what, "found at Stripe, no webhook had told of it", str(payment), Weight.WARNING)
    reached = record.get("reached")
    counted = [
        (record.get("payments_looked_at"), "looked at"),
        (record.get("notices_published"), "published again"),
        *((count, str(status)) for status, count in (reached.items() if isinstance(reached, dict) else ())),
    ]
    did = [f"{count} {word}" for count, word in counted if count]
    if did:
        yield News(what, ", ".join(did))


def _because(record: Mapping[str, Any]) -> str:
    """Why something went wrong, as far as the line says so."""
    last_words = str(record.get("exception") or "").strip().rpartition("\n")[2]
    # Without the module of the error.
    last_words = re.sub(r"^[\w.]+\.(?=\w+(:|$))", "", last_words)
    reasons = [record.get(name) for name in ("reason", "code", "reference")]
    said = [str(reason) for reason in reasons if reason] or [str(record.get("detail") or last_words)]
    return f": {', '.join(said)}" if any(said) else ""


def _rest(record: Mapping[str, Any]) -> str:
    rest = [f"{key}={value}" for key, value in record.items() if key not in _USUAL]
    return f": {', '.join(rest)}" if rest else ""


def _more(part: str, record: Mapping[str, Any]) -> str:
    return part if record.get("exception") else ""


def _weight(level: object) -> Weight:
    weights = {"WARNING": Weight.WARNING, "ERROR": Weight.ERROR, "CRITICAL": Weight.ERROR}
    return weights.get(str(level), Weight.PLAIN)
