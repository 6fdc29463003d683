"""Names of the world are taken as they are written, and none shows something else than it says."""
# ruff: noqa: RUF001 - scripts of the world

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.texts import Unusable, line, tidy

JOINED = [
    "ශ්\u200dරී",
    "علی\u200cرضا",
    "👩\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f",
    "👍🏽",
    "🇩🇪",
    "葛\U000e0100城",
    "അവന്\u200d",
]
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("text", ["Ada Lovelace", "O'Neil", "Łucja Żółć", "佐藤 花子", *JOINED, ENGLAND, "\U0001fae9"])
def test_what_is_written_well_stays(text: str) -> None:
    assert tidy(text) == line(text) == text


@pytest.mark.parametrize(
    "space", [" ", "  ", "\t", "\u00a0", "\u3000", "\u2009", "\u202f", "\u1680", "\u2800", "\u3164"]
)
def test_spaces_of_every_kind_are_one(space: str) -> None:
    assert tidy(f"{space}佐藤{space}花子{space}") == "佐藤 花子"


@pytest.mark.parametrize(
    "unseen",
    ["\u00ad", "\u200b", "\u200e", "\u200f", "\u061c", "\ufeff", "\u2060", "\u2063", "\u200c", "\u200d", "\U000e0041"],
)
def test_what_nobody_sees_goes(unseen: str) -> None:
    assert tidy(f"{unseen}Ada{unseen} Love{unseen}lace{unseen}") == "Ada Lovelace"


@pytest.mark.parametrize("nothing", ["", " ", "\u3000\u200b", "\ufe0f", "\u200d", "\u3164", "\u0301"])
def test_a_text_of_which_nothing_is_seen_is_empty(nothing: str) -> None:
    assert tidy(nothing) == line(nothing) == ""


def test_one_letter_has_one_form() -> None:
    assert tidy("Zoe\u0308") == tidy("Zoe\u200b\u0308") == "Zo\u00eb"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Ada\nBcc: eve", "U+000A is a line break; write this on one line."),
        ("Ada\u2028Bcc", "U+2028 (LINE SEPARATOR) is a line break; write this on one line."),
        ("Ada\x00", "U+0000 is a control character; take it out."),
        ("Ada\x1b[2J", "U+001B is a control character; take it out."),
        ("\u202egnp.exe", "U+202E (RIGHT-TO-LEFT OVERRIDE) turns the direction of writing; take it out."),
        ("\u2066x", "U+2066 (LEFT-TO-RIGHT ISOLATE) turns the direction of writing; take it out."),
        ("a\ud800", "U+D800 is no character; take it out."),
        ("a\uffff", "U+FFFF is no character; take it out."),
    ],
)
def test_what_is_refused_is_named_and_shown_as_a_space(text: str, says: str) -> None:
    with pytest.raises(Unusable) as refused:
        tidy(text)
    assert str(refused.value) == says
    assert line(text).isprintable()


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from([*JOINED, ENGLAND, "\u200d", "\u200c", " ", "\u212a", "e", "\u0301"])).map("".join)
)
def test_tidying_once_is_enough(text: str) -> None:
    shown = line(text)
    assert tidy(shown) == line(shown) == shown
    assert unicodedata.is_normalized("NFC", shown)
    with suppress(Unusable):
        assert tidy(text) == shown
