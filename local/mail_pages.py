"""The preview's pages: how each kind of mail looks."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.mail_preview import Sample

_STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --text: #1b2027; --soft: #5a6470; --line: #dfe3e8; --accent: #1f5f8f;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #111418; --card: #191d23; --text: #e6e9ed; --soft: #a4adb8; --line: #2e353e; --accent: #84bfe8; }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif; background: var(--page); color: var(--text); }
body { max-width: 50rem; margin: 0 auto; padding: 1rem 1rem 4rem; overflow-wrap: anywhere; }
body.wide { max-width: 94rem; }
header { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; margin: 0.5rem 0 1rem; }
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: 1.25rem; }
section h2 { font-size: 0.9rem; font-weight: 500; color: var(--soft); margin: 1.5rem 0 0.5rem; }
ul { list-style: none; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.soft, dt { color: var(--soft); font-size: 0.9rem; }
article, .list { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; margin-bottom: 1rem; }
article { padding: 1rem; }
.list li { padding: 0.6rem 1rem; }
.list li + li { border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.15rem 1rem; align-items: baseline; }
pre { margin: 0; font: 0.85rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap; }
iframe { display: block; max-width: 100%; border: 1px solid var(--line); border-radius: 0.25rem; background: #fff; }
.frames { display: flex; flex-wrap: wrap; gap: 1rem; }
.frames iframe { box-sizing: content-box; height: 46rem; }
"""

# A document up to what its head holds, each part of it optional.
_START = re.compile(r"\s*(<!doctype[^>]*>)?\s*(<html[^>]*>)?\s*(<head[^>]*>)?", re.IGNORECASE)
# A mail may run nothing and reach nothing of this page; its links open in a tab of their own.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


def index(samples: Mapping[str, Sample]) -> str:
    """Every kind of mail, by who gets it."""
    lists = ""
    for to in dict.fromkeys(each.letter.to for each in samples.values()):
        entries = "".join(
            f'<li><a href="/preview/{each.slug}">{html.escape(each.title)}</a>'
            f'<p class="soft">{html.escape(each.letter.subject)}</p></li>'
            for each in samples.values()
            if each.letter.to == to
        )
        lists += f'<section><h2>To {html.escape(to)}</h2><ul class="list">{entries}</ul></section>'
    return _page(
        "Preview of mails",
        '<header><h1>How each kind of mail looks</h1><a href="/">Mailbox</a></header>'
        f'<p class="soft">Samples, written by the code that writes the real ones. Nothing was paid or sent.</p>{lists}',
    )


def preview(sample: Sample) -> str:
    """One mail at a phone's and a desktop's width, light and dark, and its text."""
    written = sample.letter
    frames = "".join(
        f'<section><h2>{device}, {width} pixels wide</h2><div class="frames">'
        f"{_frame(_as_seen(written.html, 'light'), f'{device}, light', width)}"
        f"{_frame(_as_seen(written.html, 'dark'), f'{device}, dark', width)}</div></section>"
        for device, width in (("Phone", 360), ("Desktop", 720))
    )
    return _page(
        sample.title,
        f'<header><h1>{html.escape(sample.title)}</h1><a href="/preview">All kinds</a><a href="/">Mailbox</a></header>'
        f"<dl><dt>Kind</dt><dd>{sample.kind}</dd><dt>To</dt><dd>{html.escape(written.to)}</dd>"
        f"<dt>Subject</dt><dd>{html.escape(written.subject)}</dd></dl>"
        f"{frames}<section><h2>Text</h2><article><pre>{html.escape(written.text)}</pre></article></section>",
        wide=True,
    )


def _page(title: str, body: str, *, wide: bool = False) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style></head>'
        f"<body{' class="wide"' if wide else ''}><main>{body}</main></body></html>"
    )


def framed(document: str) -> str:
    """A mail as a frame shows it: its links open elsewhere."""
    start = _START.match(document)
    at = start.end() if start else 0
    return f'{document[:at]}<base target="_blank">{document[at:]}'


def _as_seen(document: str, scheme: Literal["light", "dark"]) -> str:
    """A mail in one colour scheme, whatever the browser's: a frame follows that, so the mail's question is answered."""
    return document.replace("(prefers-color-scheme: dark)", "all" if scheme == "dark" else "not all")


def _frame(document: str, title: str, width: int) -> str:
    return (
        f'<iframe width="{width}" sandbox="{SANDBOX}" title="{html.escape(title)}" '
        f'srcdoc="{html.escape(framed(document))}"></iframe>'
    )
