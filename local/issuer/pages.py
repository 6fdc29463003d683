"""The issuer's pages."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.issuer.tokens import Person

_FOLDER = Path(__file__).parent / "templates"


def sign_in(client: str, people: Sequence[tuple[str, Person]], group: str) -> str:
    """Who one could be: `people` are described in words. The page's forms are sent to its own address."""
    offered = "".join(_offer(words, person) for words, person in people)
    return _filled("sign-in.html", client=escape(client), group=escape(group), people=offered)


def refused(sentence: str) -> str:
    return _filled("refused.html", sentence=escape(sentence))


def front(token_example: str) -> str:
    return _filled("front.html", example=escape(token_example))


def _offer(words: str, person: Person) -> str:
    admin = '<input type="hidden" name="admin" value="on">' if person.groups else ""
    return (
        f'<form method="post"><input type="hidden" name="email" value="{escape(person.email)}">{admin}'
        f'<button class="main">{escape(words)}</button> <span class="soft">{escape(person.email)}</span></form>'
    )


def _filled(name: str, **values: str) -> str:
    return Template((_FOLDER / name).read_text(encoding="utf-8")).substitute(values)
