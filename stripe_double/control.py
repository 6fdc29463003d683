"""The control interface under /_control: what a customer, a bank, a clock or a broken network would do."""

import json
import re
from collections.abc import Callable, Iterable, Set
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request

from . import clock, payments
from .api import encode, failure, respond
from .errors import StripeError
from .fields import Json
from .idempotency import Answer
from .objects import random_id
from .outage import KINDS, Canned, Outage, Rule
from .resources import disputes, payment_methods, radar, refunds, sessions, setup_intents, webhook_endpoints
from .state import State
from .webhooks import Delivery, Webhooks

# Names that nobody can buy and point at this machine: without a dot, or an address.
_HOST = re.compile(r"([a-z0-9_-]+|[0-9.]+|\[[0-9a-f:]+\])(:[0-9]+)?", re.IGNORECASE)
MODES = ("deliver", "hold", "drop")
METHODS = ("*", "GET", "POST", "DELETE")
# What a payment is made of.
MONEY_KINDS = ("checkout.session", "payment_intent", "charge", "refund", "dispute")


def blueprint(state: State, webhooks: Webhooks, outage: Outage, reset: Callable[[], None]) -> Blueprint:
    control = Blueprint("control", __name__, url_prefix="/_control")

    @control.errorhandler(StripeError)
    def refused(error: StripeError) -> Response:
        return respond(failure(error, "req_" + random_id(14)))

    @control.before_request
    def of_a_page_elsewhere() -> None:
        """Any page in the browser can send requests here, which say whose they are, and one whose name was pointed
        here can read the answers too: it names that host."""
        host = request.environ.get("HTTP_HOST", "")
        if not _HOST.fullmatch(host) or request.headers.get("Origin", f"http://{host}") != f"http://{host}":
            raise StripeError("Pages of other origins may not use the control interface.", status=403)

    def session_step(id: str, step: Callable[[Json], Json]) -> Response:  # noqa: A002
        with state.acting():
            return answer(step(state.get("checkout.session", id)))

    @control.post("/sessions/<id>/pay")
    def pay(id: str) -> Response:  # noqa: A002
        asked = body("card", "name", "email", "save")

        def step(session: Json) -> Json:
            sessions.ensure_open(state, session)
            customer = {"name": asked.get("name"), "email": asked.get("email")}
            if sessions.is_free(session) and "card" not in asked:
                return sessions.order_for_free(state, session, customer=customer)
            typed = str(asked.get("card", "4242424242424242"))
            saved = {method["id"]: method for method in sessions.saved_methods(state, session)}
            method = saved.get(typed) or payment_methods.make(state, typed)
            return sessions.pay(state, session, method, customer=customer, save=asked.get("save") is True)

        return session_step(id, step)

    @control.post("/sessions/<id>/authenticate")
    def authenticate(id: str) -> Response:  # noqa: A002
        approved = body("approved").get("approved", True) is True
        return session_step(id, lambda s: sessions.authenticate(state, s, approved=approved))

    @control.post("/sessions/<id>/settle")
    def settle(id: str) -> Response:  # noqa: A002
        return session_step(id, lambda session: sessions.settle(state, session))

    @control.post("/sessions/<id>/expire")
    def expire(id: str) -> Response:  # noqa: A002
        return session_step(id, lambda session: sessions.expire(state, session))

    @control.post("/payment_intents/<id>/authenticate")
    def authenticate_intent(id: str) -> Response:  # noqa: A002
        approved = body("approved").get("approved", True) is True
        with state.acting():
            intent = state.get("payment_intent", id)
            if session := state.private(id).get("session"):
                sessions.authenticate(state, state.get("checkout.session", session), approved=approved)
            else:
                payments.authenticate(state, intent, approved=approved)
                payments.book(state, intent)
            return answer(intent)

    @control.post("/payment_intents/<id>/settle")
    def settle_intent(id: str) -> Response:  # noqa: A002
        with state.acting():
            intent = state.get("payment_intent", id)
            sessions.settle_intent(state, intent)
            return answer(intent)

    @control.post("/setup_intents/<id>/authenticate")
    def authenticate_setup(id: str) -> Response:  # noqa: A002
        approved = body("approved").get("approved", True) is True
        with state.acting():
            intent = state.get("setup_intent", id)
            setup_intents.authenticate(state, intent, approved=approved)
            return answer(intent)

    @control.post("/refunds/<id>/settle")
    def settle_refund(id: str) -> Response:  # noqa: A002
        status = body("status").get("status")
        if status not in (None, "succeeded", "failed"):
            raise StripeError("status must be succeeded or failed", param="status")
        with state.acting():
            return answer(refunds.settle(state, state.get("refund", id), status))

    @control.post("/charges/<id>/dispute")
    def dispute(id: str) -> Response:  # noqa: A002
        asked = body("reason", "amount", "inquiry")
        amount = int(number(asked, "amount", 0)) if "amount" in asked else None
        with state.acting():
            charge = state.get("charge", id)
            reason, inquiry = str(asked.get("reason", "fraudulent")), asked.get("inquiry") is True
            return answer(disputes.open_dispute(state, charge, reason=reason, amount=amount, inquiry=inquiry))

    @control.post("/charges/<id>/warn")
    def warn_of_fraud(id: str) -> Response:  # noqa: A002
        fraud_type = str(body("fraud_type").get("fraud_type", "made_with_stolen_card"))
        with state.acting():
            return answer(radar.warn(state, state.get("charge", id), fraud_type=fraud_type))

    @control.post("/charges/<id>/review")
    def open_review(id: str) -> Response:  # noqa: A002
        body()
        with state.acting():
            return answer(radar.open_review(state, state.get("charge", id)))

    @control.post("/reviews/<id>/close")
    def close_review(id: str) -> Response:  # noqa: A002
        reason = str(body("reason").get("reason", "approved"))
        with state.acting():
            return answer(radar.close_review(state, state.get("review", id), reason))

    @control.post("/disputes/<id>/close")
    def close_dispute(id: str) -> Response:  # noqa: A002
        status = str(body("status").get("status", "lost"))
        with state.acting():
            return answer(disputes.close(state, state.get("dispute", id), status))

    @control.post("/disputes/<id>/escalate")
    def escalate_dispute(id: str) -> Response:  # noqa: A002
        body()
        with state.acting():
            return answer(disputes.escalate(state, state.get("dispute", id)))

    @control.post("/webhook_endpoints/<id>/roll")
    def roll_secret(id: str) -> Response:  # noqa: A002
        kept = number(body("expires_in"), "expires_in", 86400)
        with state.acting():
            return answer({"secret": webhook_endpoints.roll(state, state.get("webhook_endpoint", id), kept)})

    @control.post("/clock")
    def advance_clock() -> Response:
        with state.acting():
            state.advance(number(body("advance"), "advance", 0))
            clock.tick(state)
            return answer({"now": state.now()})

    @control.post("/outage")
    def start_outage() -> Response:
        asked = body("calls", "kind", "seconds")
        kind = asked.get("kind", "error500")
        if kind not in KINDS:
            raise StripeError(f"kind must be one of {', '.join(KINDS)}", param="kind")
        outage.start(kind, int(number(asked, "calls", 1)), number(asked, "seconds", 30))
        return answer({"calls": outage.calls, "kind": outage.kind, "seconds": outage.seconds})

    @control.get("/outage")
    def show_outage() -> Response:
        return answer({"calls": outage.calls, "kind": outage.kind, "seconds": outage.seconds})

    @control.post("/answers")
    def answer_so() -> Response:
        outage.add(rule(body("method", "path", "status", "body", "headers", "kind", "calls")))
        return answer({"answers": [shown_rule(each) for each in outage.rules]})

    @control.get("/answers")
    def show_answers() -> Response:
        return answer({"answers": [shown_rule(each) for each in outage.rules]})

    @control.delete("/answers")
    def answer_as_usual() -> Response:
        outage.clear()
        return answer({"answers": []})

    @control.post("/reset")
    def begin_anew() -> Response:
        body()
        reset()
        return answer({})

    @control.get("/objects")
    def show_objects() -> Response:
        limit, names = request.args.get("limit", 20, type=int), set(request.args.getlist("of"))
        with state.acting():
            return answer({kind: related(state, kind, names, limit) for kind in MONEY_KINDS})

    @control.get("/objects/<id>")
    def show_object(id: str) -> Response:  # noqa: A002
        with state.acting():
            return answer(state.named(id))

    @control.get("/webhooks")
    def show_webhooks() -> Response:
        latest, events = request.args.get("latest", type=int), set(request.args.getlist("event"))
        limit, after = request.args.get("limit", type=int), request.args.get("after", 0, type=int)
        with state.acting():
            shown = list(webhooks.deliveries)
            if events:
                shown = [delivery for delivery in shown if delivery.event in events]
            elif latest is not None:
                shown = shown[-latest:] if latest else []
            shown = [delivery for delivery in shown if delivery.number > after]
            if limit is not None:
                shown = shown[: max(0, limit)]
            return answer(overview(state, webhooks, shown))

    @control.post("/webhooks")
    def steer_webhooks() -> Response:
        asked = body("mode", "duplicate", "shuffle", "in_order", "seed")
        if asked.get("mode", "deliver") not in MODES:
            raise StripeError(f"mode must be one of {', '.join(MODES)}", param="mode")
        with state.acting():
            webhooks.mode = asked.get("mode", webhooks.mode)
            webhooks.duplicate = int(number(asked, "duplicate", webhooks.duplicate))
            webhooks.shuffle = asked.get("shuffle", webhooks.shuffle) is True
            webhooks.in_order = asked.get("in_order", webhooks.in_order) is True
            if "seed" in asked:
                webhooks.seed(number(asked, "seed", 0))
            return answer(overview(state, webhooks, webhooks.deliveries))

    @control.post("/webhooks/flush")
    def flush() -> Response:
        body()
        return answer({"flushed": webhooks.flush()})

    @control.post("/events")
    def list_in_version() -> Response:
        version = body("api_version").get("api_version")
        if not isinstance(version, str) or not version:
            raise StripeError("api_version must be a version, such as 2019-05-16", param="api_version")
        with state.acting():
            state.account_version = version
        return answer({"api_version": version})

    @control.post("/events/<id>/resend")
    def resend(id: str) -> Response:  # noqa: A002
        with state.acting():
            state.get("event", id)
        return answer({"resent": webhooks.resend(id)})

    return control


