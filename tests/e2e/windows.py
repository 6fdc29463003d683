"""Browser windows in front of pages, an API and an issuer that are made up, each on an origin of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.servers import Server, listen
from local.site import Site
from tests.e2e.desk import Issuer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from wsgiref.types import WSGIApplication

    from playwright.sync_api import Browser, ConsoleMessage, Page

PATIENCE_MS = 10_000


class Windows:
    """`faults` are what pages did wrong, or against their policy."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.faults: list[str] = []
        self.pages: list[Page] = []
        self.page = self.tab()

    def tab(self, **options: Any) -> Page:
        """A browser of its own."""
        usual = {"locale": "en-US", "timezone_id": "UTC", "viewport": {"width": 1280, "height": 800}}
        context = self._browser.new_context(**usual | options)
        context.set_default_timeout(PATIENCE_MS)

        def on_console(message: ConsoleMessage) -> None:
            # Chromium reports each answer from 400 on as an error.
            if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
                self.faults.append(message.text)

        context.on("console", on_console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.pages.append(context.new_page())
        return self.pages[-1]

    def close(self) -> None:
        for page in self.pages:
            page.unroute_all(behavior="ignoreErrors")
            page.context.close()


@contextmanager
def made_up[Api: WSGIApplication](
    folder: Path, api_of: Callable[[Issuer, str], Api]
) -> Iterator[tuple[str, Issuer, Api, str]]:
    """The site, the issuer, the API for both, and the API's address."""
    listeners = [listen(0) for _ in range(3)]
    site, api_url, issuer_url = (f"http://localhost:{each.getsockname()[1]}" for each in listeners)
    issuer = Issuer(issuer_url, site)
    api = api_of(issuer, site)
    applications: list[WSGIApplication] = [Site(folder, api_url, issuer_url), api, issuer]
    servers = [Server(*each) for each in zip(listeners, applications, strict=True)]
    yield site, issuer, api, api_url
    for server in servers:
        server.close()
