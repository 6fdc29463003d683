"""Texts of the world, on one line: what they may have, what is folded or dropped, and what is refused.

Names are typed on every keyboard and pasted from every program. Spaces of any kind are one space; what joins letters or
makes an emoji stays, for without it a name is misspelt; what nobody sees goes; what breaks a line, controls a terminal
or turns the direction of writing is refused, for with it a text shows something else than it says.
"""

import unicodedata
from collections.abc import Callable

# No spaces to Unicode, and as blank as one.
_BLANKS = {"\t", "\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
_LINE_BREAKS = set("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
# Between letters of many scripts, and within emoji; beside ASCII they do nothing.
_JOINERS = {"\u180e", "\u200c", "\u200d"}
# Format characters that are seen: Arabic and Syriac signs around a number, and what arranges hieroglyphs.
_SEEN = {*"\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"} | {
    chr(code) for code in range(0x13430, 0x13440)
}
_TURNS = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
# A region's flag is a black flag and these.
_BLACK_FLAG = "\U0001f3f4"
_TAGS = {chr(code) for code in range(0xE0020, 0xE0080)}


class Unusable(ValueError):
    """A text that cannot be taken; says why and what to change, without the text."""


def tidy(text: str) -> str:
    """The text as it is kept, in NFC, empty if nothing of it can be seen; Unusable for one that shows something else
    than it says."""
    return _kept(text.strip(), _refuse)


def line(text: str) -> str:
    """The same of a text that is shown whatever it has: what `tidy` refuses is a space."""
    return _kept(text, lambda _: " ")


def _kept(text: str, refused: Callable[[str], str]) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = ""
    for each in unicodedata.normalize("NFC", text):
        kept += _kept_of(each, kept[-1:], refused)
    # What was dropped may have kept a letter and its accent apart.
    return unicodedata.normalize("NFC", " ".join(kept.split())) if any(map(_is_seen, kept)) else ""


def _is_seen(character: str) -> bool:
    """By itself: no space, no mark on another character, no joiner."""
    return unicodedata.category(character)[0] not in "ZM" and character not in _JOINERS


def _kept_of(character: str, before: str, refused: Callable[[str], str]) -> str:
    """What is kept of one character, nothing or a space included; `before` is what was kept last."""
    category = unicodedata.category(character)
    if category == "Zs" or character in _BLANKS:
        return " "
    if character in _JOINERS:
        return character if before > "\x7f" and before not in _JOINERS else ""
    if character in _TAGS:
        return character if before == _BLACK_FLAG or before in _TAGS else ""
    if character in _TURNS or category in ("Cc", "Cs", "Zl", "Zp") or _is_no_character(character):
        return refused(character)
    return "" if category == "Cf" and character not in _SEEN else character


def _is_no_character(character: str) -> bool:
    """Unicode keeps some codes from ever being one. Those that are not one yet may be a newer emoji."""
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _refuse(character: str) -> str:
    named = unicodedata.name(character, "")
    which = f"U+{ord(character):04X}" + (f" ({named})" if named else "")
    if character in _LINE_BREAKS:
        raise Unusable(f"{which} is a line break; write this on one line.")
    if character in _TURNS:
        raise Unusable(f"{which} turns the direction of writing; take it out.")
    kind = "a control character" if unicodedata.category(character) == "Cc" else "no character"
    raise Unusable(f"{which} is {kind}; take it out.")
