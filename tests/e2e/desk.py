"""A desk alone: its page in front of an issuer and an API that are made up, each on an origin of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from werkzeug.wrappers import Request, Response

from tests.e2e.scenes import PAYMENT_ID, money, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

OTHER_ID = "pay_01KA8Q4ZJ3V5S9D7M2X6C0TBNF"
INTENT = "pi_3TRq8uLkdIwHu7ix0vVq2mXa"
NOW = "2026-11-21T11:05:30Z"

type Script = Callable[[Request], Response]
"""What is answered instead of the usual."""


def text_of(claims: dict[str, Any]) -> str:
    """A JWT whose signature nobody looks at: here the API knows its tokens."""
    parts = [json.dumps(each).encode() for each in ({"alg": "RS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts), "c2lnbmVk"])


def json_answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def refusal(status: int, code: str, detail: str, *errors: str) -> Response:
    body = {
        "type": f"urn:quittance:problem:{code}",
        "title": "Problem",
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"field": "from", "detail": each} for each in errors],
        "requestId": "req-1",
    }
    return Response(json.dumps(body), status, content_type="application/problem+json")


def with_cors(response: Response, request: Request, allowed: str) -> Response:
    """As API Gateway does for the origin that it was told of, and for no other."""
    if request.headers.get("Origin") == allowed:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Allow-Headers"] = "authorization,content-type,idempotency-key"
        response.headers["Access-Control-Allow-Methods"] = "GET,POST"
    return response


class Issuer:
    """An OpenID provider with one person at its page: `person` signs in as soon as they are asked to."""

    def __init__(self, address: str, site: str) -> None:
        self.address = address
        self.person = {"sub": "grace-sub", "email": "grace@example.com"}
        self.admins = {"grace-sub"}
        self.lifetime = 900
        self.gives_refresh = True
        self.refreshes = 0
        self.ended: list[dict[str, str]] = []
        self.asked: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        """Instead of what an ID token says."""
        self.sends_back: dict[str, str | None] = {}
        """Instead of what comes back in the address; None is left out."""
        self.live: dict[str, str] = {}
        """Access tokens that hold, and whose."""
        self._site = site
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh_tokens: dict[str, dict[str, str]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        answer = {
            "/.well-known/openid-configuration": self._discovery,
            "/authorize": self._authorize,
            "/token": self._token,
            "/logout": self._logout,
        }[request.path](request)
        return with_cors(answer, request, self._site)(environ, start_response)

    def _discovery(self, _: Request) -> Response:
        ends = {"authorization": "authorize", "token": "token", "end_session": "logout"}
        places = {f"{name}_endpoint": f"{self.address}/{path}" for name, path in ends.items()}
        return json_answer({"issuer": self.address, **places})

    def _authorize(self, request: Request) -> Response:
        self.asked = {name: values[0] for name, values in parse_qs(request.query_string.decode()).items()}
        assert self.asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = self.asked
        back = {"code": code, "state": self.asked["state"]} | self.sends_back
        given = {name: value for name, value in back.items() if value is not None}
        return Response(status=302, headers={"Location": f"{self.asked['redirect_uri']}?{urlencode(given)}"})

    def _token(self, request: Request) -> Response:
        if request.form["grant_type"] == "refresh_token":
            asked = self._refresh_tokens.pop(request.form["refresh_token"], None)
            self.refreshes += 1
            return self._tokens({}) if asked is not None else json_answer({"error": "invalid_grant"}, 400)
        asked = self._codes.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (
            challenge,
            request.form["redirect_uri"],
        ):
            return json_answer({"error": "invalid_grant"}, 400)
        return self._tokens({"nonce": asked["nonce"]})

    def _tokens(self, more: dict[str, Any]) -> Response:
        now = int(time.time())
        access = text_of({"iat": now, "exp": now + self.lifetime, "jti": secrets.token_urlsafe(8)})
        self.live[access] = self.person["sub"]
        standard = {"iss": self.address, "aud": "quittance", "iat": now, "exp": now + 900}
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": self.lifetime,
            "id_token": text_of(standard | self.person | more | self.claims),
        }
        if self.gives_refresh:
            answer["refresh_token"] = secrets.token_urlsafe(8)
            self._refresh_tokens[answer["refresh_token"]] = {}
        return json_answer(answer)

    def forget_refresh_tokens(self) -> None:
        self._refresh_tokens.clear()

    def _logout(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(request.query_string.decode()).items()}
        self.ended.append(query)
        return Response(status=302, headers={"Location": query["post_logout_redirect_uri"]})


def payment(**changes: Any) -> dict[str, Any]:
    """A payment of 120.00 as the desk's API tells it, paid unless told otherwise."""
    return {
        "paymentId": PAYMENT_ID,
        "status": "succeeded",
        "amount": 12000,
        "currency": "usd",
        "createdAt": "2026-11-21T10:42:07Z",
        "paidAt": NOW,
        "received": [money(12000)],
        "returned": [],
        "sku": "consulting-hour",
        "number": None,
        "dispute": None,
        "final": True,
        "order": order((1, "Consulting, one hour"), total=12000),
        "expiresAt": "2026-11-22T09:42:07Z",
        "updatedAt": NOW,
        "payable": False,
        "paidBy": "hosted",
        "day": "2026-11-21",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "user": None,
        "metadata": {"table": "7"},
        "address": None,
        "billingAddress": None,
        "note": None,
        "shortages": [],
        "failure": None,
        "refundable": [{"intent": INTENT, **money(12000)}],
        "toApprove": [],
        "cancelable": False,
        "attention": None,
        "facts": [
            fact("asking", "stripe", "open"),
            fact("session", "cs_test_a1B2c3", "paid", **money(12000), intent=INTENT, expiresAt="2026-11-22T09:42:07Z"),
            fact("intent", INTENT, "succeeded", **money(12000)),
            fact("attempt", "ch_3TRq8uLkdIwHu7ix0vVq2mXa", "succeeded", **money(12000), intent=INTENT),
        ],
        "refundRequests": [],
        "documents": [],
        "notices": [notice("payment_confirmation", "sent", resendable=True), notice("admin_notification", "sent")],
        "timeline": [
            event("2026-11-21T11:05:29Z", "payment_intent.succeeded", f"intent#{INTENT}: open -> succeeded"),
            event(NOW, "checkout.session.completed", "session#cs_test_a1B2c3: open -> paid"),
        ],
        "stripeUrl": f"https://dashboard.stripe.com/test/payments/{INTENT}",
        # The API changes its own.
        **deepcopy(changes),
    }


