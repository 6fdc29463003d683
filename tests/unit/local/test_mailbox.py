"""The mailbox's reading of mails."""

from __future__ import annotations

from email.message import EmailMessage

from local.mailbox import message_of


def test_a_mail_of_text_and_html_is_read_in_both() -> None:
    mail = EmailMessage()
    mail["From"] = "Shop <shop@example.com>"
    mail["To"] = "Zoé <zoe@example.com>"
    mail["Subject"] = "Merci, Zoé"
    mail.set_content("Déjà payé\n")
    mail.add_alternative("<p>Déjà payé</p>\n", subtype="html")

    read = message_of(
        {
            "to": ["zoe@example.com", "=?utf-8?q?Zo=C3=A9?= <zoe@example.com>"],
            "raw": mail.as_string(),
            "sentAt": "2026-11-21T09:00:00.000Z",
        }
    )

    assert read == {
        "to": ["zoe@example.com"],
        "subject": "Merci, Zoé",
        "text": "Déjà payé\n",
        "html": "<p>Déjà payé</p>\n",
        "sentAt": "2026-11-21T09:00:00.000Z",
    }


def test_a_mail_in_eight_bits_keeps_its_letters() -> None:
    raw = "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nné\n"

    assert message_of({"to": [], "raw": raw, "sentAt": ""})["text"] == "né\n"
