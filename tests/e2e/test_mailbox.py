"""The mailbox in a browser: read while mails arrive, by keyboard, by address, and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from local.mailbox.app import MOST_LISTED, Mailbox
from local.mailbox.mails import Mails
from local.outbox import Outbox
from local.servers import Server, listen
from tests.e2e.test_accessibility import overhang, violations
from tests.unit.local.test_mailbox import a_mail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from playwright.sync_api import Browser, Locator, Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 720}
A_WIDE_TABLE = f"<table width=1200><tr>{'<td>cell cell cell</td>' * 12}</tr></table>\n"


class Post:
    """A mailbox with a page before somebody's eyes."""

    def __init__(self, outbox: Outbox, url: str, page: Page) -> None:
        self._outbox = outbox
        self.url = url
        self.page = page

    def send(self, subject: str, html: str = "<p>Hello</p>\n", text: str = "Hello\n") -> None:
        self._outbox.keep(["zoe@example.com"], a_mail(subject, text, html).as_string())

    def visit(self, path: str = "/") -> None:
        self.page.goto(f"{self.url}{path}")
        expect(self.page.locator("#live")).to_have_attribute("data-live", "yes")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#mails a")

    @property
    def subject(self) -> Locator:
        return self.page.locator("#mail h2")


@pytest.fixture
def post(browser: Browser) -> Iterator[Post]:
    outbox = Outbox()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return outbox(environ, start_response)

    aws, listener = listen(0), listen(0)
    aws_url, url = (f"http://localhost:{each.getsockname()[1]}" for each in (aws, listener))
    servers = [Server(aws, application), Server(listener, Mailbox(Mails(aws_url), "http://localhost:9"))]
    page = browser.new_page(viewport=WIDE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Post(outbox, url, page)
    page.close()
    for server in servers:
        server.close()
    assert errors == []


def test_mails_arrive_without_a_reload_and_what_is_read_stays(post: Post) -> None:
    for number in range(40):
        post.send(f"Mail {number}")
    post.visit()
    expect(post.rows).to_have_count(40)
    post.rows.nth(30).scroll_into_view_if_needed()
    post.rows.nth(30).click()
    expect(post.subject).to_have_text("Mail 9")
    post.page.locator("#mail").get_by_role("button", name="Text").click()
    place = post.rows.nth(30).bounding_box()

    post.send("One more")

    expect(post.rows).to_have_count(41)
    expect(post.subject).to_have_text("Mail 9")
    expect(post.page.locator("#mail pre")).to_have_text("Hello\n")
    assert post.rows.nth(31).bounding_box() == place
    expect(post.page.locator("#count")).to_have_text("41 mails, the newest first")


def test_a_search_stays_while_mails_arrive_and_is_in_the_address(post: Post) -> None:
    post.send("Invoice 1")
    post.send("Something else")
    post.visit()

    post.page.keyboard.press("/")
    post.page.keyboard.type("invoice")
    expect(post.rows).to_have_count(1)
    post.send("Something else again")
    post.send("Invoice 2")
    expect(post.rows).to_have_count(2)

    expect(post.page.locator("#count")).to_have_text("2 mails with “invoice”, the newest first")
    post.rows.first.click()
    expect(post.subject).to_have_text("Invoice 2")
    post.page.reload()
    expect(post.subject).to_have_text("Invoice 2")
    expect(post.rows).to_have_count(2)
    post.page.go_back()
    expect(post.subject).to_have_count(0)


def test_a_keyboard_walks_the_list_and_comes_back(post: Post) -> None:
    for name in ("Oldest", "Middle", "Newest"):
        post.send(name)
    post.visit()
    post.rows.first.focus()

    post.page.keyboard.press("Enter")
    expect(post.subject).to_have_text("Newest")
    post.page.keyboard.press("ArrowDown")
    expect(post.subject).to_have_text("Middle")
    expect(post.rows.nth(1)).to_be_focused()
    post.page.keyboard.press("Escape")
    expect(post.subject).to_have_count(0)
    expect(post.rows.nth(1)).to_be_focused()


def test_a_phone_has_two_views(post: Post) -> None:
    post.send("Only one", A_WIDE_TABLE)
    post.page.set_viewport_size(PHONE)
    post.visit()
    expect(post.page.locator("#mail")).to_be_hidden()

    post.rows.first.click()
    expect(post.subject).to_be_focused()
    expect(post.page.locator("#list")).to_be_hidden()
    assert post.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    post.page.get_by_role("link", name="All mails").click()

    expect(post.rows.first).to_be_focused()
    expect(post.page.locator("#mail")).to_be_hidden()


def test_no_label_is_broken_on_a_phone(post: Post) -> None:
    post.send("Paid", text="Payment pay_01M8H5K1XYGM5DEH42DHA64TJG\n")
    post.page.set_viewport_size(PHONE)
    post.visit("/mails/1")

    labels = post.page.locator("#mail > dl dt")
    expect(labels).to_have_text(["From", "To", "Sent", "Payment"])
    lines = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length; }"
    assert [label.evaluate(lines) for label in labels.all()] == [1, 1, 1, 1]


