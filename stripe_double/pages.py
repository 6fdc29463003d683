"""The hosted checkout page and the issuer's 3D Secure challenge, rendered on the server."""

import re
from dataclasses import dataclass, field

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from . import cards, currencies, payments
from .errors import StripeError
from .expansion import nested
from .fields import Json
from .instruments import DELAYED_TYPE
from .resources import payment_methods, sessions, setup_intents
from .state import State
from .webhooks import Webhooks

METHODS = {
    "card": "Card",
    "delayed_success": "Bank debit that arrives later",
    "delayed_failure": "Bank debit that fails later",
}
PASSED = ("succeeded", "processing", "requires_capture")
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


class NotPayable(Exception):
    """What was typed cannot be tried: the field it is about, and a sentence for the customer."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field_name = field_name
        self.message = message


@dataclass
class Typed:
    """The form as it came, so that a refused one is shown again."""

    values: dict[str, str] = field(default_factory=dict)
    error: str = ""
    wrong: str = ""


def blueprint(state: State, webhooks: Webhooks, redirect_wait: float) -> Blueprint:
    """The pages. `redirect_wait`: how long the customer waits for the webhook of a finished payment."""
    pages = Blueprint("pages", __name__)

    def show(session_id: str, typed: Typed | None = None, status: int = 200) -> Response:
        with state.acting():
            session = state.find("checkout.session", session_id)
            if session is None:
                return Response(render_template("gone.html", title="Page not found"), 404)
            view = checkout_view(state, session)
        if view["status"] != "open":
            return Response(render_template("closed.html", **view), 200)
        return Response(render_template("checkout.html", typed=typed or Typed(), **view), status)

    def send_on(session_id: str) -> AnyResponse:
        """To success_url, once the webhook of the payment was acknowledged or has had its time."""
        with state.acting():
            session = state.get("checkout.session", session_id)
            event = state.private(session_id).get("completed_event")
            target = success_address(session)
        if event:
            webhooks.wait(event, redirect_wait)
        return redirect(target, 303)

    def after(session_id: str, session_status: str) -> AnyResponse:
        if session_status == "complete":
            return send_on(session_id)
        return redirect(f"/c/pay/{session_id}/authenticate", 303)

    @pages.get("/c/pay/<id>")
    def checkout(id: str) -> Response:  # noqa: A002
        typed = Typed()
        with state.acting():
            session = state.find("checkout.session", id)
            intent = sessions.intent_of(state, session) if session else None
            if "failed" in request.args and intent:
                failure = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
                typed.error = failure.get("message", "")
        return show(id, typed)

    @pages.post("/c/pay/<id>")
    def pay(id: str) -> AnyResponse:  # noqa: A002
        typed = Typed({name: value.strip() for name, value in request.form.items()})
        try:
            with state.acting():
                session = state.find("checkout.session", id)
                if session is None or session["status"] == "expired":
                    return show(id)
                if session["status"] == "open":
                    submit(state, session, typed.values)
                status = session["status"]
        except NotPayable as problem:
            typed.error, typed.wrong = problem.message, problem.field_name
            return show(id, typed, 400)
        except StripeError as error:
            typed.error = error.message
            return show(id, typed, error.status)
        return after(id, status)

    @pages.get("/c/pay/<id>/authenticate")
    def challenge(id: str) -> AnyResponse:  # noqa: A002
        with state.acting():
            session = state.find("checkout.session", id)
            intent = sessions.intent_of(state, session) if session else None
            if session is None or intent is None or intent["status"] != "requires_action":
                return redirect(f"/c/pay/{id}", 303)
            return Response(
                render_template("authenticate.html", **challenge_view(session["branding_settings"], intent))
            )

    @pages.post("/c/pay/<id>/authenticate")
    def answer_challenge(id: str) -> AnyResponse:  # noqa: A002
        try:
            with state.acting():
                session = state.get("checkout.session", id)
                if session["status"] == "open":
                    sessions.authenticate(state, session, approved=request.form.get("outcome") == "authorize")
                status = session["status"]
        except StripeError:
            return redirect(f"/c/pay/{id}?failed", 303)
        return after(id, status)

    @pages.get("/3ds/<id>")
    def intent_challenge(id: str) -> Response:  # noqa: A002
        with state.acting():
            intent = state.find("payment_intent", id) or state.find("setup_intent", id)
            framed = "framed" in request.args
            if intent is not None and intent["status"] == "requires_action":
                view = challenge_view({}, intent)
                return Response(render_template("authenticate.html", framed=framed, **view))
        if framed:
            return Response(render_template("challenge_answered.html", title="Done"))
        return Response(render_template("gone.html", title="Nothing to confirm here"), 404)

    @pages.post("/3ds/<id>")
    def answer_intent_challenge(id: str) -> AnyResponse:  # noqa: A002
        approved = request.form.get("outcome") == "authorize"
        with state.acting():
            intent = state.find("payment_intent", id) or state.find("setup_intent", id)
            if intent is None:
                return Response(render_template("gone.html", title="Nothing to confirm here"), 404)
            back = return_address(state, intent)
            try:
                if intent["status"] != "requires_action":
                    # Sent twice: how it stands is the answer.
                    approved = intent["status"] in PASSED
                elif intent["object"] == "setup_intent":
                    setup_intents.authenticate(state, intent, approved=approved)
                else:
                    payments.authenticate(state, intent, approved=approved)
                    payments.book(state, intent)
            except StripeError:
                approved = False
        if "framed" in request.args:  # within the shop's page, which is told and goes on itself
            return Response(render_template("challenge_answered.html", title="Done"))
        if back is None:
            return Response(render_template("gone.html", title="Done: go back to the shop"))
        return redirect(f"{back}&redirect_status={'succeeded' if approved else 'failed'}", 303)

    return pages


def submit(state: State, session: Json, values: dict[str, str]) -> None:
    """Pay an open session with what the form says; a form that cannot be tried raises `NotPayable`."""
    email = (session["customer_details"] or {}).get("email") or values.get("email", "")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise NotPayable("email", "Your email is incomplete.")
    customer = {"name": values.get("billingName"), "email": email}
    if sessions.is_free(session):
        sessions.order_for_free(state, session, customer=customer)
        return
    method_name = values.get("method", "card")
    saved = {method["id"]: method for method in sessions.saved_methods(state, session)}
    if method_name in saved:
        method = saved[method_name]
    elif method_name in payment_methods.DELAYED:
        method = payment_methods.make(state, method_name)
    else:
        number, expiry = read_card(state, values)
        method = payment_methods.make(state, number, expiry)
    sessions.pay(state, session, method, customer=customer, save=values.get("save") == "on")


def read_card(state: State, values: dict[str, str]) -> tuple[str, tuple[int, int]]:
    number = cards.digits(values.get("cardNumber", ""))
    if not number:
        raise NotPayable("cardNumber", "Your card number is incomplete.")
    if not cards.passes_luhn(number):
        raise NotPayable("cardNumber", "Your card number is invalid.")
    typed = re.fullmatch(r"(\d{1,2})\s*/?\s*(\d{2}|\d{4})", values.get("cardExpiry", ""))
    if not typed or not 1 <= int(typed[1]) <= 12:
        raise NotPayable("cardExpiry", "Your card's expiration date is incomplete.")
    month, year = int(typed[1]), int(typed[2]) % 2000 + 2000
    if (year, month) < state.this_month():
        raise NotPayable("cardExpiry", "Your card's expiration date is in the past.")
    if not re.fullmatch(r"\d{3,4}", values.get("cardCvc", "")):
        raise NotPayable("cardCvc", "Your card's security code is incomplete.")
    return number, (month, year)


def success_address(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def return_address(state: State, intent: Json) -> str | None:
    """Where the customer goes after a challenge outside Checkout, with the parameters Stripe adds; None if the page
    waits for them."""
    back = state.private(intent["id"]).get("return_url")
    if back is None:
        return None
    joint = "&" if "?" in back else "?"
    kind, secret = intent["object"], intent["client_secret"]
    return f"{back}{joint}{kind}={intent['id']}&{kind}_client_secret={secret}"


def price(amount: int, code: str) -> str:
    """`$10.99`, or `10.99 SEK` where we have no sign."""
    text = currencies.shown(amount, code)
    return SYMBOLS[code] + text.rpartition(" ")[0] if code in SYMBOLS else text


def checkout_view(state: State, session: Json) -> Json:
    """What the templates show of a session."""
    lines = [
        {
            "name": item["description"],
            "quantity": item["quantity"],
            "total": price(item["amount_total"], item["currency"]),
            "detail": state.get("product", item["price"]["product"])["description"],
        }
        for item in nested(state, session, "line_items")["data"]
    ]
    return {
        "session_id": session["id"],
        "status": session["status"],
        "shop": session["branding_settings"].get("display_name") or "Example Studio",
        "total": price(session["amount_total"], session["currency"]) if session["mode"] == "payment" else "",
        "free": sessions.is_free(session),
        "lines": lines,
        "email": (session["customer_details"] or {}).get("email"),
        "cancel_url": session["cancel_url"],
        "success_url": success_address(session),
        "methods": {
            name: label
            for name, label in METHODS.items()
            if ("card" if name == "card" else DELAYED_TYPE) in session["payment_method_types"]
        },
        "saved": {method["id"]: saved_name(method) for method in sessions.saved_methods(state, session)},
        "offers_to_save": sessions.offers_to_save(session),
        "cards": cards.CARDS,
        "pay_label": pay_label(session),
    }


def saved_name(method: Json) -> str:
    kept = method.get("card") or method[DELAYED_TYPE]
    brand = kept.get("brand", "bank account").replace("_", " ")
    return f"{brand.capitalize()} •••• {kept['last4']}"


def pay_label(session: Json) -> str:
    """What the button says, before the total where there is one to pay."""
    if session["mode"] == "setup":
        return "Save card"
    if sessions.is_free(session):
        return "Complete order"
    return {"book": "Book", "donate": "Donate"}.get(session["submit_type"] or "", "Pay")


def challenge_view(branding: Json, intent: Json) -> Json:
    return {
        "shop": branding.get("display_name") or "Example Studio",
        "total": price(intent["amount"], intent["currency"]) if "amount" in intent else "leave to save your card",
    }