def rule(asked: Json) -> Rule:
    """What is said of the next calls of a path."""
    path, kind = asked.get("path"), asked.get("kind")
    if not isinstance(path, str) or not path.startswith("/v1/"):
        raise StripeError("path must be one of the API's, such as /v1/refunds or /v1/payment_intents/*", param="path")
    method = str(asked.get("method", "*")).upper()
    if method not in METHODS:
        raise StripeError(f"method must be one of {', '.join(METHODS)}", param="method")
    if kind is not None and kind not in KINDS:
        raise StripeError(f"kind must be one of {', '.join(KINDS)}", param="kind")
    headers = asked.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise StripeError("headers must be an object of texts", param="headers")
    status = int(number(asked, "status", 200))
    if not 200 <= status <= 599:
        raise StripeError("status must be a number from 200 to 599", param="status")
    canned = Canned(status, encode(asked.get("body", {})), headers)
    return Rule(kind or canned, int(number(asked, "calls", 1)), method, path)


def shown_rule(rule: Rule) -> Json:
    happens = rule.happens
    what: Json = {"status": happens.status} if isinstance(happens, Canned) else {"kind": happens}
    return {"method": rule.method, "path": rule.path, "calls": rule.calls, **what}


def related(state: State, kind: str, names: Set[str], limit: int) -> list[Json]:
    """The newest objects of a kind, those alone that have one of the names or belong to one that has; all if none is
    given."""

    def belongs(thing: Json) -> bool:
        return any(thing.get(name) in names for name in ("id", "payment_intent", "charge"))

    return list(islice((thing for thing in state.newest(kind) if not names or belongs(thing)), limit))


