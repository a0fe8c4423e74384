"""Shares of choices against scipy, at the edges, and by how often the interval holds the truth."""

import math

import pytest
import scipy.stats

from genlab.metrics import binomial_p_value, preference, wilson_interval

COUNTS = [(0, 1), (1, 1), (0, 30), (30, 30), (45, 100), (7, 9), (501, 1000), (3, 2000)]


@pytest.mark.parametrize(("wins", "n"), COUNTS)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_intervals_are_scipys(wins, n, level):
    expected = scipy.stats.binomtest(wins, n).proportion_ci(level, method="wilson")
    assert wilson_interval(wins, n, level=level) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("wins", "n"), COUNTS)
@pytest.mark.parametrize("chance", [0.5, 0.3])
def test_p_values_are_scipys(wins, n, chance):
    expected = scipy.stats.binomtest(wins, n, chance).pvalue
    assert binomial_p_value(wins, n, chance=chance) == pytest.approx(expected, rel=1e-8)


def test_the_interval_stays_in_range_and_has_a_width_at_the_edges():
    assert wilson_interval(0, 10)[0] == 0 and 0 < wilson_interval(0, 10)[1] < 0.35
    assert wilson_interval(10, 10)[1] == 1 and 0.65 < wilson_interval(10, 10)[0] < 1
    assert wilson_interval(10, 10) == pytest.approx(tuple(1 - x for x in reversed(wilson_interval(0, 10))))


def test_without_answers_nothing_is_known():
    got = preference(0, 0)
    assert math.isnan(got.rate) and (got.low, got.high, got.p_value) == (0, 1, 1)


@pytest.mark.parametrize("p", [0.5, 0.8, 0.95])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(p):
    """Exactly, by summing over all results of 60 answers."""
    held = sum(scipy.stats.binom.pmf(k, 60, p) for k in range(61)
               if wilson_interval(k, 60)[0] <= p <= wilson_interval(k, 60)[1])
    assert 0.93 < held < 0.975


def test_the_test_rarely_cries_wolf():
    """Under chance, p ≤ 0.05 comes at most once in twenty, exactly."""
    alarm = sum(scipy.stats.binom.pmf(k, 40, 0.5) for k in range(41) if binomial_p_value(k, 40) <= 0.05)
    assert 0.02 < alarm <= 0.05


def test_it_shows_what_it_is():
    assert str(preference(45, 100)) == "45 of 100: 0.45 in [0.356, 0.548], p = 0.37 against chance"


@pytest.mark.parametrize(("wins", "n", "options", "says"), [
    (5, 4, {}, "whole numbers"), (-1, 4, {}, "whole numbers"), (1.5, 4, {}, "whole numbers"),
    (1, 4, {"level": 95}, "level"), (1, 4, {"chance": 0}, "chance"),
])
def test_bad_counts_are_refused(wins, n, options, says):
    with pytest.raises(ValueError, match=says):
        preference(wins, n, **options)
