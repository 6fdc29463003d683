"""The desk's page in front of an issuer and an API of its own: who may see it, what it shows, what it does."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from local.site import HEADERS
from tests.e2e.conftest import ROOT
from tests.e2e.desk import (
    INTENT,
    OTHER_ID,
    ROW,
    DeskApi,
    Issuer,
    document,
    erasure,
    event,
    fact,
    json_answer,
    notice,
    payment,
    refusal,
    request_of,
)
from tests.e2e.scenes import PAYMENT_ID, money, order
from tests.e2e.test_accessibility import overhang, violations
from tests.e2e.waiting import eventually
from tests.e2e.windows import Windows, made_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page
    from werkzeug.wrappers import Request, Response

PAYMENT = f"#/payments/{PAYMENT_ID}"
REASON_TEXT = "Stripe does not answer just now."


class Desk(Windows):
    """The page of one admin, with the issuer and the API that it talks to."""

    def __init__(self, browser: Browser, site: str, issuer: Issuer, api: DeskApi, api_url: str) -> None:
        super().__init__(browser)
        self.site, self.issuer, self.api, self.api_url = site, issuer, api, api_url

    def opens(self, view: str = "") -> None:
        """Signed in or not."""
        self.page.goto(f"{self.site}/admin/index.html{view}")

    def signs_in(self, view: str = "") -> Page:
        self.opens(view)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("#who-name")).to_have_text(self.issuer.person["email"])
        return self.page

    def sees(self, heading: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def asks_for_refund(self, amount: str) -> Locator:
        """As far as the question."""
        self.page.get_by_label("Amount").fill(amount)
        self.page.get_by_role("button", name="Refund").click()
        return self.page.get_by_role("dialog")

    def refunds(self, amount: str) -> None:
        self.asks_for_refund(amount).get_by_role("button", name="Refund").click()

    def loses_answers(self, last: str) -> None:
        """The API does what it is asked, and the page never hears of it."""

        def lose(request: Request) -> Response:
            self.api.usual(request)
            return refusal(503, "try_again", REASON_TEXT)

        self.api.scripts[last].append(lose)


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    """In the end, no page had an error of its own, nor one against its policy."""
    with made_up(ROOT / "frontend", DeskApi) as (site, issuer, api, api_url):
        desk = Desk(browser, site, issuer, api, api_url)
        yield desk
        desk.close()
    assert desk.faults == []


# Who asks


def test_an_admin_signs_in_and_comes_back_to_the_view_that_was_asked_for(desk: Desk) -> None:
    desk.signs_in(PAYMENT)

    desk.sees("Payment of $120.00")
    # The code was gone before anybody could copy the address.
    expect(desk.page).to_have_url(f"{desk.site}/admin/index.html{PAYMENT}")
    assert desk.issuer.asked["redirect_uri"] == f"{desk.site}/admin/index.html"
    assert desk.issuer.asked["scope"] == "openid email"
    assert len(desk.issuer.asked["nonce"]) >= 40
    assert "audience" not in desk.issuer.asked


def test_an_issuer_that_wants_to_know_the_audience_is_told(desk: Desk) -> None:
    def for_auth0(source: str) -> str:
        return source.replace('audience: ""', 'audience: "https://api.example.com"')

    desk.page.route(
        "**/config.js", lambda route: route.fulfill(response=route.fetch(), body=for_auth0(route.fetch().text()))
    )

    desk.signs_in()

    desk.sees("Attention")
    assert desk.issuer.asked["audience"] == "https://api.example.com"


def test_the_folder_is_an_address_as_well(desk: Desk) -> None:
    desk.page.goto(f"{desk.site}/admin")
    desk.page.get_by_role("button", name="Sign in").click()

    desk.sees("Attention")


def test_a_reload_stays_signed_in_and_another_tab_is_not(desk: Desk) -> None:
    desk.signs_in(PAYMENT)

    desk.page.reload()
    desk.sees("Payment of $120.00")
    stranger = desk.page.context.new_page()
    stranger.goto(f"{desk.site}/admin/index.html")

    expect(stranger.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_nothing_is_asked_of_the_api_before_signing_in(desk: Desk) -> None:
    desk.opens(PAYMENT)

    desk.sees("Sign in")
    expect(desk.page.get_by_role("navigation")).to_have_count(0)
    assert desk.api.seen == []


@pytest.mark.parametrize(
    ("sends_back", "told"),
    [
        ({"state": "another"}, "This sign-in was not begun in this tab, or is an old one."),
        ({"iss": "https://elsewhere.example"}, "This sign-in was not begun in this tab, or is an old one."),
        ({"code": None, "error": "access_denied"}, "The sign-in was broken off."),
        ({"code": None, "error": "server_error"}, "The issuer refused the sign-in (server_error)."),
        ({"code": "another"}, "The issuer did not accept this sign-in."),
    ],
    ids=["state", "issuer", "denied", "failed", "code"],
)
def test_a_way_back_that_is_mixed_up_is_refused_in_words(
    desk: Desk, sends_back: dict[str, str | None], told: str
) -> None:
    desk.issuer.sends_back = sends_back
    desk.opens(PAYMENT)
    desk.page.get_by_role("button", name="Sign in").click()

    expect(desk.page.locator("#content")).to_contain_text(told)
    expect(desk.page).to_have_url(re.compile(r"index\.html$"))
    assert desk.api.seen == []
    desk.issuer.sends_back = {}
    desk.page.get_by_role("button", name="Sign in").click()
    desk.sees("Attention")


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"nonce": "another"}, "it is the answer to another sign-in"),
        ({"aud": "another"}, "it was meant for another page"),
        ({"iss": "https://elsewhere.example"}, "another issuer answered"),
        ({"exp": 1_000_000_000}, "this computer's clock is wrong"),
        ({"exp": None}, "this computer's clock is wrong"),
    ],
    ids=["nonce", "audience", "issuer", "over", "endless"],
)
def test_an_id_token_of_another_sign_in_is_refused_in_words(desk: Desk, claims: dict[str, Any], told: str) -> None:
    desk.issuer.claims = claims
    desk.opens()
    desk.page.get_by_role("button", name="Sign in").click()

    expect(desk.page.locator("#content")).to_contain_text(told)
    assert desk.api.seen == []


def test_a_link_that_somebody_made_ends_no_session(desk: Desk) -> None:
    desk.signs_in()

    desk.page.goto(f"{desk.site}/admin/index.html?state=made-up&code=made-up")
    expect(desk.page.locator("#content")).to_contain_text("This sign-in was not begun in this tab")
    desk.page.goto(f"{desk.site}/admin/index.html{PAYMENT}")

    desk.sees("Payment of $120.00")


def test_an_audience_of_several_is_fine_with_this_page_among_them(desk: Desk) -> None:
    desk.issuer.claims = {"aud": ["another", "quittance"]}

    desk.signs_in()


def test_a_token_is_renewed_before_it_is_over(desk: Desk) -> None:
    # Less than a call may take.
    desk.issuer.lifetime = 20
    desk.signs_in()

    expect(desk.page.locator("#content")).to_have_text("Nothing waits for you.")
    assert desk.issuer.refreshes == 1
    assert len(desk.api.seen) == 1


def test_a_refused_token_is_renewed_once_and_the_call_repeated(desk: Desk) -> None:
    desk.signs_in()
    expect(desk.page.locator("#content")).to_have_text("Nothing waits for you.")
    desk.issuer.live.clear()

    desk.page.goto(f"{desk.site}/admin/index.html{PAYMENT}")

    desk.sees("Payment of $120.00")
    assert desk.issuer.refreshes == 1


@pytest.mark.parametrize("how", ["no refresh token", "refused", "still unauthorized"])
def test_a_sign_in_that_has_ended_is_said_and_leads_back_to_the_view(desk: Desk, how: str) -> None:
    desk.issuer.gives_refresh = how != "no refresh token"
    desk.signs_in()
    expect(desk.page.locator("#content")).to_have_text("Nothing waits for you.")
    desk.issuer.live.clear()
    if how == "refused":
        desk.issuer.forget_refresh_tokens()
    elif how == "still unauthorized":
        # Another's API than the issuer's tokens are for.
        desk.page.route(f"{desk.api_url}/**", lambda route: route.fulfill(status=401, headers=CORS, body="{}"))
    desk.page.evaluate(f"location.hash = '{PAYMENT}'")

    desk.sees("Sign in")
    expect(desk.page.locator("#content")).to_contain_text("Your sign-in has ended.")
    desk.page.unroute_all()
    desk.page.get_by_role("button", name="Sign in").click()
    desk.sees("Payment of $120.00")


CORS = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization"}


def test_a_token_that_is_over_is_not_sent(desk: Desk) -> None:
    desk.issuer.gives_refresh = False
    desk.issuer.lifetime = -1
    desk.opens(PAYMENT)
    desk.page.get_by_role("button", name="Sign in").click()

    expect(desk.page.locator("#content")).to_contain_text("Your sign-in has ended.")
    assert desk.api.seen == []


def test_a_short_token_of_an_issuer_that_renews_none_is_used_to_its_end(desk: Desk) -> None:
    desk.signs_in()
    desk.page.evaluate(
        """() => {
          const kept = JSON.parse(sessionStorage["quittance-sign-in"]);
          kept.tokens.endsAt = Date.now() + 50_000;
          sessionStorage["quittance-sign-in"] = JSON.stringify(kept);
        }"""
    )
    desk.page.route(f"{desk.issuer.address}/token", lambda route: route.abort())

    desk.page.evaluate(f"location.hash = '{PAYMENT}'")

    desk.sees("Payment of $120.00")


def test_whoever_is_no_admin_is_told_so_and_sees_nothing(desk: Desk) -> None:
    desk.issuer.person = {"sub": "ada-sub", "email": "ada@example.com"}
    desk.opens(PAYMENT)
    desk.page.get_by_role("button", name="Sign in").click()

    desk.sees("This desk is for admins")
    expect(desk.page.locator("#content")).to_contain_text("ada@example.com is signed in, but is not an admin.")
    expect(desk.page.get_by_role("navigation")).to_have_count(0)
    desk.issuer.person = {"sub": "grace-sub", "email": "grace@example.com"}
    desk.page.get_by_role("button", name="Sign in as someone else").click()
    desk.sees("Sign in")
    desk.page.get_by_role("button", name="Sign in").click()
    desk.sees("Attention")


def test_signing_out_ends_it_here_and_at_the_issuer(desk: Desk) -> None:
    desk.signs_in()

    desk.page.get_by_role("button", name="Sign out").click()

    desk.sees("Sign in")
    (ended,) = desk.issuer.ended
    assert ended["client_id"] == "quittance"
    assert ended["post_logout_redirect_uri"] == f"{desk.site}/admin/index.html"
    assert desk.page.evaluate("sessionStorage.getItem('quittance-desk')") is None


def test_going_back_after_signing_out_shows_nothing(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    desk.sees("Payment of $120.00")

    # As a browser does that kept the page for the way back.
    page.evaluate(
        "sessionStorage.clear(); window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    )

    desk.sees("Sign in")
    expect(page.locator("#content")).not_to_contain_text("Ada")


def test_an_issuer_that_does_not_answer_is_said(desk: Desk) -> None:
    desk.opens()
    desk.page.route(f"{desk.issuer.address}/**", lambda route: route.abort())

    desk.page.get_by_role("button", name="Sign in").click()

    expect(desk.page.locator("#content")).to_contain_text("The sign-in service does not answer.")
    expect(desk.page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_a_config_that_names_another_issuer_is_said(desk: Desk) -> None:
    desk.page.route(
        "**/.well-known/openid-configuration",
        lambda route: route.fulfill(json={"issuer": "https://other.example"}, headers=CORS),
    )
    desk.opens()

    desk.page.get_by_role("button", name="Sign in").click()

    expect(desk.page.locator("#content")).to_contain_text('correct "issuer" in config.js')


def test_the_page_runs_its_own_scripts_and_talks_to_api_and_issuer_alone(desk: Desk) -> None:
    page = desk.signs_in()

    inline = "const script = document.createElement('script'); script.text = 'window.ran = true';"
    ran = page.evaluate(f"() => {{ {inline} document.body.append(script); return window.ran ?? false; }}")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i style=\"color: red\" id=styled>red</i>')")

    assert ran is False
    expect(page.locator("#styled")).not_to_have_css("color", "rgb(255, 0, 0)")
    for address in (desk.site, desk.site.replace("localhost", "127.0.0.1")):
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate("address => fetch(address, {mode: 'no-cors'})", address)
    for address in (f"{desk.issuer.address}/token", f"{desk.api_url}/admin/stats"):
        page.evaluate("address => fetch(address, {mode: 'no-cors', method: 'POST', body: 'grant_type=x'})", address)
    desk.faults[:] = [each for each in desk.faults if "Content Security Policy" not in each]


def test_a_host_may_name_api_and_issuer_in_its_own_policy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"Content-Security-Policy: (frame-ancestors .*)", words)
    for example, true in {
        "https://api.example.com": desk.api_url,
        "https://issuer.example.com": desk.issuer.address,
    }.items():
        assert example in policy
        policy = policy.replace(example, true)
    monkeypatch.setitem(HEADERS, "Content-Security-Policy", policy)

    desk.signs_in(PAYMENT)

    desk.sees("Payment of $120.00")


# What waits, and what is found


def waiting(*why: str, **changes: Any) -> dict[str, Any]:
    return {
        "paymentId": PAYMENT_ID,
        "why": list(why),
        "status": "succeeded",
        "since": "2026-11-21T11:05:30Z",
        "deadline": None,
        "notice": None,
        **changes,
    }


def test_what_waits_for_a_person_comes_first_and_leads_to_its_payment(desk: Desk) -> None:
    desk.api.attention = [
        waiting("review", status="in_review"),
        waiting("dispute", "mail", paymentId=OTHER_ID, deadline="2026-11-28T11:05:30Z"),
        waiting("mail", status="bounced", notice={"kind": "payment_confirmation", "ref": ""}),
    ]
    page = desk.signs_in()

    rows = page.get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("In review")
    expect(rows.nth(1)).to_contain_text("until Nov 28, 2026, 11:05")
    expect(rows.nth(1)).to_contain_text("Mail not delivered")
    expect(rows.nth(2)).to_contain_text("Confirmation to the customer")
    expect(rows.nth(2)).to_contain_text("came back")
    page.get_by_role("link", name=PAYMENT_ID).first.click()
    desk.sees("Payment of $120.00")
    expect(page.locator("#heading")).to_be_focused()


def test_a_search_is_in_the_address_and_outlives_a_reload(desk: Desk) -> None:
    page = desk.signs_in("#/payments")
    page.get_by_label("From").fill("2026-11-01")
    page.get_by_label("Status").select_option("Refunded")
    page.get_by_label("From").press("Enter")
    eventually(lambda: desk.api.seen[-1].query)
    expect(page).to_have_url(re.compile(r"#/payments\?from=2026-11-01&status=refunded$"))

    page.reload()

    expect(page.get_by_label("From")).to_have_value("2026-11-01")
    expect(page.get_by_label("Status")).to_have_value("refunded")
    expect(page.get_by_role("link", name=PAYMENT_ID)).to_be_visible()
    assert desk.api.seen[-1].query == {"from": "2026-11-01", "status": "refunded"}


def test_what_is_searched_for_is_found_whatever_the_day_and_the_status(desk: Desk) -> None:
    page = desk.signs_in("#/payments?from=2026-11-01&status=refunded")
    page.get_by_label("Search").fill("ada@example.com")

    page.get_by_label("Search").press("Enter")

    expect(page).to_have_url(re.compile(r"#/payments\?q=ada%40example.com$"))
    expect(page.get_by_label("From")).to_have_value("")
    expect(page.get_by_role("link", name=PAYMENT_ID)).to_be_visible()
    assert desk.api.seen[-1].query == {"q": "ada@example.com"}


def test_the_same_search_again_looks_again(desk: Desk) -> None:
    page = desk.signs_in("#/payments?q=ada%40example.com")
    expect(page.get_by_role("link", name=PAYMENT_ID)).to_be_visible()
    desk.api.payments = {}

    page.get_by_role("button", name="Show").click()

    expect(page.locator("#content")).to_contain_text("No payment was found.")


def test_days_that_cannot_be_are_said_beside_the_form(desk: Desk) -> None:
    desk.api.scripts["payments"].append(
        lambda _: refusal(422, "validation_failed", "from: Ask for at most 93 days.", "Ask for at most 93 days.")
    )

    page = desk.signs_in("#/payments?from=2020-01-01")

    expect(page.get_by_role("alert")).to_have_text("Ask for at most 93 days.")
    expect(page.get_by_label("From")).to_have_value("2020-01-01")


def row(at: int, **changes: Any) -> dict[str, Any]:
    return {name: payment()[name] for name in ROW} | {"paymentId": f"pay_{at}", **changes}


def test_more_goes_on_over_empty_pages_to_the_end(desk: Desk) -> None:
    desk.api.pages = [[], [row(1), row(2)], [], [], [row(3)]]
    page = desk.signs_in("#/payments")
    links = page.get_by_role("link", name="pay_")
    expect(links).to_have_count(2)

    page.get_by_role("button", name="More").click()

    expect(links).to_have_text(["pay_1", "pay_2", "pay_3"])
    expect(page.get_by_role("status")).to_have_text("That is all.")
    expect(page.get_by_role("button", name="More")).to_have_count(0)


def test_a_page_that_does_not_come_leaves_what_is_there_and_can_be_asked_for_again(desk: Desk) -> None:
    desk.api.pages = [[row(1)], [row(2)]]
    page = desk.signs_in("#/payments")
    expect(page.get_by_role("link", name="pay_1")).to_be_visible()
    desk.api.scripts["payments"].append(lambda _: refusal(503, "try_again", "Too busy."))

    page.get_by_role("button", name="More").click()

    expect(page.get_by_role("alert")).to_have_text("Too busy.")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("link", name="pay_")).to_have_text(["pay_1", "pay_2"])


def test_texts_of_servers_are_texts(desk: Desk) -> None:
    evil = "<img src=x onerror=alert(1)><b>bold</b>"
    event_of = event("2026-11-21T11:05:29Z", evil, evil, by=evil)
    desk.api.payments[PAYMENT_ID] = payment(
        name=evil,
        email=evil,
        metadata={evil: evil},
        failure={"code": evil, "message": evil},
        timeline=[event_of],
        facts=[fact(evil, evil, evil, receiptUrl="javascript:alert(1)", other=evil)],
        notices=[notice(evil, evil, note=evil)],
        refundRequests=[request_of(evil, 100, evil, detail=evil, by=evil, refundId=evil)],
        stripeUrl="javascript:alert(1)",
    )

    page = desk.signs_in(PAYMENT)

    desk.sees("Payment of $120.00")
    expect(page.locator("#content")).to_contain_text(evil)
    assert page.locator("#content img, #content b, #content [href^=javascript]").count() == 0


# Files


def saved(desk: Desk) -> tuple[str, list[dict[str, str]]]:
    with desk.page.expect_download() as download:
        desk.page.get_by_role("button", name="Save as CSV").click()
    text = download.value.path().read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    return text, list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_file_has_every_page_and_amounts_as_numbers_in_major_units(desk: Desk) -> None:
    desk.api.pages = [
        [row(1, returned=[money(2100)], number="7K3M-9XQ2")],
        [],
        [row(2, currency="jpy", amount=12000, received=[money(12000, "jpy")])],
        [row(3, currency="kwd", amount=45500, received=[money(45500, "kwd"), money(9200, "eur")])],
        [row(4, received=[], paidAt=None)],
    ]
    desk.signs_in("#/payments")

    _, rows = saved(desk)

    assert [each["payment"] for each in rows] == ["pay_1", "pay_2", "pay_3", "pay_4"]
    assert [each["amount"] for each in rows] == ["120.00", "12000", "45.500", "120.00"]
    assert [each["currency"] for each in rows] == ["USD", "JPY", "KWD", "USD"]
    assert [each["received"] for each in rows] == ["120.00", "12000", "45.500", "0.00"]
    assert [each["returned"] for each in rows] == ["21.00", "0", "0.000", "0.00"]
    assert rows[2]["in other currencies"] == "received 92.00 EUR"
    assert rows[0]["number"] == "7K3M-9XQ2"
    assert rows[3]["paid"] == ""
    expect(desk.page.get_by_role("status")).to_have_text("payments.csv has 4 rows.")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_spreadsheet_would_run_is_a_text(desk: Desk, first: str) -> None:
    sku = f'{first}HYPERLINK("http://evil.example","x")'
    desk.api.pages = [[row(1, sku=sku)]]
    desk.signs_in("#/payments")

    text, rows = saved(desk)

    assert rows[0]["product"] == f"'{sku}"
    assert f"\"'{first}HYPERLINK(" in text


def test_commas_quotes_and_every_script_come_through(desk: Desk) -> None:
    sku = 'mug, "blue", \u8336\u7897\nsecond line'
    desk.api.pages = [[row(1, sku=sku)]]
    desk.signs_in("#/payments")

    assert saved(desk)[1][0]["product"] == sku


def test_a_file_that_breaks_off_is_not_saved(desk: Desk) -> None:
    desk.api.pages = [[row(1)], [row(2)]]
    page = desk.signs_in("#/payments")
    expect(page.get_by_role("link", name="pay_1")).to_be_visible()
    desk.api.scripts["payments"] += [desk.api.usual, lambda _: refusal(503, "try_again", "Too busy.")]

    page.get_by_role("button", name="Save as CSV").click()

    expect(page.get_by_role("alert")).to_have_text("Too busy. Nothing was saved; please try again.")
    assert len(saved(desk)[1]) == 2


# Statistics


def counted(day: str, status: str, count: int, currency: str = "usd", received: int = 0) -> dict[str, Any]:
    amount = 9900 * count
    return {
        "day": day,
        "currency": currency,
        "status": status,
        "count": count,
        "amount": amount,
        "received": received,
        "returned": 0,
    }


MONTH = "#/stats?from=2026-11-01&to=2026-11-21"


@pytest.fixture
def statistics(desk: Desk) -> Desk:
    desk.api.days = [
        counted("2026-11-01", "succeeded", 3, received=29700),
        counted("2026-11-01", "failed", 1),
        counted("2026-11-20", "succeeded", 2, "jpy", received=19800),
    ]
    return desk


def table_of(page: Page, caption: str) -> list[list[str]]:
    table = page.locator("table", has=page.locator("caption", has_text=re.compile(f"^{caption}")))
    expect(table).to_be_visible()
    return [[cell.inner_text() for cell in line.locator("td, th").all()] for line in table.locator("tr").all()]


@pytest.mark.parametrize(
    ("bars", "drawn", "told"),
    [
        (
            "Payments by status",
            ["Nov 1, 2026, Paid: 3", "Nov 1, 2026, Failed: 1", "Nov 20, 2026, Paid: 2"],
            [
                ["Day", "Paid", "Failed", "All"],
                ["Nov 1, 2026", "3", "1", "4"],
                ["Nov 20, 2026", "2", "0", "2"],
                ["All days", "5", "1", "6"],
            ],
        ),
        (
            "Payments by currency",
            ["Nov 1, 2026, USD: 4", "Nov 20, 2026, JPY: 2"],
            [
                ["Day", "JPY", "USD", "All"],
                ["Nov 1, 2026", "0", "4", "4"],
                ["Nov 20, 2026", "2", "0", "2"],
                ["All days", "2", "4", "6"],
            ],
        ),
        (
            "Received in USD",
            ["Nov 1, 2026, Paid: $297.00"],
            [["Day", "Paid", "All"], ["Nov 1, 2026", "$297.00", "$297.00"], ["All days", "$297.00", "$297.00"]],
        ),
    ],
)
def test_bars_and_table_have_the_same_numbers(
    statistics: Desk, bars: str, drawn: list[str], told: list[list[str]]
) -> None:
    page = statistics.signs_in(MONTH)
    expect(page.locator("svg.bars")).to_be_visible()

    page.get_by_label("Bars").select_option(bars)
    with page.expect_response("**/admin/stats?*"):
        page.get_by_role("button", name="Show").click()

    expect(page.locator("figcaption")).to_contain_text(bars)
    expect(page.locator("svg.bars rect title")).to_have_text(drawn)
    assert table_of(page, bars) == told
    assert statistics.api.seen[-1].query == {"from": "2026-11-01", "to": "2026-11-21"}


def test_a_bar_is_as_high_as_its_number(statistics: Desk) -> None:
    page = statistics.signs_in(MONTH)

    rects = page.locator("svg.bars rect")
    expect(rects).to_have_count(3)
    heights = [float(each.get_attribute("height") or 0) for each in rects.all()]
    tops = [float(each.get_attribute("y") or 0) for each in rects.all()]

    assert heights == [75, 25, 50]
    assert tops == [25, 0, 50]
    assert page.locator("svg.bars > g").count() == 21


def test_statistics_are_told_by_currency_and_saved(statistics: Desk) -> None:
    page = statistics.signs_in(MONTH)

    yen = "\N{YEN SIGN}"
    assert table_of(page, "By currency")[1:] == [
        ["JPY", "2", f"{yen}19,800", f"{yen}19,800", f"{yen}0"],
        ["USD", "4", "$396.00", "$297.00", "$0.00"],
    ]
    _, rows = saved(statistics)
    assert [(each["payments"], each["received"], each["currency"]) for each in rows] == [
        ("3", "297.00", "USD"),
        ("1", "0.00", "USD"),
        ("2", "19800", "JPY"),
    ]


def test_statistics_without_days_are_of_the_last_four_weeks(statistics: Desk) -> None:
    page = statistics.page
    page.clock.set_fixed_time("2026-11-21T12:00:00Z")
    statistics.issuer.claims = {"exp": 2_000_000_000}

    statistics.signs_in("#/stats")

    expect(page.locator("svg.bars")).to_be_visible()
    assert statistics.api.seen[-1].query == {"from": "2026-10-25", "to": "2026-11-21"}


# One payment


def test_a_payment_shows_its_facts_its_story_and_the_way_to_stripe(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(
        timeline=[
            event("2026-11-21T12:00:00Z", "refund_requested", "refund_request#rr-1: unknown -> open", by="grace-sub"),
            event("2026-11-21T12:01:00Z", "resend", "notice#refund_confirmation#re_1: bounced -> due", by="hedy-sub"),
            event("2026-11-21T12:02:00Z", "charge.refunded", "nothing new"),
        ]
    )
    page = desk.signs_in(PAYMENT)

    told = page.get_by_role("listitem")
    expect(told.nth(0)).to_contain_text("refund requested by youRefund request rr-1: open")
    expect(told.nth(1)).to_contain_text("resend by hedy-subRefund, to the customer: on its way")
    expect(told.nth(2)).to_contain_text("charge.refundednothing new")
    link = page.get_by_role("link", name="ch_3TRq8uLkdIwHu7ix0vVq2mXa").first
    expect(link).to_have_attribute("href", f"https://dashboard.stripe.com/test/payments/{INTENT}")
    known = table_of(page, "The furthest state")
    assert known[1][0] == "Asking Stripe"
    assert known[2][0] == "Checkout cs_test_a1B2c3"
    assert "Nov 22, 2026, 9:42" in known[2][3].replace("\u202f", " ")


def test_what_was_issued_is_linked_where_the_api_has_it(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(
        documents=[document("invoice", "2026-000017"), document("credit_note", "2026-000018")]
    )
    page = desk.signs_in(PAYMENT)

    part = page.locator("section", has=page.get_by_role("heading", name="Invoice"))
    expect(part).to_contain_text("Invoice2026-000017 of Nov 21, 2026Credit note2026-000018 of Nov 21, 2026")
    expect(part.get_by_role("link", name="2026-000018")).to_have_attribute(
        "href", f"{desk.api_url}/payments/{PAYMENT_ID}/invoice.pdf?key=k&number=2026-000018"
    )


def test_money_is_told_for_each_intent(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(
        facts=[
            fact("intent", "pi_1", "succeeded", **money(12000)),
            fact("intent", "pi_2", "succeeded", **money(12000)),
            fact("refund", "re_1", "succeeded", **money(2000), intent="pi_2"),
            fact("refund", "re_2", "failed", **money(500), intent="pi_2"),
        ],
        refundable=[{"intent": "pi_1", **money(12000)}, {"intent": "pi_2", **money(10000)}],
    )
    page = desk.signs_in(PAYMENT)

    assert table_of(page, "A refund is of one")[1:] == [
        ["pi_1", "$120.00", "$0.00", "$120.00"],
        ["pi_2", "$120.00", "$20.00", "$100.00"],
    ]
    page.get_by_label("Which money").select_option("$100.00 of pi_2")
    expect(page.get_by_label("Amount")).to_have_value("$100.00")
    desk.api.scripts["refunds"].append(lambda _: json_answer({"refundRequest": {}, "payment": payment()}, 201))
    desk.refunds("30")
    expect(page.get_by_role("status")).to_contain_text("Stripe has taken the refund of $30.00.")
    assert desk.api.sent("/refunds")[0].body == {"amount": 3000, "intent": "pi_2"}


# Money back


def test_a_refund_says_what_it_will_do_and_is_done_on_a_yes(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    page.get_by_label("Reason").select_option("Paid twice")

    question = desk.asks_for_refund("21")

    expect(question.get_by_role("heading")).to_have_text("Refund $21.00 of $120.00 to Ada Lovelace?")
    expect(question).to_contain_text("$99.00 can still be refunded after that.")
    question.get_by_role("button", name="Refund $21.00").click()
    expect(page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")
    expect(page.locator("#news")).to_be_focused()
    expect(page.get_by_label("Amount")).to_have_value("$99.00")
    (sent,) = desk.api.sent("/refunds")
    assert sent.body == {"amount": 2100, "intent": INTENT, "reason": "duplicate"}


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_a_no_does_nothing_and_leaves_the_keyboard_where_it_was(desk: Desk, how: str) -> None:
    page = desk.signs_in(PAYMENT)
    question = desk.asks_for_refund("21")

    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        question.get_by_role("button", name="Do nothing").click()

    expect(question).to_be_hidden()
    expect(page.get_by_role("button", name="Refund")).to_be_focused()
    assert desk.api.sent("/refunds") == []
    page.reload()
    expect(page.get_by_label("Amount")).to_have_value("$120.00")


@pytest.mark.parametrize("typed", ["", "0", "120.01", "ten", "-5", "12.345"])
def test_what_cannot_be_refunded_is_said_at_its_field(desk: Desk, typed: str) -> None:
    page = desk.signs_in(PAYMENT)

    page.get_by_label("Amount").fill(typed)
    page.get_by_role("button", name="Refund").click()

    expect(page.get_by_label("Amount")).to_have_accessible_description(
        re.compile(re.escape("Enter an amount of at most $120.00."))
    )
    expect(page.get_by_label("Amount")).to_be_focused()
    expect(page.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_lost_answer_is_followed_by_the_same_request_after_a_reload_too(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    desk.loses_answers("refunds")
    desk.loses_answers("refunds")

    desk.refunds("21")
    expect(page.get_by_role("alert")).to_contain_text(f"{REASON_TEXT} Doing it again is safe: it is done once.")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.locator("#unanswered")).to_contain_text("A refund of $21.00 was sent, and no answer has come.")
    page.get_by_role("button", name="Send it again").click()

    expect(page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")
    keys = {each.key for each in desk.api.sent("/refunds")}
    assert len(desk.api.sent("/refunds")) == 3
    assert len(keys) == 1
    assert desk.api.payments[PAYMENT_ID]["returned"] == [money(2100)]
    # The next is another.
    desk.refunds("21")
    expect(page.get_by_label("Amount")).to_have_value("$78.00")
    assert len({each.key for each in desk.api.sent("/refunds")}) == 2


def test_no_answer_at_all_is_no_answer(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    page.route("**/refunds", lambda route: route.abort())

    desk.refunds("21")

    expect(page.get_by_role("alert")).to_contain_text("No answer came, so it may have been done or not.")
    expect(page.get_by_role("button", name="Send it again")).to_be_visible()


def test_a_refund_outlives_a_sign_in_that_ends_in_the_middle(desk: Desk) -> None:
    desk.issuer.gives_refresh = False
    page = desk.signs_in(PAYMENT)
    expect(page.get_by_label("Amount")).to_be_visible()
    desk.issuer.live.clear()

    desk.refunds("21")

    desk.sees("Sign in")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")


def test_an_unanswered_refund_is_its_senders_alone(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    desk.loses_answers("refunds")
    desk.refunds("21")
    expect(page.locator("#unanswered")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    desk.sees("Sign in")
    desk.issuer.person = {"sub": "hedy-sub", "email": "hedy@example.com"}
    desk.issuer.admins.add("hedy-sub")

    desk.signs_in(PAYMENT)

    # Under her name the same key would be another refund.
    expect(page.get_by_label("Amount")).to_have_value("$99.00")
    expect(page.locator("#unanswered")).to_have_count(0)


def test_whoever_wants_to_can_leave_an_unanswered_refund(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    desk.loses_answers("refunds")
    desk.refunds("21")

    page.get_by_role("button", name="Leave it").click()

    expect(page.locator("#unanswered")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Amount")).to_have_value("$99.00")


def test_a_second_click_finds_no_button(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    expect(page.get_by_label("Amount")).to_be_visible()
    held: list[Any] = []
    page.route("**/refunds", lambda route: held.append(route))

    desk.refunds("21")
    eventually(lambda: page.title() and held)

    expect(page.get_by_role("status")).to_have_text("One moment\u2026")
    with pytest.raises(Error, match="Timeout"):
        page.get_by_text("Refund\u2026", exact=True).click(timeout=500)
    held[0].continue_()
    expect(page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")
    assert len(desk.api.sent("/refunds")) == 1


def test_a_refund_that_stripe_has_not_answered_is_said_to_be_on_record(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    asked = request_of("open", 2100)
    shown = payment(refundRequests=[asked], refundable=[{"intent": INTENT, **money(9900)}])
    desk.api.scripts["refunds"].append(lambda _: json_answer({"refundRequest": asked, "payment": shown}, 202))

    desk.refunds("21")

    expect(page.get_by_role("status")).to_contain_text("The refund of $21.00 is on record")
    expect(page.get_by_role("cell", name="waiting for Stripe's answer")).to_be_visible()
    expect(page.locator("#unanswered")).to_have_count(0)


def test_a_refused_refund_says_why_and_shows_what_is_left(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    expect(page.get_by_label("Amount")).to_have_value("$120.00")
    # Meanwhile another admin refunds a part.
    desk.api.payments[PAYMENT_ID]["refundable"] = [{"intent": INTENT, **money(9900)}]

    desk.refunds("120")

    expect(page.get_by_role("alert")).to_have_text("Only $99.00 is left to refund.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Amount")).to_have_value("$99.00")
    expect(page.locator("#unanswered")).to_have_count(0)


def test_going_back_answers_a_question_with_no(desk: Desk) -> None:
    page = desk.signs_in("#/payments")
    page.get_by_role("link", name=PAYMENT_ID).click()
    question = desk.asks_for_refund("21")
    expect(question).to_be_visible()

    page.go_back()

    desk.sees("Payments")
    expect(question).to_be_hidden()
    assert desk.api.sent("/refunds") == []


def test_a_name_from_right_to_left_leaves_the_question_in_order(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(name="\u0645\u062d\u0645\u062f (7)")
    desk.signs_in(PAYMENT)

    title = desk.asks_for_refund("21").get_by_role("heading")

    expect(title.locator("bdi")).to_have_text("\u0645\u062d\u0645\u062f (7)")
    expect(title).to_have_text("Refund $21.00 of $120.00 to \u0645\u062d\u0645\u062f (7)?")


def test_fraud_as_a_reason_says_what_stripe_does_then(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    page.get_by_label("Reason").select_option("Fraud")

    expect(desk.asks_for_refund("21")).to_contain_text("Stripe will block the card and the mail address")


def test_after_an_erasure_the_question_names_nobody(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(name=None, email=None)
    desk.signs_in(PAYMENT)

    expect(desk.asks_for_refund("21")).to_contain_text("Refund $21.00 of $120.00 to the customer?")


def test_money_whose_intent_is_not_known_yet_is_refunded_without_naming_one(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(refundable=[{"intent": None, **money(12000)}], facts=[])
    page = desk.signs_in(PAYMENT)

    assert table_of(page, "A refund is of one")[1] == ["not known yet", "", "$0.00", "$120.00"]
    desk.refunds("21")

    expect(page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")
    assert desk.api.sent("/refunds")[0].body == {"amount": 2100}


# The other deeds

DEEDS = {
    "withdraw": (
        {"refundRequests": [request_of("open", 2100)]},
        "Withdraw",
        "Withdraw the refund of $21.00?",
        "Withdraw it",
        ("/refunds/rr-1/withdraw", None),
        "The refund of $21.00 is withdrawn.",
    ),
    "approve": (
        {"status": "in_review", "toApprove": [money(9900)]},
        "Accept $99.00",
        "Accept $99.00 from Ada Lovelace for this payment?",
        "Accept $99.00",
        ("/approval", money(9900)),
        "$99.00 is accepted.",
    ),
    "resend": (
        {"notices": [notice("payment_confirmation", "bounced", resendable=True, note="mailbox full")]},
        "Send again",
        "Send this mail again: Confirmation to the customer?",
        "Send again",
        ("/notices/resend", {"kind": "payment_confirmation"}),
        "The mail is on its way again.",
    ),
    "cancel": (
        {"status": "pending", "received": [], "refundable": [], "cancelable": True, "payable": True},
        "Cancel it",
        "Cancel this payment?",
        "Cancel the payment",
        ("/cancel", None),
        "The payment is canceled.",
    ),
}


@pytest.mark.parametrize(("changes", "button", "question", "yes", "sent", "told"), DEEDS.values(), ids=DEEDS)
def test_a_deed_asks_does_and_tells(
    desk: Desk, changes: dict[str, Any], button: str, question: str, yes: str, sent: tuple[str, Any], told: str
) -> None:
    desk.api.payments[PAYMENT_ID] = payment(**changes)
    page = desk.signs_in(PAYMENT)

    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text(question)
    assert desk.api.sent(sent[0]) == []
    page.get_by_role("dialog").get_by_role("button", name=yes).click()

    expect(page.get_by_role("status")).to_have_text(told)
    expect(page.get_by_role("button", name=button)).to_have_count(0)
    (request,) = desk.api.sent(sent[0])
    assert (request.method, request.body) == ("POST", sent[1])


@pytest.mark.parametrize(("changes", "button", "question", "yes", "sent", "told"), DEEDS.values(), ids=DEEDS)
def test_a_deed_that_is_refused_says_why(
    desk: Desk, changes: dict[str, Any], button: str, question: str, yes: str, sent: tuple[str, Any], told: str
) -> None:
    desk.api.payments[PAYMENT_ID] = payment(**changes)
    page = desk.signs_in(PAYMENT)
    page.get_by_role("button", name=button).click()
    desk.api.scripts[sent[0].split("/")[-1]].append(lambda _: refusal(409, "not_now", "It was paid just now."))
    desk.api.payments[PAYMENT_ID] = payment()

    page.get_by_role("dialog").get_by_role("button", name=yes).click()

    expect(page.get_by_role("alert")).to_have_text("It was paid just now.")
    expect(page.locator(".tag").first).to_have_text("Paid")


@pytest.mark.parametrize(
    ("checked", "told"),
    [("2026-11-21T12:00:00Z", "So it stands at Stripe, Nov 21, 2026, 12:00"), (None, "Stripe does not answer now")],
)
def test_stripe_is_asked_and_what_came_of_it_is_said(desk: Desk, checked: str | None, told: str) -> None:
    page = desk.signs_in(PAYMENT)
    now = payment(status="refunded", checkedAt=checked)
    desk.api.scripts["refresh"].append(lambda _: json_answer(now))

    page.get_by_role("button", name="Ask Stripe").click()

    expect(page.get_by_role("status")).to_contain_text(told)
    expect(page.locator(".tag").first).to_have_text("Refunded")


# Erasing the person

ERASED_FROM_ONE = (
    "The person is erased from 1 payment. In ten minutes it is looked whether another was ordered meanwhile."
)


def asks_to_erase(desk: Desk, from_: str = "") -> Locator:
    """As far as the question."""
    if from_:
        desk.page.get_by_label("From which payments").select_option(from_)
    desk.page.get_by_role("button", name="Erase the person").click()
    return desk.page.get_by_role("dialog")


@pytest.mark.parametrize(
    ("from_", "body"),
    [
        ("All payments with ada@example.com", {"email": "ada@example.com"}),
        ("All payments of user ada-sub", {"user": "ada-sub"}),
        ("This payment alone", {"paymentId": PAYMENT_ID}),
    ],
)
def test_a_person_is_erased_once_their_mail_address_is_typed(desk: Desk, from_: str, body: dict[str, str]) -> None:
    desk.api.payments[PAYMENT_ID] = payment(user="ada-sub")
    page = desk.signs_in(PAYMENT)

    question = asks_to_erase(desk, from_)
    expect(question.get_by_role("heading")).to_have_text("Erase Ada Lovelace?")
    expect(question.get_by_role("definition").first).to_have_text(from_)
    question.get_by_label("Type ada@example.com").fill(" Ada@Example.com ")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(ERASED_FROM_ONE)
    expect(page.locator("#news")).to_be_focused()
    expect(page.locator("#content")).not_to_contain_text("ada")
    expect(page.get_by_role("button", name="Erase the person")).to_have_count(0)
    (sent,) = desk.api.sent("/erasures")
    assert (sent.method, sent.body) == ("POST", body)


@pytest.mark.parametrize("typed", ["", "ada@example.co", "Ada Lovelace"])
def test_nobody_is_erased_by_a_click_alone(desk: Desk, typed: str) -> None:
    desk.signs_in(PAYMENT)
    question = asks_to_erase(desk)
    word = question.get_by_label("Type ada@example.com")
    word.fill(typed)

    question.get_by_role("button", name="Erase for ever").click()

    expect(word).to_have_accessible_description("Type the address as it stands above.")
    expect(word).to_be_focused()
    expect(word).to_have_attribute("aria-invalid", "true")
    question.get_by_role("button", name="Do nothing").click()
    expect(question).to_be_hidden()
    assert desk.api.sent("/erasures") == []
    # The next question wants no word.
    desk.refunds("21")
    expect(desk.page.get_by_role("status")).to_have_text("Stripe has taken the refund of $21.00.")


def test_what_of_an_erasure_is_left_is_said(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    question = asks_to_erase(desk)
    question.get_by_label("Type").fill("ada@example.com")
    desk.api.scripts["erasures"].append(lambda _: json_answer(erasure(1200, left=1), 202))

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(
        "The person is erased from 1,200 payments. "
        "1 payment cannot be reached yet; that goes on by itself, every ten minutes."
    )
    expect(page.get_by_role("button", name="Erase the person")).to_be_visible()


def test_an_erasure_without_an_answer_can_be_asked_for_again(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    page.route("**/erasures", lambda route: route.abort(), times=1)
    for told in ("No answer came, so it may have been done or not. Doing it again is safe", ERASED_FROM_ONE):
        asks_to_erase(desk).get_by_label("Type").fill("ada@example.com")
        page.keyboard.press("Enter")
        expect(page.locator("#news:not([hidden]), #problem:not([hidden])")).to_contain_text(told)


def test_a_dispute_is_named_before_the_person_is_erased(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(dispute="open")
    desk.signs_in(PAYMENT)

    expect(asks_to_erase(desk)).to_contain_text("This payment is in dispute: answer the bank first")


def test_news_of_one_payment_is_not_told_on_another_view(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    expect(page.get_by_label("Amount")).to_be_visible()
    held: list[Any] = []
    page.route("**/refresh", lambda route: held.append(route))
    page.get_by_role("button", name="Ask Stripe").click()
    eventually(lambda: page.title() and held)

    page.get_by_role("link", name="Statistics").click()
    desk.sees("Statistics")
    with page.expect_response("**/refresh"):
        held[0].continue_()

    expect(page.locator("#content")).to_contain_text("There is no payment on these days.")
    expect(page.get_by_role("status")).to_have_count(0)


# When it does not go well


@pytest.mark.parametrize(
    ("script", "heading", "told"),
    [
        (
            lambda _: refusal(503, "updating", "This is being updated."),
            "This cannot be shown",
            "This is being updated.",
        ),
        (lambda _: refusal(500, "internal_error", "Nothing was lost."), "This cannot be shown", "Nothing was lost."),
        (lambda _: refusal(404, "payment_not_found", "No such id."), "There is no such payment", "No such id."),
    ],
    ids=["503", "500", "404"],
)
def test_what_cannot_be_shown_is_said(
    desk: Desk, script: Callable[[Request], Response], heading: str, told: str
) -> None:
    desk.api.scripts[PAYMENT_ID].append(script)
    page = desk.signs_in(PAYMENT)

    desk.sees(heading)
    expect(page.locator("#content")).to_contain_text(told)
    if heading == "This cannot be shown":
        page.get_by_role("button", name="Try again").click()
        desk.sees("Payment of $120.00")


def test_a_service_that_does_not_answer_is_said_and_can_be_asked_again(desk: Desk) -> None:
    page = desk.page
    page.route(f"{desk.api_url}/**", lambda route: route.abort())
    desk.signs_in(PAYMENT)

    desk.sees("The payment service does not answer")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    desk.sees("Payment of $120.00")


@pytest.mark.parametrize("view", ["#/elsewhere", "#/payments/%zz", "#nonsense"])
def test_an_address_that_leads_nowhere_says_so(desk: Desk, view: str) -> None:
    page = desk.signs_in(view)

    desk.sees(re.compile("There is no such (view|payment)"))
    page.get_by_role("link", name="Go to").click()
    desk.sees(re.compile("Attention|Payments"))


# For everybody


def _busy(desk: Desk) -> None:
    desk.page.route(f"{desk.api_url}/**", lambda _: None)
    desk.signs_in()


def _full_payment(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(
        status="in_review",
        dispute="open",
        received=[money(12000), money(9200, "eur")],
        returned=[money(2100)],
        toApprove=[money(9200, "eur")],
        cancelable=True,
        attention={"why": "dispute", "since": "2026-11-21T11:05:30Z", "deadline": "2026-11-28T11:05:30Z"},
        refundRequests=[request_of("open", 2100), request_of("refused", 500, "rr-2", detail="The charge is disputed.")],
        notices=[notice("payment_confirmation", "bounced", resendable=True, note="mailbox full")],
    )
    desk.signs_in(PAYMENT)
    expect(desk.page.get_by_role("button", name="Withdraw")).to_be_visible()


def _long(desk: Desk) -> None:
    word = "0123456789abcdef" * 12
    desk.api.payments[PAYMENT_ID] = payment(
        name=word,
        email=f"{word}@example.com",
        user=word,
        metadata={word: word},
        failure={"code": word, "message": word},
        order=order((1, word), total=12000),
        notices=[notice("payment_confirmation", "bounced", resendable=True, note=word)],
        refundRequests=[request_of("open", 2100, by=word, detail=word, refundId=word)],
        timeline=[event("2026-11-21T12:00:00Z", word, f"refund_request#{word}: unknown -> open", word, by=word)],
        facts=[fact("refund_request", word, "open", failureMessage=word)],
    )
    desk.signs_in(PAYMENT)
    asks_to_erase(desk)


def _question(desk: Desk) -> None:
    desk.signs_in(PAYMENT)
    desk.asks_for_refund("21")


def _erasing(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = payment(dispute="open", user="ada-sub")
    desk.signs_in(PAYMENT)
    asks_to_erase(desk).get_by_role("button", name="Erase for ever").click()


def _erased(desk: Desk) -> None:
    desk.signs_in(PAYMENT)
    asks_to_erase(desk).get_by_label("Type").fill("ada@example.com")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("status")).to_be_visible()


def _unanswered(desk: Desk) -> None:
    desk.signs_in(PAYMENT)
    desk.loses_answers("refunds")
    desk.refunds("21")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _attention(desk: Desk) -> None:
    desk.api.attention = [
        waiting("dispute", "mail", deadline="2026-11-28T11:05:30Z"),
        waiting("mail", notice={"kind": "payment_confirmation", "ref": ""}),
    ]
    desk.signs_in()
    expect(desk.page.get_by_role("listitem")).to_have_count(2)


def _payments(desk: Desk) -> None:
    statuses = ["succeeded", "pending", "failed", "in_review", "partially_refunded", "canceled"]
    desk.api.pages = [[row(at, status=status, dispute="open") for at, status in enumerate(statuses)], [row(9)]]
    desk.signs_in("#/payments")
    expect(desk.page.get_by_role("link", name="pay_")).to_have_count(6)


def _statistics(desk: Desk) -> None:
    statuses = ["succeeded", "pending", "failed", "in_review", "partially_refunded", "canceled", "expired", "refunded"]
    desk.api.days = [
        counted(f"2026-11-{day:02}", status, 1 + day * at % 5, received=9900 * (at % 2))
        for day in range(1, 22)
        for at, status in enumerate(statuses)
    ]
    desk.signs_in(MONTH)
    expect(desk.page.locator("svg.bars")).to_be_visible()


def _refused(desk: Desk) -> None:
    desk.issuer.admins.clear()
    desk.opens()
    desk.page.get_by_role("button", name="Sign in").click()
    desk.sees("This desk is for admins")


def _unreachable(desk: Desk) -> None:
    desk.page.route(f"{desk.api_url}/**", lambda route: route.abort())
    desk.signs_in()
    desk.sees("The payment service does not answer")


def _ended(desk: Desk) -> None:
    desk.issuer.lifetime = -1
    desk.issuer.gives_refresh = False
    desk.opens()
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.page.locator("#content")).to_contain_text("Your sign-in has ended.")


def _empty(desk: Desk) -> None:
    desk.signs_in()
    expect(desk.page.locator("#content")).to_have_text("Nothing waits for you.")


SCENES: dict[str, Callable[[Desk], object]] = {
    "signed-out": lambda desk: desk.opens(),
    "ended": _ended,
    "refused": _refused,
    "unreachable": _unreachable,
    "loading": _busy,
    "empty": _empty,
    "attention": _attention,
    "payments": _payments,
    "payment": _full_payment,
    "long": _long,
    "question": _question,
    "erasing": _erasing,
    "erased": _erased,
    "unanswered": _unanswered,
    "statistics": _statistics,
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_every_state_of_the_desk_can_be_read_by_everybody(desk: Desk, scene: Callable[[Desk], object]) -> None:
    page = desk.page = desk.tab(color_scheme="light", bypass_csp=True)
    scene(desk)

    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == []
        assert overhang(page) <= 0
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []


def test_a_keyboard_is_enough_to_refund(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    page.get_by_label("Amount").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("21")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    expect(question.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    expect(question.get_by_role("button", name="Refund $21.00")).to_be_focused()
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    page.keyboard.press("Enter")

    expect(page.locator("#news")).to_be_focused()
    expect(page.locator("#news")).to_have_text("Stripe has taken the refund of $21.00.")


def test_a_payment_leads_to_all_payments_of_its_user(desk: Desk) -> None:
    # What looks like a mail address is searched for as a user all the same.
    desk.api.payments[PAYMENT_ID] = payment(user="ada@example.com")
    page = desk.signs_in(PAYMENT)

    desk.sees("Payment of $120.00")
    page.locator("dl > div", has=page.get_by_text("User", exact=True)).get_by_role("link").click()

    desk.sees("Payments")
    expect(page.locator("caption")).to_have_text("Payments of user ada@example.com, newest first")
    assert desk.api.seen[-1].query == {"user": "ada@example.com"}
