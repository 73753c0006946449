"""Tests for tf_collab.metrics.divergence."""

import math

import numpy as np
import pytest

from tf_collab import metrics

RANDOM = np.random.default_rng(0).dirichlet(np.ones(6), size=2)


def slow_kl(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def test_both_agree_with_a_loop_over_the_definition():
    p, q = RANDOM
    assert metrics.kl(p, q) == pytest.approx(slow_kl(p, q))
    half = (p + q) / 2
    expected = (slow_kl(p, half) + slow_kl(q, half)) / 2
    assert metrics.js(p, q) == pytest.approx(expected)


def test_disjoint_laws_are_log_2_apart():
    assert metrics.js(np.array([1, 3, 0]), np.array([0, 0, 9])) == math.log(2)


def test_a_collapse_on_one_of_two_modes_costs_log_2():
    assert metrics.kl(np.array([7, 0]), np.array([5, 5])) == pytest.approx(math.log(2))


def test_a_law_is_at_0_from_itself():
    p = RANDOM[0]
    assert metrics.kl(p, p) == metrics.js(p, p) == 0


def test_only_js_is_symmetric():
    p, q = RANDOM
    assert metrics.js(p, q) == pytest.approx(metrics.js(q, p))
    assert metrics.kl(p, q) != pytest.approx(metrics.kl(q, p))


@pytest.mark.parametrize("name", ["kl", "js"])
def test_counts_and_frequencies_in_any_order_give_the_same(name):
    divergence, (p, q), order = getattr(metrics, name), RANDOM, [3, 0, 5, 1, 2, 4]
    moved = divergence(100 * p[order], 7 * q[order])
    assert moved == pytest.approx(divergence(p, q))


def test_a_bin_that_q_never_visits_counts_as_1e_12():
    expected = 0.5 * math.log(0.5) + 0.5 * math.log(0.5 / 1e-12)
    assert metrics.kl(np.array([1, 1]), np.array([1, 0])) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["kl", "js"])
@pytest.mark.parametrize(
    "p, q, message",
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], "of one length"),
        ([[1.0]], [[1.0]], "of one length"),
        ([0.0, 0.0], [1.0, 1.0], "not all 0"),
        ([-1.0, 2.0], [1.0, 1.0], "not negative"),
        ([1.0, 1.0], [np.nan, 1.0], "finite"),
        ([1.0, 1.0], [np.inf, 1.0], "finite"),
        ([], [], "not all 0"),
    ],
)
def test_what_is_no_frequency_is_refused(name, p, q, message):
    with pytest.raises(ValueError, match=message):
        getattr(metrics, name)(np.array(p), np.array(q))
