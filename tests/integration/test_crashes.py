"""Whatever call a handler dies at, what it leaves behind is finished by those who try again.

A clean run of each scenario shows every call that handlers make in it; then it is played once for each call, which is
made to fail before or after its effect. So a call that is added tomorrow is tried as well. Of calls that are alike, one
is tried; with SEARCH_SECONDS each of them is, in each way, and then two deaths in a row for that long.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from payments.domain.notices import NoticeState
from stripe_double import StripeDouble
from tests.integration.crash_scenarios import SCENARIOS, Scenario, later
from tests.integration.fragile import FragileSystem, Invocation, Outcome, Truth
from tests.integration.system import local_aws
from tests.integration.wire import ANSWER, Fault, Kind, Moment

SEARCH_SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
PAIRS = 3
SES = "POST /v2/email/outbound-emails"


@dataclass(frozen=True)
class Point:
    """One call of one invocation of a scenario's step, and what befalls it."""

    invocation: int
    function: str
    name: str
    fault: Fault
    site: object
    # The mail service has accepted a mail, and that is not recorded: the one window in which a mail is doubled.
    doubles: bool

    @property
    def telling(self) -> bool:
        """Dying before a call leaves behind what dying after the one before it does; and of a kill or a lost answer
        only a call's effect is left, which reading has not."""
        if self.name == ANSWER:
            return True
        reads = self.name.startswith(("Get", "GET ", "Query"))
        return self.fault.moment is Moment.AFTER and (self.fault.kind is Kind.EXCEPTION or not reads)

    def __str__(self) -> str:
        number, fault = f"{self.function}[{self.invocation}]", self.fault
        return f"{number} {fault.kind} {fault.moment} call {fault.call}, {self.name}"


@dataclass(frozen=True)
class Played:
    """How a scenario went: what was known when its step was done, and what came of it all."""

    invocations: tuple[Invocation, ...]
    truth: Truth | None
    outcome: Outcome


@dataclass
class Tally:
    """What was tried."""

    tried: set[object] = field(default_factory=set)
    points: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    pairs: int = 0
    _clean: dict[tuple[str, bool], Played] = field(default_factory=dict)

    def clean_run(self, system: FragileSystem, scenario: Scenario, kind: Kind) -> Played:
        """How the scenario goes when nothing dies; each is played once where workers live on, and once where not."""
        key = (scenario.name, kind is Kind.KILL)
        if key not in self._clean:
            self._clean[key] = play(system, scenario, kind, {})
        return self._clean[key]

    def lines(self) -> Iterator[str]:
        for kind in Kind:
            counts = {function: count for (each, function), count in sorted(self.points.items()) if each is kind}
            if counts:
                by_function = ", ".join(f"{function} {count}" for function, count in counts.items())
                yield f"deaths by {kind}, {sum(counts.values())} points: {by_function}"
        if self.pairs:
            yield f"two deaths in a row, {self.pairs} times"


@pytest.fixture(scope="module")
def tally(figures: list[str]) -> Iterator[Tally]:
    tally = Tally()
    yield tally
    figures.extend(tally.lines())


@pytest.fixture(scope="module")
def fragile() -> Iterator[FragileSystem]:
    with local_aws() as aws_url, StripeDouble(webhook_url="http://127.0.0.1:9/") as double:
        system = FragileSystem(aws_url, double)
        with system.open():
            yield system


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_death_at_any_call_is_made_good_by_those_who_try_again(
    fragile: FragileSystem, scenario: Scenario, kind: Kind, tally: Tally
) -> None:
    clean = tally.clean_run(fragile, scenario, kind)
    assert (clean.outcome.truth.sessions, clean.outcome.truth.status) == (scenario.sessions, scenario.status)
    assert clean.outcome.truth.customers == scenario.customers
    if scenario.stock:
        assert clean.truth
        assert clean.truth.stock == scenario.stock
    assert (len(clean.outcome.mails), sum(clean.outcome.mails.values())) == (scenario.mails, scenario.mails)

    wrong = []
    for point in points_of(clean.invocations, kind):
        if not SEARCH_SECONDS and (point.site in tally.tried or not point.telling):
            continue
        tally.tried.add(point.site)
        tally.points[kind, point.function] += 1
        played = play(fragile, scenario, kind, {point.invocation: point.fault})
        assert calls_until(point, played.invocations) == calls_until(point, clean.invocations), "not the same run"
        wrong += [f"{point}: {difference}" for difference in differences(played, clean)]
        if (max(played.outcome.mails.values(), default=0) > 1) != point.doubles:
            wrong.append(f"{point}: mails {dict(played.outcome.mails)}")
    assert wrong == [], "\n".join(wrong)