def fact(kind: str, ref: str, state: str, **details: Any) -> dict[str, Any]:
    return {"kind": kind, "ref": ref, "state": state, "learnedAt": NOW, "details": details}


def product(**changes: Any) -> dict[str, Any]:
    """One that is sold from stock, unless told otherwise."""
    return {
        "sku": "enamel-mug",
        "name": "Enamel mug",
        "kind": "fixed",
        "price": {"amount": 1800},
        "currency": "usd",
        "minorUnits": 2,
        "description": "",
        "image": None,
        "ships": True,
        "most": 10,
        "left": 12,
        "changes": [{"at": NOW, "change": 12, "reason": "a delivery", "by": "heidi-sub"}],
        **changes,
    }


def notice(kind: str, state: str, *, resendable: bool = False, note: str | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "ref": "",
        "state": state,
        "dueSince": NOW,
        "attempts": 1,
        "settledAt": NOW,
        "note": note,
        "resendable": resendable,
    }


def document(kind: str, number: str) -> dict[str, Any]:
    path = f"/payments/{PAYMENT_ID}/invoice.pdf?key=k&number={number}"
    return {"number": number, "kind": kind, "day": "2026-11-21", "path": path}


def event(at: str, type_: str, *outcome: str, by: str | None = None) -> dict[str, Any]:
    return {"at": at, "id": f"evt_{len(type_)}", "type": type_, "by": by, "outcome": list(outcome)}


def request_of(state: str, amount: int, ref: str = "rr-1", **changes: Any) -> dict[str, Any]:
    """A refund that an admin asked for."""
    return {
        "ref": ref,
        "state": state,
        **money(amount),
        "intent": INTENT,
        "reason": None,
        "by": "grace-sub",
        "requestedAt": NOW,
        "refundId": None,
        "detail": None,
        **changes,
    }


def erasure(erased: int, left: int = 0) -> dict[str, Any]:
    """How far a person is erased."""
    return {
        "erasureId": "era_1",
        "state": "open",
        "left": left,
        "erased": erased,
        "requestedAt": NOW,
        "doneAt": None,
    }


ROW = (
    "paymentId",
    "status",
    "amount",
    "currency",
    "createdAt",
    "paidAt",
    "received",
    "returned",
    "sku",
    "number",
    "dispute",
)


