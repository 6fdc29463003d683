"""A mail as HTML for the programs that people read mail with.

Outlook lays out with Word's engine: tables, widths in attributes, and padding in cells alone. Gmail may drop the style
element, so everything that matters is inline, and the element only adds dark colours and a narrow screen's layout.
Nothing is loaded from anywhere.
"""

from html import escape

from payments.domain.money import Money
from payments.domain.texts import line
from payments.services.letters.content import Business, Content, Link, Row, unbroken
from payments.services.letters.orders import Item

_FONT = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_INK, _SOFT, _LINE, _GROUND, _CARD = "#1d242d", "#56606c", "#dfe3e8", "#f2f4f6", "#ffffff"

_STYLE = """\
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) {
  .room { padding: 24px 18px 8px !important; }
  .row th, .row td { display: block !important; width: auto !important; }
  .row th { padding: 8px 0 0 !important; }
  .row td { padding: 0 0 8px !important; border-top: 0 !important; font-size: 14px !important; }
}
@media (prefers-color-scheme: dark) {
  .ground { background: #101318 !important; }
  .card { background: #1b2027 !important; border-color: #343c46 !important; }
  .ink, .ink a { color: #e8ebef !important; }
  .soft, .soft a { color: #a9b2bd !important; }
  .line { border-color: #343c46 !important; }
  .button { background: #e8ebef !important; }
  .button a { color: #14181d !important; }
}"""

# Word lays out by this table's width, every other program by the styles of the one inside it.
_WORD_BEGIN = '<!--[if mso]><table role="presentation" width="560" align="center"><tr><td><![endif]-->'
_WORD_END = "<!--[if mso]></td></tr></table><![endif]-->"
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'


def render(content: Content, ordered: tuple[Item, ...], business: Business) -> str:
    """A whole document; every word in it is escaped."""
    parts = [_paragraph(each) for each in content.before]
    if content.link:
        parts.append(_button(content.link))
    if ordered:
        parts.append(_items(ordered))
    parts.append(_rows(content.rows))
    parts += [_command(each) for each in content.commands]
    parts += [_paragraph(each) for each in content.after]
    body = "\n".join(parts)
    note = f'<p class="soft" style="{_small("0 4px 12px")}">{_safe(content.note)}</p>\n' if content.note else ""
    return f"""\
<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>{_safe(content.subject)}</title>
<style>
{_STYLE}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:{_GROUND};-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{_safe(content.preview)}</div>
{_TABLE} width="100%" class="ground" bgcolor="{_GROUND}" style="background:{_GROUND}">
<tr><td align="center" style="padding:24px 12px">
{_WORD_BEGIN}
{_TABLE} width="100%" style="max-width:560px">
<tr><td align="left">
{note}{_TABLE} width="100%" class="card" bgcolor="{_CARD}" \
style="background:{_CARD};border:1px solid {_LINE};border-radius:8px;border-collapse:separate">
<tr><td class="room" align="left" style="padding:32px 32px 16px">
<p class="soft" style="{_small("0 0 20px")};font-weight:600">{_safe(business.name)}</p>
<h1 class="ink" style="margin:0 0 20px;{_FONT};font-size:24px;line-height:30px;font-weight:600;color:{_INK}">\
{_safe(content.heading)}</h1>
{body}
</td></tr>
</table>
<p class="soft" style="{_small("16px 4px 0")}">{_safe(content.footer)}</p>
</td></tr>
</table>
{_WORD_END}
</td></tr>
</table>
</body>
</html>
"""


def _safe(words: str) -> str:
    return escape(unbroken(line(words))).replace("\N{NO-BREAK SPACE}", "&nbsp;")


def _small(margin: str) -> str:
    return f"margin:{margin};{_FONT};font-size:14px;line-height:20px;color:{_SOFT};overflow-wrap:anywhere"


def _paragraph(words: str) -> str:
    style = f"margin:0 0 16px;{_FONT};font-size:16px;line-height:24px;color:{_INK};overflow-wrap:anywhere"
    return f'<p class="ink" style="{style}">{_safe(words)}</p>'


def _command(words: str) -> str:
    # What is copied from here is typed, so no space in it may become one that does not break.
    style = "margin:0 0 16px;font-family:Consolas,Menlo,monospace;font-size:14px;line-height:20px"
    return f'<p class="ink" style="{style};color:{_INK};overflow-wrap:anywhere">{escape(line(words))}</p>'


def _items(items: tuple[Item, ...]) -> str:
    rendered = "\n".join(map(_item, items))
    return (
        '<table width="100%" cellpadding="0" cellspacing="0" border="0" class="line" '
        f'style="margin:4px 0 20px;border-bottom:1px solid {_LINE}">\n{rendered}\n</table>'
    )


def _item(item: Item) -> str:
    cell = f"border-top:1px solid {_LINE};{_FONT};font-size:15px;line-height:22px;color:{_INK}"
    weight = "600" if item.is_total else "normal"
    times = f"{item.quantity} \N{MULTIPLICATION SIGN} " if item.quantity else ""
    # A name may be written from right to left, and must not turn what is before it.
    return (
        f'<tr><th scope="row" class="ink line" align="left" valign="top" style="padding:10px 12px 10px 0;{cell};'
        f'font-weight:{weight};word-break:break-word">{times}<span dir="auto">{_safe(item.words)}</span></th>'
        f'<td class="ink line" align="right" valign="bottom" style="padding:10px 0;{cell};font-weight:{weight};'
        f'text-align:right;white-space:nowrap">{_safe(str(item.amount))}</td></tr>'
    )


def _rows(rows: tuple[Row, ...]) -> str:
    rendered = "\n".join(_row(label, value) for label, value in rows)
    return (
        '<table width="100%" cellpadding="0" cellspacing="0" border="0" class="line" '
        f'style="margin:4px 0 20px;border-bottom:1px solid {_LINE}">\n{rendered}\n</table>'
    )


def _row(label: str, value: str | Money | tuple[str, ...]) -> str:
    # A name may be written from right to left, and must not turn the label beside it.
    emphasis = ";font-weight:600;white-space:nowrap" if isinstance(value, Money) else ""
    cell = f"border-top:1px solid {_LINE};{_FONT};font-size:15px;line-height:22px"
    return (
        f'<tr class="row"><th scope="row" class="soft line" width="128" align="left" valign="top" '
        f'style="padding:10px 12px 10px 0;{cell};font-weight:normal;color:{_SOFT}">{_safe(label)}</th>'
        f'<td class="ink line" align="left" valign="top" dir="auto" '
        f'style="padding:10px 0;{cell};color:{_INK};text-align:left;word-break:break-word{emphasis}">'
        f"{_lines(value)}</td></tr>"
    )


def _lines(value: str | Money | tuple[str, ...]) -> str:
    """Each line of several in its own direction."""
    if not isinstance(value, tuple):
        return _safe(str(value))
    return "".join(f'<div dir="auto" style="text-align:left">{_safe(each)}</div>' for each in value)


def _button(link: Link) -> str:
    cell = f"background:{_INK};border-radius:6px;padding:12px 24px"
    words = f"{_FONT};font-size:16px;line-height:24px;font-weight:600;color:#ffffff;text-decoration:none"
    return (
        f'{_TABLE} style="margin:4px 0 20px;border-collapse:separate"><tr>'
        f'<td class="button" align="center" bgcolor="{_INK}" style="{cell}">'
        f'<a href="{escape(link.address)}" target="_blank" style="{words}">{_safe(link.label)}</a></td></tr></table>'
    )