def test_a_second_death_while_the_first_is_made_good_changes_nothing_either(
    fragile: FragileSystem, tally: Tally
) -> None:
    chance = random.Random(None if SEARCH_SECONDS else 4)
    began = time.monotonic()
    while tally.pairs < PAIRS or time.monotonic() < began + SEARCH_SECONDS:
        tally.pairs += 1
        scenario, kind = chance.choice(SCENARIOS), chance.choice([*Kind])
        clean = tally.clean_run(fragile, scenario, kind)
        first = chance.choice([*points_of(clean.invocations, kind)])
        second = Fault(chance.randrange(8), chance.choice([*Moment]), kind)
        played = play(fragile, scenario, kind, {first.invocation: first.fault, len(clean.invocations): second})
        assert [*differences(played, clean)] == [], f"{scenario.name}: {first}, then {second}"


def play(system: FragileSystem, scenario: Scenario, kind: Kind, plan: Mapping[int, Fault]) -> Played:
    system.reset()
    scenario.given(system)
    # Secrets have been in the cache for too long.
    later(system)
    with system.watching(plan, mortal=kind is Kind.KILL):
        scenario.step(system)
    invocations = tuple(system.invocations)
    truth = system.truth() if scenario.is_prompt else None
    system.heal()
    return Played(invocations, truth, system.outcome())


def points_of(invocations: tuple[Invocation, ...], kind: Kind) -> Iterator[Point]:
    for number, invocation in enumerate(invocations):
        for call, name in enumerate(invocation.calls):
            for moment in Moment:
                if name == ANSWER and (moment is Moment.AFTER or kind is Kind.CONNECTION):
                    continue
                accepted = name == SES and moment is Moment.AFTER
                # A lost connection is repeated by the client; a dead process repeats nothing.
                unrecorded = call > 0 and invocation.calls[call - 1] == SES and moment is Moment.BEFORE
                doubles = accepted or (unrecorded and kind is not Kind.CONNECTION)
                fault = Fault(call, moment, kind)
                yield Point(number, invocation.function, name, fault, site_of(invocation, fault), doubles)


def site_of(invocation: Invocation, fault: Fault) -> object:
    """What makes a point another one than those tried: the call, and the next, which a death here prevents."""
    return invocation.function, invocation.calls[fault.call : fault.call + 2], fault.moment, fault.kind


def calls_until(point: Point, invocations: tuple[Invocation, ...]) -> list[tuple[str, ...]]:
    """What was called up to the point, of which there must be one and the same."""
    before = [each.calls for each in invocations[: point.invocation]]
    return [*before, invocations[point.invocation].calls[: point.fault.call + 1]]


def differences(played: Played, clean: Played) -> Iterator[str]:
    """How a run ended otherwise than one in which nothing died; mails may be more, which is looked at elsewhere."""
    ours, theirs = played.outcome, clean.outcome
    for when, truth, expected in (("at once", played.truth, clean.truth), ("in the end", ours.truth, theirs.truth)):
        if truth is None:
            continue
        for name, value in vars(truth).items():
            if value != getattr(expected, name):
                yield f"{when} {name}: {value}, not {getattr(expected, name)}"
    for name in ("sent", "trail", "documents", "counted"):
        if getattr(ours, name) != getattr(theirs, name):
            yield f"{name}: {getattr(ours, name)}, not {getattr(theirs, name)}"
    if ours.unsent - {NoticeState.MOOT}:
        yield f"notices are still {set(ours.unsent)}"
    if set(ours.mails) != set(theirs.mails):
        yield f"mails {dict(ours.mails)}, not {dict(theirs.mails)}"
