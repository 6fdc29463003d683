"""Stripe's dashboard, as far as links lead there: /dashboard/payments/pi_..., /dashboard/disputes/du_..."""

from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from .api import encode
from .errors import StripeError
from .state import State


def blueprint(state: State, url: str | None) -> Blueprint:
    """Sends on to `url`, its {id} being the object's id; without one, shows the object."""
    dashboard = Blueprint("dashboard", __name__, url_prefix="/dashboard")

    @dashboard.get("/<path:path>")
    def show(path: str) -> AnyResponse:
        identifier = path.rstrip("/").rpartition("/")[2]
        if url:
            return redirect(url.replace("{id}", quote(identifier, safe="")), 302)
        try:
            with state.acting():
                whole = encode(state.named(identifier)).decode()
        except StripeError:
            return Response(render_template("gone.html", title="Page not found"), 404)
        return Response(render_template("object.html", title=identifier, whole=whole))

    return dashboard
