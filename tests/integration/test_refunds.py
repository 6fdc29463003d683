"""Money goes back once, whoever asks for it how often, and whatever dies, is lost, deployed or done beside it.

Histories are seeded; with SEARCH_SECONDS they go on for that long, with others each time.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.integration.next_release import Release, release_before, this_release
from tests.integration.refund_histories import World

SEARCH_SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
HISTORIES = 40
MOVES = 200


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release]:
    return this_release(), release_before(tmp_path_factory.mktemp("before"))


@pytest.fixture
def counts(figures: list[str], request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()
    yield counts
    figures.append(f"{request.node.name}: " + ", ".join(f"{number} {name}" for name, number in sorted(counts.items())))


@pytest.mark.parametrize("dashboard", [False, True], ids=["alone", "beside the dashboard"])
def test_money_goes_back_once_and_the_books_are_stripes(
    releases: tuple[Release, Release], counts: Counter[str], monkeypatch: pytest.MonkeyPatch, dashboard: bool
) -> None:
    this, before = releases
    monkeypatch.setattr(time, "sleep", lambda _: None)
    until = time.monotonic() + SEARCH_SECONDS / 2
    first = time.time_ns() if SEARCH_SECONDS else 0
    while counts["histories"] < HISTORIES or time.monotonic() < until:
        seed = first + counts["histories"]
        world = World(Random(seed), this, before, dashboard, counts)
        try:
            world.play(MOVES)
            world.settle()
            world.check()
        except BaseException as error:
            error.add_note(f"in the history of seed {seed}")
            raise
        counts["histories"] += 1
