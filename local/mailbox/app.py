"""The mailbox: a static page, the mails for it to show one at a time, and all of them for tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from local import mail_pages
from local.pages import HEADERS, Pages, in_json, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from local.mailbox.mail import Mail
    from local.mailbox.mails import Mails

_STATIC = Path(__file__).parent / "static"
MOST_LISTED = 200
# A mail may run nothing, load nothing and reach nothing of this page; its links open in a tab of their own.
_HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    f"sandbox {mail_pages.SANDBOX}"
)
# The samples' frames are within their page, and have its policy.
_PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"


class Mailbox:
    """`console` is the address of the console, which has a page of each payment.

    GET /messages answers [{"from", "to", "subject", "text", "html", "sentAt"}], the newest last; DELETE /messages
    empties it. GET /mails.json lists mails without what is in them: the newest, those `after` a number, or those
    `before` one. /mails/{number} is the page of one; below it are html, source, attachments/{index}, and with .json
    all but these. `search` narrows both lists: every word of it is in the mail.
    """

    def __init__(self, mails: Mails, console: str = "") -> None:
        self._mails = mails
        self._console = console
        self._pages = Pages(_STATIC)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = refusal(request) or self._answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _change(self, request: Request) -> Response:
        if (request.method, request.path) != ("DELETE", "/messages"):
            return Response("Method not allowed\n", status=405, headers={"Allow": "GET, DELETE"})
        self._mails.clear()
        return Response(status=204)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return self._change(request)
        match request.path.split("/")[1:]:
            case [""]:
                return self._pages.page()
            case ["messages"]:
                return in_json([_message(mail) for mail in _found(self._mails.all(), request)])
            case ["mails.json"]:
                return in_json(self._list(request))
            case ["mails", name, *rest]:
                return self._mail(name, rest)
            case ["preview", *rest]:
                return _preview("/".join(rest).strip("/"))
            case _:
                return self._pages.file(request)

    def _list(self, request: Request) -> dict[str, Any]:
        """What is new costs no more than it is; `first` says which older mails are gone."""
        every = self._mails.all()
        last = every[-1].number if every else self._mails.first - 1
        if (after := request.args.get("after", type=int)) is not None:
            found = list(_found(every[_position(every, after + 1) :], request))
            total = None
        else:
            before = request.args.get("before", last + 1, type=int)
            matching = list(_found(every, request))
            found = [mail for mail in matching if mail.number < before][-MOST_LISTED:]
            total = len(matching)
        return {
            "mails": [_listed(mail) for mail in reversed(found)],
            "total": total,
            "first": self._mails.first,
            "last": last,
            "console": self._console,
        }

    def _mail(self, name: str, rest: Sequence[str]) -> Response:
        number = name.removesuffix(".json")
        mail = next((each for each in self._mails.all() if str(each.number) == number), None)
        match mail, rest:
            case _, [] if name == number and number.isdecimal():
                # One that is gone has a page too, which says so.
                return self._pages.page()
            case None, _:
                return Response("There is no such mail; the mailbox was emptied, or never had it.\n", status=404)
            case _, []:
                return in_json(_opened(mail) | {"paymentPage": f"{self._console}/payments/{mail.payment}"})
            case _, ["html"]:
                headers = {"Content-Security-Policy": _HTML_POLICY}
                return Response(mail_pages.framed(mail.html), headers=headers, mimetype="text/html")
            case _, ["source"]:
                return Response(mail.raw, mimetype="text/plain")
            case _, ["attachments", index]:
                return _attachment(mail, index)
            case _:
                return Response("Not found\n", status=404)


def _found(mails: Iterable[Mail], request: Request) -> Iterable[Mail]:
    words = request.args.get("search", "").casefold().split()
    return (mail for mail in mails if all(word in mail.searched for word in words))


def _position(mails: Sequence[Mail], number: int) -> int:
    """Where the mail of a number is: numbers have no gaps."""
    return max(0, number - mails[0].number) if mails else 0


def _message(mail: Mail) -> dict[str, Any]:
    return {
        "from": mail.sender,
        "to": list(mail.to),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "sentAt": mail.sent_at,
    }


def _listed(mail: Mail) -> dict[str, Any]:
    return {
        "number": mail.number,
        "from": mail.sender,
        "to": list(mail.to),
        "subject": mail.subject,
        "sentAt": mail.sent_at,
    }


def _opened(mail: Mail) -> dict[str, Any]:
    return _listed(mail) | {
        "text": mail.text,
        "hasHtml": bool(mail.html),
        "payment": mail.payment,
        "headers": mail.headers(),
        "attachments": [
            {"name": each.name, "type": each.content_type, "bytes": len(each.content)} for each in mail.attachments()
        ],
    }


def _attachment(mail: Mail, index: str) -> Response:
    attachment = next((each for number, each in enumerate(mail.attachments()) if str(number) == index), None)
    if attachment is None:
        return Response("Not found\n", status=404)
    response = Response(attachment.content, content_type=attachment.content_type)
    # Whatever it is, it is saved: opened here it would be a page of this origin.
    response.headers.set("Content-Disposition", "attachment", filename=attachment.name)
    return response


def _preview(slug: str) -> Response:
    # Not at the top: whoever only reads mails need not have the functions' code on the path.
    from local.mail_preview import samples

    sample = samples().get(slug)
    if slug and sample is None:
        return Response("Not found\n", status=404)
    document = mail_pages.preview(sample) if sample else mail_pages.index(samples())
    return Response(document, headers={"Content-Security-Policy": _PREVIEW_POLICY}, mimetype="text/html")
