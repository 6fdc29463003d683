"""The preview of every kind of mail."""

from __future__ import annotations

import html
import re

import pytest
from werkzeug.test import Client

from local.mail_preview import samples
from local.mailbox.app import Mailbox
from local.mailbox.mails import Mails
from payments.domain.facts import DisputeState
from payments.domain.notices import NoticeKind


@pytest.fixture
def browser() -> Client:
    return Client(Mailbox(Mails("http://127.0.0.1:9")))


def test_every_kind_and_every_state_of_a_dispute_has_a_sample() -> None:
    assert {each.kind for each in samples().values()} == set(NoticeKind)
    shown = " ".join(each.letter.text for each in samples().values() if each.kind is NoticeKind.DISPUTE_ALERT)
    for state in DisputeState:
        assert re.search(rf"State: +{state.replace('_', ' ')}\n", shown)


def test_currencies_of_no_two_and_three_decimals_are_shown() -> None:
    shown = " ".join(each.letter.subject for each in samples().values())
    for amount in ("99.00 USD", "249.00 EUR", "12,000 JPY", "1,045.500 KWD"):
        assert amount in shown


def test_the_list_leads_to_a_page_of_each_kind_with_its_html_and_its_text(browser: Client) -> None:
    for index in ("/preview", "/preview/"):
        addresses = re.findall(r'href="(/preview/[a-z-]+)"', browser.get(index).text)
        assert len(addresses) == len(set(addresses)) == len(samples())
    for address in addresses:
        written = samples()[address.removeprefix("/preview/")].letter
        answer = browser.get(address)
        assert answer.status_code == 200
        assert html.escape(written.text) in answer.text
        assert html.escape(written.subject) in answer.text
        frames = re.findall(r"<iframe [^>]*>", answer.text)
        assert [re.findall(r'width="(\d+)"', frame)[0] for frame in frames] == ["360", "360", "720", "720"]
        for frame in frames:
            assert ' sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
            assert html.escape(written.text.split()[-1]) in frame


def test_one_frame_of_each_width_is_light_and_one_is_dark(browser: Client) -> None:
    page = html.unescape(browser.get("/preview/payment-confirmation").text)
    assert page.count("@media all {") == page.count("@media not all {") == 2
    assert "prefers-color-scheme: dark) {\n  .ground" not in page


def test_the_preview_leads_to_the_mailbox(browser: Client) -> None:
    assert 'href="/"' in browser.get("/preview").text


def test_a_kind_that_is_none_is_not_found(browser: Client) -> None:
    assert browser.get("/preview/nothing").status_code == 404
    assert browser.get("/previews").status_code == 404
    assert browser.post("/preview").status_code == 405
