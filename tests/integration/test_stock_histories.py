"""Stock follows from the facts, whatever is ordered, replaced, paid late, lost, refused or deployed, and whatever dies.

Histories are seeded; with SEARCH_SECONDS they go on for that long, with others each time.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.integration.next_release import Release, next_release, release_before, this_release
from tests.integration.stock_histories import World

SEARCH_SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
HISTORIES = 60
MOVES = 400


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release, Release]:
    make = tmp_path_factory.mktemp
    return this_release(), next_release(make("next")), release_before(make("before"))


@pytest.fixture
def counts(figures: list[str], request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()
    yield counts
    figures.append(f"{request.node.name}: " + ", ".join(f"{number} {name}" for name, number in sorted(counts.items())))


def test_what_is_left_and_what_is_taken_are_what_was_put_in(
    releases: tuple[Release, Release, Release], counts: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    until = time.monotonic() + SEARCH_SECONDS
    first = time.time_ns() if SEARCH_SECONDS else 0
    while counts["histories"] < HISTORIES or time.monotonic() < until:
        seed = first + counts["histories"]
        world = World(Random(seed), *releases, counts)
        try:
            world.play(MOVES)
            world.settle()
            world.check()
        except BaseException as error:
            error.add_note(f"in the history of seed {seed}")
            raise
        counts["histories"] += 1
