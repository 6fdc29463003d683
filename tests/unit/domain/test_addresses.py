"""Which addresses mail can be sent to, and which are the same."""
# ruff: noqa: RUF001 - scripts of the world

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.addresses import in_ascii, normalised, usable
from payments.domain.texts import Unusable


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("Ada@Example.COM", "Ada@Example.COM"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"),
        # By the rules of 2003 this would be strasse.de, which belongs to another.
        ("a@Straße.de", "a@xn--strae-oqa.de"),
        ("a@日本語。jp", "a@xn--wgv71a119e.jp"),
        ("a@ｅｘａｍｐｌｅ．com", "a@example.com"),
    ],
)
def test_an_address_is_kept_as_given_and_written_in_ascii(address: str, written: str) -> None:
    assert usable(address) == address
    assert in_ascii(address) == written


def test_spaces_around_an_address_and_what_nobody_sees_go() -> None:
    assert usable("\u200e ada@example.com\u200b\u00a0") == "ada@example.com"


@pytest.mark.parametrize(
    "same",
    [
        ("Ada@Example.com", "ada@example.COM"),
        ("a@München.de", "A@münchen.de", "a@XN--MNCHEN-3YA.de", " a@mu\u0308nchen.de"),
    ],
)
def test_ways_to_write_one_address_have_one_key(same: tuple[str, ...]) -> None:
    assert len({normalised(each) for each in same}) == 1


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ada", "such as ada@example.com"),
        ("a b@example.com", "such as ada@example.com"),
        ("a@b@example.com", "such as ada@example.com"),
        (".a@example.com", "such as ada@example.com"),
        ("a@-ü.de", "such as ada@example.com"),
        ("a@ü/x.de", "such as ada@example.com"),
        ("a@ü", "such as ada@example.com"),
        ("jörg@example.com", "Before the @ only letters without accents"),
        ("=?utf-8?q?victim=40other=2Eexample=2C?=@example.com", "may be read as another"),
        ("a@example.com\nBcc: eve@example.com", "U+000A is a line break"),
        ("a@\u202eexample.com", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("a@" + ".".join(["ü" * 40] * 6), "counted in punycode"),
        ("a@" + "ü" * 80 + ".de", "such as ada@example.com"),
    ],
)
def test_what_no_mail_can_be_sent_to_is_refused_with_what_to_change(address: str, says: str) -> None:
    with pytest.raises(Unusable) as refused:
        usable(address)
    assert says in str(refused.value)
    normalised(address)


_letters = st.sampled_from("abzäöüßéšñçåøæαβγςДЖИאבגعليहिन日本語한국ไทยÀÉΣ")


@given(st.text(_letters, min_size=1, max_size=12), st.sampled_from(["de", "рф", "香港"]))
def test_domains_are_written_as_browsers_write_them(label: str, top: str) -> None:
    domain = f"{label}.{top}"
    try:
        expected = idna.encode(domain, uts46=True, transitional=False).decode()
    except idna.IDNAError:
        return
    assert in_ascii(f"a@{domain}").lower() == f"a@{expected}"