def overview(state: State, webhooks: Webhooks, shown: Iterable[Delivery]) -> Json:
    """The first endpoint's address and secret, how deliveries are steered, how many are held, and those to be shown."""
    endpoints = [
        {"id": e["id"], "url": e["url"], "status": e["status"], "secret": state.private(e["id"])["secret"]}
        for e in reversed(state.all("webhook_endpoint"))
    ]
    first = endpoints[0] if endpoints else {"url": None, "secret": None}
    return {
        "url": first["url"],
        "secret": first["secret"],
        "mode": webhooks.mode,
        "duplicate": webhooks.duplicate,
        "shuffle": webhooks.shuffle,
        "in_order": webhooks.in_order,
        "endpoints": endpoints,
        "held": sum(delivery.held for delivery in list(webhooks.deliveries)),
        "deliveries": [delivery.shown() for delivery in list(shown)],
    }


def body(*allowed: str) -> dict[str, Any]:
    """The JSON object sent (whatever its content type says), or an empty one; a name that is not allowed is a
    typing mistake and said so."""
    sent = request.get_data()
    try:
        asked = json.loads(sent) if sent.strip() else {}
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise StripeError("The body must be a JSON object.")
    if unknown := sorted(asked.keys() - set(allowed)):
        raise StripeError(f"Unknown: {', '.join(unknown)}. Known here: {', '.join(allowed) or 'nothing'}.")
    return asked


def number(asked: dict[str, Any], name: str, default: float) -> float:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise StripeError(f"{name} must be a number, 0 or more", param=name)
    return value


def answer(result: Json) -> Response:
    return respond(Answer(200, encode(result), "req_" + random_id(14), {}))
