"""Tests for what a benchmark makes of its lines, which are made by hand here."""

import math

import numpy as np
import pytest
from helpers.benchmark_lines import empty, line

from experiments.benchmarking import intervals, summary
from experiments.benchmarking.book import KEY

T_4 = 2.7764451  # Student's quantile 0.975 of four degrees of freedom


def the_row(lines):
    (group,) = summary.groups(lines, [], KEY)
    (row,) = group.rows
    return group, row


def test_intervals_are_over_gans_whose_draws_are_averaged_first():
    good = np.random.default_rng(0).uniform(size=[5, 2])
    lines = [line(gan=g, seed=s, good=good[g, s]) for g in range(5) for s in range(2)]
    group, row = the_row(lines)
    mean, half = row.numbers["good"]
    assert mean == pytest.approx(good.mean())
    spread = good.mean(axis=1).std(ddof=1)
    assert half == pytest.approx(T_4 * spread / math.sqrt(5))
    assert "over 5 GANs" in group.about
    assert row.numbers["cost"] == (4.5, None)


def test_of_few_gans_intervals_are_within_draws_and_say_so():
    group, row = the_row([line(gan=0), line(gan=1, good=0.7)])
    half = 1.96 * 0.03 / math.sqrt(2)
    assert row.numbers["good"] == (pytest.approx(0.6), pytest.approx(half))
    told = "within one draw of 2 GANs, by halves of the samples; they do not tell how"
    assert told in group.about
    group, row = the_row([line(seed=s) for s in range(2)])
    assert row.numbers["good"].half == pytest.approx(half)
    assert "within 2 draws of one GAN" in group.about
    group, row = the_row([line(seed=s, good=0.1 * s) for s in range(5)])
    spread = np.std(0.1 * np.arange(5), ddof=1)
    assert row.numbers["good"].half == pytest.approx(T_4 * spread / math.sqrt(5))
    _, row = the_row([line(errors={})])
    assert row.numbers["good"] == (0.5, None)


def test_a_cell_that_some_gans_lack_says_so():
    _, row = the_row([line(gan=0), empty(gan=1), empty(gan=2)])
    assert row.reason == "without 2 of 3 draws: too dear"
    assert row.numbers["good"].value == 0.5
    _, row = the_row([empty(gan=0), empty(gan=1)])
    assert (row.reason, row.numbers) == ("too dear", {})


def test_flags_that_differ_are_told_by_their_least_and_largest():
    settings = [{"budget": b, "kind": k} for b, k in zip((2.5, 1.25, 2.0), "aba")]
    _, row = the_row([line(gan=g, flags=f) for g, f in enumerate(settings)])
    assert row.flags == "budget=1.25 to 2.5, kind=a to b"
    _, row = the_row([line(gan=g, flags={"steps": 3}) for g in range(3)])
    assert row.flags == "steps=3"


def test_gans_that_were_trained_otherwise_are_apart():
    lines = [line(gan=0), line(gan=1, trained="u"), line(gan=2, n=30)]
    titles = [group.title for group in summary.groups(lines, [], KEY)]
    base = "mog2d, ring, nsgan, GAN step 9"
    assert titles == [base, f"{base} (2)", f"{base} (3)"]


def test_seconds_and_memory_are_those_of_the_same_cell():
    lines = [line(), line(method="sir")]
    times = [
        {**{name: one[name] for name in KEY}, "seconds": second, "peak_memory_mib": m}
        for one, second, m in zip(
            lines, (1.0, 7.0), ({"process": 9}, {"process": 9, "GPU:0": 4})
        )
    ]
    (group,) = summary.groups(lines, times, KEY)
    found = [
        (r.numbers["seconds"].value, r.numbers["memory"].value) for r in group.rows
    ]
    assert found == [(1.0, 9.0), (7.0, 4.0)]
    assert "Seconds" not in group.about
    (group,) = summary.groups([*lines, line(cost=None, reason="-")], times[:1], KEY)
    assert "Seconds are not known for 1 of 2 cells" in group.about


def test_quality_comes_before_diversity_and_budgets_in_order():
    lines = [line(budget=20.0), line(budget=5.0, kl=None)]
    (group,) = summary.groups(lines, [], KEY)
    assert group.metrics == ["good", "kl"] and group.columns[:3] == [
        "cost",
        "good",
        "kl",
    ]
    assert [row.budget for row in group.rows] == [5.0, 20.0]
    images = [f"{n}_net_2k_test" for n in ("precision", "recall", "fd")]
    drawn = dict.fromkeys(images, 0.5)
    (group,) = summary.groups([line(**drawn)], [], KEY)
    assert group.metrics == ["good", images[0], "kl", images[1], images[2]]


def test_a_difference_is_of_the_same_gans_and_draws():
    rng = np.random.default_rng(1)
    luck, gain = rng.normal(size=5), rng.normal(size=5)
    lines = [line(gan=g, good=luck[g]) for g in range(5)]
    lines += [line(gan=g, method="sir", good=luck[g] + gain[g]) for g in range(5)]
    lines += [line(gan=6, method="sir", good=99.0), empty(gan=6)]
    lines += [line(gan=g, budget=20.0) for g in range(5)]
    ((budget, found),) = intervals.difference(lines, "sir", "obrs", "good").items()
    assert budget == 5.0 and found.value == pytest.approx(gain.mean())
    assert found.half == pytest.approx(T_4 * gain.std(ddof=1) / math.sqrt(5))
    few = intervals.difference(lines[:1] + lines[5:6], "sir", "obrs", "good")
    assert few[5.0].half == pytest.approx(1.96 * 0.03 * math.sqrt(2))
