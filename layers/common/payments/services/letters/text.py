"""A mail as text that reads well alone."""

from textwrap import wrap

from payments.domain.money import Money
from payments.domain.texts import line
from payments.services.letters.content import Business, Content, Row, unbroken
from payments.services.letters.orders import Item

_WIDTH = 72


def render(content: Content, ordered: tuple[Item, ...], business: Business) -> str:
    """Wrapped, amounts aligned, and the link and each command on a line of its own, however long."""
    parts = [_wrapped(content.note)] if content.note else []
    parts += [_wrapped(each) for each in content.before]
    if content.link:
        parts.append(f"{content.link.label}:\n{content.link.address}")
    if ordered:
        parts.append(_items(ordered))
    parts.append(_table(content.rows))
    parts += [line(each) for each in content.commands]
    parts += [_wrapped(each) for each in content.after]
    parts += [line(business.name), _wrapped(content.footer)]
    return "\n\n".join(parts) + "\n"


def _wrapped(words: str, width: int = _WIDTH) -> str:
    # Addresses and ids stay whole, so that they can be clicked and searched for.
    lines = wrap(unbroken(line(words)), width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _items(items: tuple[Item, ...]) -> str:
    """Sums first: whichever way a name is written, they stay in their column."""
    margin = max(len(str(each.amount)) for each in items)
    return "\n".join(_item(each, margin) for each in items)


def _item(item: Item, margin: int) -> str:
    times = f"{item.quantity} \N{MULTIPLICATION SIGN} " if item.quantity else ""
    words = _wrapped(times + item.words, _WIDTH - margin - 3)
    return f"{item.amount!s:>{margin}}   " + words.replace("\n", "\n" + " " * (margin + 3))


def _table(rows: tuple[Row, ...]) -> str:
    margin = max(len(label) for label, _ in rows) + 3
    amounts = max((len(str(value)) for _, value in rows if isinstance(value, Money)), default=0)
    lines: list[str] = []
    for label, value in rows:
        words = f"{value!s:>{amounts}}" if isinstance(value, Money) else _value(value, _WIDTH - margin)
        lines.append(f"{label + ':':<{margin}}" + words.replace("\n", "\n" + " " * margin))
    return "\n".join(lines)


def _value(value: str | tuple[str, ...], width: int) -> str:
    lines = (value,) if isinstance(value, str) else value
    return "\n".join(_wrapped(each, width) for each in lines)