@pytest.fixture
def tracker() -> Iterator[tuple[str, list[str]]]:
    """Another server's address, and what it was asked."""
    asked: list[str] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("204 No Content", [])
        return []

    listener = listen(0)
    url = f"http://localhost:{listener.getsockname()[1]}"
    server = Server(listener, application)
    yield url, asked
    server.close()


def test_a_mail_is_shown_at_two_widths_and_runs_and_loads_nothing(post: Post, tracker: tuple[str, list[str]]) -> None:
    url, tracked = tracker
    post.send(
        "Hostile",
        f"<img src='{url}/x.png'><link rel=stylesheet href='{url}/x.css'><iframe src='{url}/x'></iframe>"
        f"<script>top.location = '{url}/script'; document.body.id = 'ran'</script>"
        "<p onclick=\"document.body.id = 'ran'\">Click</p><a href='https://shop.example/'>Shop</a>\n",
    )
    post.visit("/mails/1")
    frame = post.page.frame_locator("#mail iframe")

    frame.get_by_text("Click").click()
    expect(frame.locator("body")).not_to_have_attribute("id", "ran")
    expect(frame.locator("base")).to_have_attribute("target", "_blank")
    post.page.get_by_role("button", name="Phone").click()
    expect(frame.get_by_text("Click")).to_be_visible()
    assert frame.locator("html").evaluate("html => html.ownerDocument.defaultView.innerWidth") == 360
    assert tracked == []


def test_headers_and_source_are_shown_as_they_were_sent(post: Post) -> None:
    post.send("Merci, Zoé")
    post.visit("/mails/1")

    post.page.get_by_role("button", name="Headers").click()
    expect(post.page.locator("#mail .headers")).to_contain_text("Shop <shop@example.com>")
    post.page.get_by_role("button", name="Source").click()
    expect(post.page.locator("#mail pre")).to_contain_text("Subject: Merci, =?utf-8?")


def test_a_long_list_goes_on_below(post: Post) -> None:
    for number in range(MOST_LISTED + 5):
        post.send(f"Mail {number}")
    post.visit()
    expect(post.rows).to_have_count(MOST_LISTED)

    post.page.get_by_role("button", name="Show older ones (5 more)").click()

    expect(post.rows).to_have_count(MOST_LISTED + 5)
    expect(post.rows.nth(MOST_LISTED)).to_be_focused()
    expect(post.page.locator("#older button")).to_have_count(0)


def test_an_emptied_mailbox_is_empty_before_all_eyes(post: Post) -> None:
    post.send("Gone soon")
    post.visit()
    expect(post.rows).to_have_count(1)
    assert post.page.context.browser
    other = post.page.context.browser.new_page()
    other.goto(f"{post.url}/mails/1")
    expect(other.locator("#mail h2")).to_have_text("Gone soon")

    post.page.on("dialog", lambda dialog: dialog.accept())
    post.page.get_by_role("button", name="Empty").click()

    expect(post.page.locator("#count")).to_contain_text("No mail yet")
    expect(other.locator("#mails a")).to_have_count(0)
    other.reload()
    expect(other.locator("#mail")).to_contain_text("There is no such mail.")
    post.send("New")
    expect(other.locator("#mails a")).to_have_count(1)
    other.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["/", "/mails/2", "/mails/1", "/mails/9", "/?search=nothing", "/preview"])
def test_everybody_can_read_the_mailbox(post: Post, path: str, size: ViewportSize) -> None:
    post.send("دفعتك من متجر زوي 🎉 " + "Donaudampfschifffahrtsgesellschaftskapitän" * 3, A_WIDE_TABLE)
    post.send("Merci, Zoé")
    post.page.set_viewport_size(size)
    post.page.emulate_media(color_scheme="light")
    post.page.goto(f"{post.url}{path}")
    expect(post.page.locator("#mails a, #mail .hint, #mail p, .list li").first).to_be_attached()

    for view in ("Headers", "Source", "Text", "Wide") if path.startswith("/mails/2") else ("Text",):
        button = post.page.get_by_role("button", name=view)
        if button.count():
            button.click()
        assert violations(post.page) == []
        assert overhang(post.page) <= 0
    post.page.emulate_media(color_scheme="dark")
    assert violations(post.page, "color-contrast") == []
