"""The mails that the functions have sent: for people at /, for tests at /messages; every kind of mail at /preview."""

from __future__ import annotations

import email
import email.policy
import http.client
import json
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from local import mail_pages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import EmailMessage
    from wsgiref.types import StartResponse, WSGIEnvironment


class Mailbox:
    """Shows what the local AWS at `aws` was given to send.

    GET /messages answers [{"to", "subject", "text", "html", "sentAt"}], the newest last; DELETE /messages empties it.
    """

    def __init__(self, aws: str) -> None:
        self._aws = urlsplit(aws).netloc

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                response = _page(mail_pages.mailbox(self._messages()))
            case (("GET" | "HEAD"), "/messages"):
                response = Response(json.dumps(self._messages()), content_type="application/json")
            case "DELETE", "/messages":
                self._call("DELETE")
                response = Response(status=204)
            case (("GET" | "HEAD"), path) if path == "/preview" or path.startswith("/preview/"):
                response = _preview(path.removeprefix("/preview").strip("/"))
            case _, ("/" | "/messages" | "/preview"):
                response = Response("Method not allowed\n", status=405, headers={"Allow": "GET, DELETE"})
            case _:
                response = Response("Not found\n", status=404)
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _messages(self) -> list[dict[str, Any]]:
        return [message_of(mail) for mail in json.loads(self._call("GET"))]

    def _call(self, method: str) -> bytes:
        connection = http.client.HTTPConnection(self._aws, timeout=10)
        try:
            connection.request(method, "/_local/mails")
            return connection.getresponse().read()
        finally:
            connection.close()


def _preview(slug: str) -> Response:
    # Not at the top: whoever only reads mails need not have the functions' code on the path.
    from local.mail_preview import samples

    if not slug:
        return _page(mail_pages.index(samples()))
    sample = samples().get(slug)
    return _page(mail_pages.preview(sample)) if sample else Response("Not found\n", status=404)


def _page(document: str) -> Response:
    return Response(document, content_type="text/html; charset=utf-8")


def message_of(mail: dict[str, Any]) -> dict[str, Any]:
    parsed: EmailMessage = email.message_from_bytes(mail["raw"].encode(), policy=email.policy.default)
    # moto adds the header's recipients to those of the envelope.
    to = dict.fromkeys(parseaddr(recipient)[1] for recipient in mail["to"])
    return {
        "to": list(to),
        "subject": str(parsed["Subject"] or ""),
        "text": _content(parsed, "plain"),
        "html": _content(parsed, "html"),
        "sentAt": mail["sentAt"],
    }


def _content(mail: EmailMessage, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
            return str(part.get_content())
    return ""
