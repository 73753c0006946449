"""Reals that G makes nothing like are counted, and a G of the data's law is cleared."""

import numpy as np
import pytest

import tf_collab as tc
from tf_collab.front import coverage, judging
from tf_collab.front.rows import Rows

PLACES = np.array([[0, 0], [6, 0], [0, 6]], "f4")


def clusters(seed, n, shares):
    rng = np.random.default_rng(seed)
    return (PLACES[rng.choice(3, n, p=shares)] + rng.normal(size=[n, 2])).astype("f4")


class Giving:
    """A GAN whose samples are drawn by a law of their own, whatever the latents."""

    def __init__(self, shares):
        self.shares = shares

    def prior(self, n, seed):
        return n, int(np.asarray(seed).ravel()[-1])

    def generator(self, z, training=False):
        n, seed = z
        return clusters(1000 + seed, n, self.shares)


def told(shares, seed=0, groups=None):
    held = Rows(clusters(seed, 400, [0.6, 0.3, 0.1]), None, (), groups)
    judge = judging.judge(Rows(clusters(99, 400, [0.6, 0.3, 0.1]), None, ()))
    return coverage.told(judge, Giving(shares), held, 64 * seed)


def test_a_mode_that_is_never_made_is_told():
    (sentence,) = told([0.8, 0.2, 0.0])
    share = int(sentence.split("%")[0])
    assert 6 <= share <= 24  # a tenth within 4 sigma, and thin parts of the others
    assert "where chance leaves out 3%" in sentence and "training G on may" in sentence


@pytest.mark.parametrize("shares, many", [([0, 0, 1], True), ([0.8, 0.2, 0], False)])
def test_where_most_are_left_out_other_causes_are_named(shares, many):
    (sentence,) = told(shares)
    assert ("look first whether prior and scale" in sentence) == many


@pytest.mark.parametrize("seed", range(12))
def test_a_g_of_the_datas_law_is_cleared(seed):
    assert told([0.6, 0.3, 0.1], seed) == []


def test_wrong_shares_of_modes_that_are_there_are_no_gaps():
    assert told([0.34, 0.33, 0.33]) == []


def test_what_is_left_out_is_counted_over_groups():
    assert told([0.8, 0.2, 0.0], groups=np.arange(400) // 20) == []


def test_it_is_in_the_report(trained, reals):
    x, held = reals
    gap = np.concatenate([held, held + 50])
    with pytest.warns(tc.Doubt):
        c = tc.collaborate(trained, np.concatenate([x, x + 50]), held_out=gap)
    assert any("have no plain sample near them" in note for note in c.notes)
