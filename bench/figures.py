"""What is made of repeated measurements: medians, spread and ratios."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Spread:
    """A quantity measured several times: its median, and the quartiles between which half of the measurements lie."""

    low: float
    median: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value; ValueError for none."""
    if not values:
        raise ValueError("There is nothing to take a median of.")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Spread(low, median(values), high)


def ratio(values: Sequence[float], floor: Sequence[float]) -> Spread:
    """Round by round, for what disturbs a machine disturbs the neighbours in a round alike; ValueError if they differ
    in number."""
    return spread([value / base for value, base in zip(values, floor, strict=True)])


def verdict(measured: float, target: float) -> str:
    """Whether a target is met, to the two decimals that targets have."""
    return "met" if round(measured, 2) <= target else "**not met**"
