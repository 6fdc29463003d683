"""What is made of repeated measurements."""

import pytest

from bench.figures import Spread, ratio, spread, verdict


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    assert spread([5, 1, 4, 2, 3]) == Spread(2, 3, 4)


def test_one_outlier_moves_no_median() -> None:
    assert spread([1.0, 1.1, 1.2, 90.0, 1.0]).median == 1.1


def test_a_single_measurement_has_no_spread() -> None:
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing"):
        spread([])


def test_a_ratio_is_taken_round_by_round() -> None:
    # The machine was twice as slow in the second round, for both.
    assert ratio([1.2, 2.4, 1.2], [1.0, 2.0, 1.0]) == Spread(1.2, 1.2, 1.2)


def test_rounds_must_be_those_of_the_floor() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratio([1.0, 1.0], [1.0])


def test_a_target_is_met_to_two_decimals() -> None:
    assert [verdict(measured, 1.05) for measured in (1.0, 1.054, 1.056)] == ["met", "met", "**not met**"]
