"""The mailbox: how mails are read, listed, searched and shown, each fetched and parsed once."""

from __future__ import annotations

import json
import tracemalloc
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from local.mailbox.app import MOST_LISTED, Mailbox
from local.mailbox.mail import mail_of
from local.mailbox.mails import Mails
from local.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable

PAYMENT = "pay_01M8H5K1XYGM5DEH42DHA64TJG"


def a_mail(subject: str = "Merci, Zoé", text: str = "Déjà payé\n", html: str = "<p>Déjà payé</p>\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Shop <shop@example.com>"
    mail["To"] = "Zoé <zoe@example.com>"
    mail["Subject"] = subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


class Post:
    """An outbox with mails in it, a mailbox that reads it, and how many mails the mailbox was given so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.handed_over = 0
        self._sent: list[Any] = []
        self._outbox = Outbox()
        mails = Mails("http://aws")
        monkeypatch.setattr(mails, "_call", self._call)
        self.browser = Client(Mailbox(mails, "http://localhost:8026"))

    def send(self, *mails: EmailMessage) -> None:
        for mail in mails:
            self._outbox.keep(["zoe@example.com"], mail.as_string())

    def get(self, path: str) -> Any:
        answer = self.browser.get(path)
        assert answer.status_code == 200
        return answer.json

    def _call(self, method: str, path: str) -> bytes:
        address = urlsplit(path)
        answer: bytes = Client(self._outbox).open(address.path, method=method, query_string=address.query).data
        if method == "GET":
            self.handed_over += len(json.loads(answer)["mails"])
        return answer


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    return Post(monkeypatch)


def subjects(mails: Iterable[dict[str, Any]]) -> list[str]:
    return [mail["subject"] for mail in mails]


def sent(raw: str, to: list[str] | None = None) -> dict[str, Any]:
    return {"number": 7, "to": to or [], "raw": raw, "sentAt": "2026-11-21T09:00:00.000Z"}


def test_a_mail_of_text_and_html_is_read_in_both(post: Post) -> None:
    post.send(a_mail())

    [read] = post.get("/messages")

    assert read.pop("sentAt").endswith("Z")
    assert read == {
        "from": "shop@example.com",
        "to": ["zoe@example.com"],
        "subject": "Merci, Zoé",
        "text": "Déjà payé\n",
        "html": "<p>Déjà payé</p>\n",
    }


def test_recipients_are_those_of_envelope_and_header_once_each() -> None:
    mail = mail_of(sent(a_mail().as_string(), ["zoe@example.com", "=?utf-8?q?Zo=C3=A9?= <zoe@example.com>"]))
    assert mail.to == ("zoe@example.com",)


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset"])
def test_a_mail_in_eight_bits_keeps_its_letters(charset: str) -> None:
    raw = f"Subject: x\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\nné\n"
    assert mail_of(sent(raw)).text == "né\n"


def test_a_subject_over_several_lines_is_one() -> None:
    subject = "Votre paiement de 99,00 € à Café Zoé est arrivé, et la facture aussi, merci beaucoup"
    assert mail_of(sent(a_mail(subject).as_string())).subject == subject


def test_the_list_has_no_bodies_and_a_mail_has_its_own(post: Post) -> None:
    post.send(a_mail(text=f"Payment {PAYMENT}\n"), a_mail("Other", html=""))

    listed = post.get("/mails.json")["mails"]

    assert subjects(listed) == ["Other", "Merci, Zoé"]
    assert listed[0].keys() == {"number", "from", "to", "subject", "sentAt"}
    other, first = (post.get(f"/mails/{mail['number']}.json") for mail in listed)
    assert not other["hasHtml"]
    assert first["hasHtml"]
    assert first["text"] == f"Payment {PAYMENT}\n"
    assert first["paymentPage"] == f"http://localhost:8026/payments/{PAYMENT}"
    assert ["From", "Shop <shop@example.com>"] in first["headers"]
    assert "Content-Type: multipart/alternative" in post.browser.get(f"/mails/{first['number']}/source").text


def test_each_mail_is_fetched_once_and_a_live_list_asks_for_what_is_new(post: Post) -> None:
    post.send(a_mail("One"), a_mail("Two"))
    known = post.get("/mails.json")
    post.send(a_mail("Three"))

    new = post.get(f"/mails.json?after={known['last']}")

    assert subjects(new["mails"]) == ["Three"]
    assert post.get(f"/mails.json?after={new['last']}")["mails"] == []
    assert post.handed_over == 3


def test_a_long_list_comes_in_parts(post: Post) -> None:
    post.send(*(a_mail(str(number)) for number in range(MOST_LISTED + 2)))

    first = post.get("/mails.json")
    rest = post.get(f"/mails.json?before={first['mails'][-1]['number']}")

    assert (len(first["mails"]), first["total"]) == (MOST_LISTED, MOST_LISTED + 2)
    assert subjects(rest["mails"]) == ["1", "0"]


@pytest.mark.parametrize("words", ["zoe@example.com", "shop@", "MERCI", "déjà payé", PAYMENT.lower(), "zoé payé"])
def test_every_word_of_a_search_is_somewhere_in_the_mail(post: Post, words: str) -> None:
    post.send(a_mail(text=f"Déjà payé, {PAYMENT}\n"), a_mail("Nothing", "nothing\n"))

    found = post.get(f"/mails.json?search={words} merci")

    assert (subjects(found["mails"]), found["total"]) == (["Merci, Zoé"], 1)
    assert subjects(post.get(f"/messages?search={words} merci")) == ["Merci, Zoé"]
    post.send(a_mail("New"), a_mail())
    assert subjects(post.get(f"/mails.json?search=merci&after={found['last']}")["mails"]) == ["Merci, Zoé"]


def test_an_emptied_mailbox_says_so_and_numbers_go_on(post: Post) -> None:
    post.send(a_mail("One"))
    before = post.get("/mails.json")

    assert post.browser.delete("/messages").status_code == 204

    after = post.get(f"/mails.json?after={before['last']}")
    assert (after["mails"], after["first"], after["last"]) == ([], before["last"] + 1, before["last"])
    assert post.get("/messages") == []
    assert post.browser.get("/mails/1.json").status_code == 404
    post.send(a_mail("Two"))
    assert [mail["number"] for mail in post.get("/mails.json")["mails"]] == [2]


def test_what_is_attached_is_listed_and_saved(post: Post) -> None:
    mail = a_mail()
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Rechnung für Zoé.pdf")
    mail.add_attachment("<script>steal()</script>", subtype="html", filename="page.html")
    post.send(mail)

    opened = post.get("/mails/1.json")
    invoice, page = (post.browser.get(f"/mails/1/attachments/{index}") for index in (0, 1))

    assert [(each["name"], each["type"]) for each in opened["attachments"]] == [
        ("Rechnung für Zoé.pdf", "application/pdf"),
        ("page.html", "text/html"),
    ]
    assert opened["text"] == "Déjà payé\n"
    assert post.browser.get("/mails/1/html").text.endswith("<p>Déjà payé</p>\n")
    assert invoice.data == b"%PDF-1.7"
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert post.browser.get("/mails/1/attachments/2").status_code == 404


def test_a_mail_can_run_nothing_and_load_nothing(post: Post) -> None:
    post.send(a_mail(html="<html><head><title>x</title></head><script>steal()</script></html>\n"))

    shown = post.browser.get("/mails/1/html")

    policy = dict(part.strip().partition(" ")[::2] for part in shown.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert "script-src" not in policy
    assert '<head><base target="_blank"><title>' in shown.text


def test_the_page_runs_its_own_files_only_and_each_mail_has_an_address(post: Post) -> None:
    for address in ("/", "/mails/1", "/mails/1?search=x"):
        answer = post.browser.get(address)
        assert answer.status_code == 200
        assert 'src="/mailbox.js"' in answer.text
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for address in (
        "/mails/",
        "/mails/x",
        "/mails/1/",
        "/mails/1.json",
        "/mails/1/html",
        "/nothing",
        "/shared/../app.py",
    ):
        assert post.browser.get(address).status_code == 404
    assert post.browser.post("/messages").status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8025", "localhost.evil.example", "[", "127.0.0.1.evil"])
def test_a_page_whose_name_was_pointed_here_reads_and_deletes_nothing(post: Post, host: str) -> None:
    post.send(a_mail())

    for address in ("/", "/messages", "/mails.json", "/mails/1.json", "/mails/1/source", "/mailbox.js", "/preview"):
        answer = post.browser.get(address, headers={"Host": host})
        assert (answer.status_code, "zoe" in answer.text) == (403, False)
    assert post.browser.delete("/messages", headers={"Host": host}).status_code == 403
    for host_here in ("localhost", "localhost:8025", "127.0.0.1:8025", "LOCALHOST"):
        assert "zoe" in post.browser.get("/messages", headers={"Host": host_here}).text


def test_a_mail_that_nobody_opens_costs_little_memory() -> None:
    row = "<tr><td style='padding:8px;border-bottom:1px solid #eee'>Amount</td></tr>\n"
    raw = a_mail(text="Thank you.\n", html=row * 100).as_string()
    tracemalloc.start()
    try:
        kept = [mail_of(sent(raw.replace("Thank", f"Thank {number}"))) for number in range(50)]
        each = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()
    assert each < len(raw) / 2
    assert (kept[7].text, kept[7].html) == ("Thank 7 you.\n", row * 100)


def test_no_number_of_a_mail_or_an_attachment_is_too_long(post: Post) -> None:
    post.send(a_mail())

    for address in ("/mails/1/attachments/", "/mails/1/html/", "/mails/"):
        assert post.browser.get(f"{address}{'9' * 5000}.json").status_code == 404
        assert post.browser.get(f"{address}{'9' * 5000}").status_code in (200, 404)