@dataclass
class Seen:
    """A request to the API as the page made it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    key: str | None


@dataclass
class DeskApi:
    """The routes of /admin by the contract. Refunds are kept by their Idempotency-Key, as the true one keeps them."""

    issuer: Issuer
    site: str
    payments: dict[str, dict[str, Any]] = field(default_factory=lambda: {PAYMENT_ID: payment()})
    pages: list[list[dict[str, Any]]] = field(default_factory=list)
    """Of the list of payments; without any, it is one page of `payments`."""
    product: dict[str, Any] = field(default_factory=lambda: product())
    stock_keys: set[str] = field(default_factory=set)
    attention: list[dict[str, Any]] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    scripts: dict[str, list[Script]] = field(default_factory=lambda: defaultdict(list))
    """By the path's last part; each is used once."""
    seen: list[Seen] = field(default_factory=list)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        answer = Response(status=204) if request.method == "OPTIONS" else self._answer(request)
        return with_cors(answer, request, self.site)(environ, start_response)

    def sent(self, last: str) -> list[Seen]:
        """What was sent to addresses that end so."""
        return [each for each in self.seen if each.path.endswith(last)]

    def _answer(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.issuer.live:
            return json_answer({"message": "Unauthorized"}, 401)
        if self.issuer.live[token] not in self.issuer.admins:
            return refusal(403, "forbidden", "This account is not an admin.")
        body = json.loads(request.data) if request.data else None
        key = request.headers.get("Idempotency-Key")
        self.seen.append(Seen(request.method, request.path, request.args.to_dict(), body, key))
        parts = request.path.removeprefix("/admin/").split("/")
        if self.scripts[parts[-1]]:
            return self.scripts[parts[-1]].pop(0)(request)
        return self.usual(request)

    def usual(self, request: Request) -> Response:
        parts = request.path.removeprefix("/admin/").split("/")
        match parts:
            case ["attention"]:
                return json_answer({"attention": self.attention, "cursor": None})
            case ["stats"]:
                return json_answer({"days": self.days})
            case ["payments"]:
                if set(request.args) - {"cursor"} > {"q"}:
                    return refusal(422, "validation_failed", "Some fields cannot be accepted", "It goes alone.")
                return self._page(int(request.args.get("cursor", "0")))
            case ["products"]:
                return json_answer({"products": [self.product, product(sku="hour", name="An hour", left=None)]})
            case ["products", sku] if sku == self.product["sku"]:
                return json_answer(self.product)
            case ["products", sku, "stock"] if sku == self.product["sku"]:
                return self._stock(json.loads(request.data), request.headers["Idempotency-Key"])
            case ["products", *_]:
                return refusal(404, "product_not_found", "There is no such product.")
            case ["erasures"]:
                return self._erase(json.loads(request.data))
            case ["payments", id_, *rest] if id_ in self.payments:
                return self._of_payment(self.payments[id_], rest, request)
        return refusal(404, "payment_not_found", "There is no such payment.")

    def _page(self, at: int) -> Response:
        rows = [{name: each[name] for name in ROW} for each in self.payments.values()]
        pages = self.pages or [rows]
        cursor = str(at + 1) if at + 1 < len(pages) else None
        return json_answer({"payments": pages[at], "cursor": cursor})

    def _of_payment(self, payment: dict[str, Any], rest: list[str], request: Request) -> Response:
        match rest:
            case []:
                return json_answer(payment)
            case ["refunds"]:
                return self._refund(payment, json.loads(request.data), request.headers["Idempotency-Key"])
            case ["refunds", ref, "withdraw"]:
                asked = next(each for each in payment["refundRequests"] if each["ref"] == ref)
                asked["state"] = "withdrawn"
                return json_answer({"refundRequest": asked, "payment": payment})
            case ["approval"]:
                payment |= {"status": "succeeded", "toApprove": [], "attention": None}
            case ["cancel"]:
                payment |= {"status": "canceled", "cancelable": False, "payable": False}
            case ["shortages"]:
                settled = json.loads(request.data)
                [missing] = [each for each in payment["shortages"] if each["sku"] == settled["sku"]]
                missing["state"] = settled["resolution"]
                payment["attention"] = None
            case ["notices", "resend"]:
                payment["notices"][0] |= {"state": "due", "resendable": False}
            case ["refresh"]:
                return json_answer(payment | {"checkedAt": NOW})
        return json_answer(payment)

    def _erase(self, whom: dict[str, str]) -> Response:
        ((name, value),) = whom.items()
        theirs = [each for each in self.payments.values() if each[name] == value]
        for each in theirs:
            each |= {"name": None, "email": None, "user": None, "metadata": {}}
        return json_answer(erasure(len(theirs)), 202)

    def _stock(self, body: dict[str, Any], key: str) -> Response:
        if self.product["left"] + body["change"] < 0:
            return refusal(409, "stock_too_low", f"{self.product['left']} are left; take away at most as many.")
        if key not in self.stock_keys:
            self.stock_keys.add(key)
            self.product["left"] += body["change"]
            self.product["changes"].insert(0, {"at": NOW, "by": "grace-sub", **body})
        return json_answer({"sku": self.product["sku"], "left": self.product["left"]})

    def _refund(self, payment: dict[str, Any], body: dict[str, Any], key: str) -> Response:
        if key not in self.refunds:
            (left,) = payment["refundable"]
            if body["amount"] > left["amount"]:
                return refusal(409, "refund_exceeds", "Only $99.00 is left to refund.")
            self.refunds[key] = request_of("succeeded", body["amount"], f"rr-{key}", refundId="re_1")
            returned = sum(each["amount"] for each in payment["returned"]) + body["amount"]
            payment["returned"] = [money(returned)]
            payment["refundable"] = [left | {"amount": left["amount"] - body["amount"]}] * (
                left["amount"] > body["amount"]
            )
            payment["status"] = "partially_refunded" if payment["refundable"] else "refunded"
            payment["refundRequests"].append(self.refunds[key])
        return json_answer({"refundRequest": deepcopy(self.refunds[key]), "payment": payment}, 201)
