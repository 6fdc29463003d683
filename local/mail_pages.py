"""The mailbox's pages: the mails that were sent, and how each kind of mail looks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Literal

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
article h2 { font-size: 1.05rem; }
section h2 { font-size: 0.9rem; font-weight: 500; color: var(--soft); margin: 1.5rem 0 0.5rem; }
ul { list-style: none; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.soft, dt, summary { color: var(--soft); font-size: 0.9rem; }
summary { cursor: pointer; }
article, .list { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; margin-bottom: 1rem; }
article { padding: 1rem; }
.list li { padding: 0.6rem 1rem; }
.list li + li { border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.15rem 1rem; align-items: baseline; }
pre { margin: 0; font: 0.85rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap; }
details pre { margin-top: 0.5rem; }
iframe { display: block; max-width: 100%; border: 1px solid var(--line); border-radius: 0.25rem; background: #fff; }
article iframe { width: 100%; height: 34rem; margin: 0.75rem 0; }
.frames { display: flex; flex-wrap: wrap; gap: 1rem; }
.frames iframe { box-sizing: content-box; height: 46rem; }
"""

# A mail may run nothing and reach nothing of this page; its links open in a tab of their own.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


def mailbox(messages: list[dict[str, Any]]) -> str:
    """What was sent, the newest first."""
    articles = "".join(_article(message) for message in reversed(messages))
    count = {0: "No mail yet", 1: "1 mail"}.get(len(messages), f"{len(messages)} mails, the newest first")
    return _page(
        "Mailbox",
        f'<header><h1>Mailbox</h1><p class="soft">{count}. Reload for more.</p>'
        f'<a href="/preview">How each kind of mail looks</a></header>{articles}',
    )


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
        f"<body{' class="wide"' if wide else ''}>{body}</body></html>"
    )


def _article(message: dict[str, Any]) -> str:
    sent_at = f"{message['sentAt'][:19].replace('T', ' ')} UTC"
    subject, to = html.escape(message["subject"]), html.escape(", ".join(message["to"]))
    frame = _frame(message["html"], message["subject"]) if message["html"] else ""
    return (
        f'<article><h2>{subject}</h2><p class="soft">To {to}, {sent_at}</p>{frame}'
        f"<details><summary>Text</summary><pre>{html.escape(message['text'])}</pre></details></article>"
    )


def _as_seen(document: str, scheme: Literal["light", "dark"]) -> str:
    """A mail in one colour scheme, whatever the browser's: a frame follows that, so the mail's question is answered."""
    return document.replace("(prefers-color-scheme: dark)", "all" if scheme == "dark" else "not all")


def _frame(document: str, title: str, width: int | None = None) -> str:
    content = html.escape(document.replace("<head>", '<head><base target="_blank">', 1))
    size = f'width="{width}"' if width else ""
    return f'<iframe {size} sandbox="{_SANDBOX}" title="{html.escape(title)}" srcdoc="{content}"></iframe>'
