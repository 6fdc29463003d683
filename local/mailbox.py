"""The mails that the functions have sent: for people at /, for tests at /messages."""

from __future__ import annotations

import email
import email.policy
import html
import http.client
import json
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

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
                response = Response(_page(self._messages()), content_type="text/html; charset=utf-8")
            case (("GET" | "HEAD"), "/messages"):
                response = Response(json.dumps(self._messages()), content_type="application/json")
            case "DELETE", "/messages":
                self._call("DELETE")
                response = Response(status=204)
            case _, ("/" | "/messages"):
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


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { border: 1px solid #8886; border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
h2 { font-size: 1.1rem; margin: 0 0 .25rem; } p { margin: 0 0 .75rem; }
iframe { box-sizing: border-box; width: 100%; height: 24rem; border: 1px solid #8884; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def _page(messages: list[dict[str, Any]]) -> str:
    articles = "".join(_article(message) for message in reversed(messages))
    count = (
        "No mail yet"
        if not messages
        else "1 mail"
        if len(messages) == 1
        else f"{len(messages)} mails, the newest first"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>Mailbox</h1><p>{count}. Reload for more.</p>"
        f"{articles}</body></html>"
    )


def _article(message: dict[str, Any]) -> str:
    sent_at = f"{message['sentAt'][:19].replace('T', ' ')} UTC"
    subject, to = html.escape(message["subject"]), html.escape(", ".join(message["to"]))
    # The sandbox lets a mail run nothing and reach nothing of this page; its links open in a tab of their own.
    content = html.escape(message["html"].replace("<head>", '<head><base target="_blank">', 1))
    sandbox = "allow-popups allow-popups-to-escape-sandbox"
    frame = f'<iframe sandbox="{sandbox}" title="{subject}" srcdoc="{content}"></iframe>'
    return (
        f"<article><h2>{subject}</h2><p>To {to}, {sent_at}</p>{frame if message['html'] else ''}"
        f"<details><summary>Text</summary><pre>{html.escape(message['text'])}</pre></details></article>"
    )
