"""Which pages may call the local API, and what the others are told."""

import pytest

from local.origins import RefusedOrigins, origins_of
from local.ports import StackError


def test_origins_come_from_the_environment() -> None:
    named = origins_of({"ALLOWED_ORIGINS": "http://localhost:5173, https://shop.test,http://localhost:5173,"})

    assert named == ("http://localhost:5173", "https://shop.test")
    assert origins_of({}) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "http://localhost:5173/",
        "https://shop.test/pages",
        "localhost:5173",
        "ftp://shop.test",
        "https://Shop.test",
        "https://shop.test:443",
        "http://ann@shop.test",
        "https://*.shop.test",
    ],
)
def test_what_no_browser_would_send_is_refused(wrong: str) -> None:
    with pytest.raises(StackError, match="which is no origin: write each as a browser does"):
        origins_of({"ALLOWED_ORIGINS": f"http://localhost:5173,{wrong}"})


def test_a_refused_page_is_told_once_what_would_allow_it() -> None:
    told: list[str] = []
    refused = RefusedOrigins(("https://shop.test",), told.append)

    for origin in ("http://localhost:5173", "http://localhost:5173", "null", "null", "x\nforged line"):
        refused.note(origin)

    assert told == [
        "A page of another origin was refused; "
        "ALLOWED_ORIGINS=https://shop.test,http://localhost:5173 make run allows it.",
        "A page that was opened as a file may not call the API: serve it, as `python3 -m http.server` does.",
    ]
