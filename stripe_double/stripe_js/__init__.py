"""The stand-in for Stripe.js: the script that pages include, and the frames in which its elements live.

Each script is a folder of parts that hold declarations alone; here they are joined, so that there is nothing to build.
"""

from pathlib import Path

from flask import Blueprint, Response, render_template

from .. import accounts, cards

FOLDER = Path(__file__).parent
RELEASES = ("acacia", "basil", "clover", "dahlia", "endive")
ADDRESSES = ("/v3", "/v3/", "/v3/stripe.js", *(f"/{release}/stripe.js" for release in RELEASES))
ELEMENTS_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"


def blueprint() -> Blueprint:
    stripe_js = Blueprint("stripe_js", __name__, static_folder="static", static_url_path="/v3/elements/static")

    def page_script() -> Response:
        return script("page", "startPage(document.currentScript);")

    for address in ADDRESSES:
        stripe_js.add_url_rule(address, endpoint=f"script at {address}".replace(".", "_"), view_func=page_script)

    @stripe_js.get("/v3/elements/<kind>.html")
    def frame_page(kind: str) -> Response:
        debits = {scenario: iban for iban, scenario in accounts.IBANS.items() if iban.startswith("DE")}
        page = Response(render_template("elements.html", kind=kind, cards=cards.CARDS, debits=debits))
        page.headers["Content-Security-Policy"] = ELEMENTS_POLICY
        return page

    @stripe_js.get("/v3/elements.js")
    def frame_script() -> Response:
        return script("frame", "startFrame();")

    return stripe_js


def script(folder: str, start: str) -> Response:
    """The parts of a folder, and those that both scripts have, in a scope of their own."""
    parts = [path.read_text() for name in ("shared", folder) for path in sorted((FOLDER / name).glob("*.js"))]
    text = "\n".join(["(() => {", '"use strict";', *parts, start, "})();", ""])
    return Response(text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})
