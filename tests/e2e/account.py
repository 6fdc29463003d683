"""The API for somebody who is signed in, made up by its contract: what they have ordered, and their saved cards."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from tests.e2e.desk import NOW, Seen, json_answer, refusal, with_cors
from tests.e2e.scenes import ACCESS_KEY, CHECKOUT, GOODS, LONG_WORD, PAYMENT_ID, PRODUCTS, order
from tests.e2e.scenes import payment as public_payment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from tests.e2e.desk import Issuer, Script

ADA = {"sub": "ada-sub", "email": "ada@example.com", "name": "Ada Lovelace"}
SETUP_SECRET = "seti_1_secret_2"
EVE = {"sub": "eve-sub", "email": "eve@example.com"}


def own(status: str, number: str | None = "7K3M-9XQ2", **changes: Any) -> dict[str, Any]:
    """A payment as its customer's list has it."""
    whole = public_payment(status, order=order((1, "Consulting, one hour")) | {"number": number}, **changes)
    names = ("status", "amount", "currency", "createdAt", "paidAt", "received", "returned", "dispute", "payable")
    more = ("paymentId", "paidBy", "checkoutUrl", "invoiceNumber", "order")
    return {name: whole[name] for name in (*names, *more)} | {
        "sku": whole["serviceType"],
        "number": number,
        "accessKey": ACCESS_KEY,
    }


def card(**changes: Any) -> dict[str, Any]:
    return {
        "id": "pm_1",
        "brand": "visa",
        "last4": "4242",
        "expMonth": 4,
        "expYear": 2029,
        "wallet": None,
        "expired": False,
        **changes,
    }


@dataclass
class AccountApi:
    """By the sub of who asks: what is theirs."""

    issuer: Issuer
    site: str
    payments: dict[str, list[list[dict[str, Any]]]] = field(default_factory=lambda: {"ada-sub": [[own("succeeded")]]})
    """Pages of the list."""
    cards: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"ada-sub": [card()]})
    scripts: dict[str, list[Script]] = field(default_factory=lambda: defaultdict(list))
    """By method and path; each is used once."""
    seen: list[Seen] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        answer = Response(status=204) if request.method == "OPTIONS" else self._answer(request)
        answer = with_cors(answer, request, self.site)
        answer.headers["Access-Control-Allow-Methods"] = "GET,POST,DELETE"
        answer.headers["Access-Control-Expose-Headers"] = "retry-after"
        return answer(environ, start_response)

    def sent(self, method: str, path: str) -> list[Seen]:
        return [each for each in self.seen if (each.method, each.path) == (method, path)]

    def _answer(self, request: Request) -> Response:
        user = self.issuer.live.get(request.headers.get("Authorization", "").removeprefix("Bearer "), "")
        if request.path.startswith("/me/") and not user:
            return json_answer({"message": "Unauthorized"}, 401)
        body = json.loads(request.data) if request.data else None
        key = request.headers.get("Idempotency-Key")
        self.seen.append(Seen(request.method, request.path, request.args.to_dict(), body, key))
        if scripts := self.scripts[f"{request.method} {request.path}"]:
            return scripts.pop(0)(request)
        return self.usual(request, user)

    def usual(self, request: Request, user: str) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["products"]:
                return json_answer({"products": PRODUCTS[:1] + GOODS})
            case "POST", ["quotes"]:
                return self._quote(json.loads(request.data))
            case "POST", ["checkout-sessions"] | ["me", "checkout-sessions"]:
                opened = {"paymentId": PAYMENT_ID, "sessionId": "cs_test_1", "url": f"{self.site}/result.html"}
                state = {"status": "pending", "expiresAt": NOW, "accessKey": ACCESS_KEY, "order": order()}
                return json_answer(opened | state, 201)
            case "GET", ["me", "payments"]:
                pages = self.payments.get(user, [[]])
                at = int(request.args.get("cursor", "0"))
                return json_answer({"payments": pages[at], "cursor": str(at + 1) if at + 1 < len(pages) else None})
            case "GET", ["me", "payment-methods"]:
                return json_answer({"paymentMethods": self.cards.get(user, [])})
            case "POST", ["me", "payment-methods"]:
                return json_answer({"clientSecret": SETUP_SECRET, "publishableKey": "pk_test_1"}, 201)
            case "DELETE", ["me", "payment-methods", id_]:
                mine = self.cards.get(user, [])
                if all(each["id"] != id_ for each in mine):
                    return refusal(404, "payment_method_not_found", "There is no such card.")
                self.cards[user] = [each for each in mine if each["id"] != id_]
                return Response(status=204)
            case "GET", ["payments", _]:
                return json_answer(public_payment("succeeded"))
        return refusal(404, "payment_not_found", "There is no such payment.")

    def _quote(self, asked: dict[str, Any]) -> Response:
        (line,) = asked["items"]
        product = next(each for each in GOODS if each["sku"] == line["sku"])
        total = product["price"]["amount"] * line["quantity"]
        lines = [line | {"name": product["name"], "unit": product["price"]["amount"]}]
        summed = {"number": None, "lines": lines, "shipping": None, "tax": [], "total": total}
        return json_answer(summed | {"currency": product["currency"]})


MANY = [
    own("pending", "AAAA-0001"),
    own("pending", "AAAA-0002", payable=False),
    own("processing", "AAAA-0003"),
    own("failed", "AAAA-0004"),
    own("succeeded", "AAAA-0005"),
    own("partially_refunded", "AAAA-0006"),
    own("refunded", "AAAA-0007"),
    own("in_review", "AAAA-0008"),
    own("expired", "AAAA-0009"),
    own("canceled", None),
    own("succeeded", "AAAA-0011", dispute="open"),
]
"""One of every status, and of what else an entry may say."""
for _at, _each in enumerate(MANY):
    _each["paymentId"] = f"pay_{_at}"
MANY[4]["order"] = order((2, "Enamel mug"), (1, "Notebook"), (1, LONG_WORD)) | {"number": "AAAA-0005"}
MANY[0]["checkoutUrl"] = CHECKOUT


CARDS = [
    card(),
    card(id="pm_2", brand="mastercard", last4="4444", expMonth=12, expYear=2024, expired=True),
    card(id="pm_3", brand="amex", last4="8431", wallet="apple_pay"),
    card(id="pm_4", brand="unknown", last4="0005"),
]
