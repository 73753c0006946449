"""What acceptors keep, of log ratios whose every formula is known."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

import tf_collab as tc
from tf_collab.front import forecasting

# Three states: their shares among samples, and log ratios whose mean ratio is 1.
SHARES = np.array([0.5, 0.3, 0.2])
RATIO = np.array([0.4, 1.0, 2.5])
D = np.log(RATIO).astype("f4")
GAN = tc.GAN(None, None, None, tc.objectives.nsgan())
STATES = np.repeat([0, 1, 2], [50, 30, 20])
POOL = tc.Scored(STATES, D[STATES])
REAL = tc.Scored(None, tf.constant(D))
ASKED = forecasting.CHAINS * forecasting.OUTPUTS


def kept(acceptor):
    """(share, law of the state that is kept)"""
    found = forecasting.kept(acceptor, POOL, real=REAL, seed=tc.seeds.as_seed(0))
    law = np.bincount(STATES, found.weights) / found.weights.sum()
    assert found.weights.mean() == pytest.approx(1)
    return found.share, law


def close(share, law, known, expected, n=ASKED):
    """Within four standard errors of as many proposals and kept ones."""
    assert abs(share - known) <= 4 * math.sqrt(known * (1 - known) / n)
    noise = 4 * np.sqrt(expected * (1 - expected) / (n * known))
    assert (np.abs(law - expected) <= noise).all(), (law, expected)


@pytest.mark.parametrize("percentile", [None, 50.0, 80.0])
def test_rejection_keeps_what_its_formula_says(percentile):
    acceptor = tc.sampling.drs(GAN, percentile=percentile, burn_in=len(STATES))
    odds = np.exp(D - D.max())
    if percentile is not None:
        f = oracles.drs_odds(D, D.max())
        gamma = np.percentile(f[STATES], percentile)
        odds = oracles.sigmoid(f - gamma)
    known = SHARES @ odds
    close(*kept(acceptor), known, SHARES * odds / known)


@pytest.mark.parametrize("budget", [1.5, 2.0, 4.0])
def test_obrs_keeps_one_in_its_budget(budget):
    acceptor = tc.sampling.obrs(GAN, budget=budget, burn_in=len(STATES))
    share, law = kept(acceptor)
    odds = [min(1.0, math.exp(d + shift(budget))) for d in D]
    close(share, law, 1 / budget, SHARES * odds * budget)


def shift(budget):
    keeps = lambda c: SHARES @ np.minimum(1, np.exp(D + c)) - 1 / budget
    low, high = -50.0, 50.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if keeps(middle) > 0 else (middle, high)
    return low


def test_sir_takes_one_of_a_pool():
    share, law = kept(tc.sampling.sir(GAN, pool=2))
    pairs = SHARES[:, None] * SHARES
    known = 2 * (pairs * RATIO[:, None] / (RATIO[:, None] + RATIO)).sum(axis=1)
    close(share, law, 0.5, known, n=2 * ASKED)


def test_chains_keep_the_law_of_their_steps():
    thin = 3
    share, law = kept(tc.sampling.mhgan(GAN, thin=thin))
    assert share <= 1 / thin
    law_of = np.zeros(3)
    capped = 0.0
    # Chains start from the three reals alike, and each gives several outputs.
    for start in D:
        matrix = oracles.metropolis_matrix(SHARES, D.astype("f8"), float(start))
        steps = [np.linalg.matrix_power(matrix, thin * k)[0] for k in (1, 2, 3, 4)]
        capped += steps[0][0] / 12
        law_of += sum(step[1:] for step in steps) / 12
    assert abs(share - (1 - capped) / thin) < 0.01 + capped / thin
    assert np.abs(law - law_of / law_of.sum()).max() < 0.02


def test_what_the_best_choice_leaves_is_known():
    data = SHARES * RATIO
    for budget in (1, 1.5, 2, 3):
        chosen = SHARES * np.minimum(1, np.exp(D + shift(budget)))
        known = np.sum(data * np.log(data / (chosen / chosen.sum())))
        found = forecasting.left(D[STATES], budget)
        assert found == pytest.approx(known, abs=1e-5)
    assert forecasting.left(D[STATES], 1) == pytest.approx(data @ np.log(RATIO))
    assert forecasting.left(D[STATES], 10) == pytest.approx(0, abs=1e-9)


def test_so_many_samples_carry_the_ratio():
    found = forecasting.carried(np.array([0.0, 0.0, -np.inf, np.nan]))
    assert found == pytest.approx(2)
    assert forecasting.carried(D[STATES] + 500) == pytest.approx(
        100 / (SHARES @ RATIO**2)
    )


def test_a_calibrator_by_label_is_asked_with_labels():
    maps = tuple(tc.calibrators.Calibrator(lambda s, c=c: s + c, True) for c in (-9, 9))
    gan = GAN._replace(calibrator=tc.calibrators.ByLabel(maps))
    label = np.array([0, 1] * 50)
    pool = tc.Scored((np.zeros([100, 2]), label), np.zeros(100, "f4"))
    found = forecasting.kept(
        tc.sampling.sir(gan, pool=4), pool, real=pool, seed=tc.seeds.as_seed(0)
    )
    # A pool of label 0 alone, one in 16, keeps one of it.
    assert found.weights[label == 0].sum() / 100 == pytest.approx(1 / 16, abs=0.01)


def test_a_score_that_is_no_number_is_not_kept():
    score = D[STATES].copy()
    score[:50] = np.nan
    found = forecasting.kept(
        tc.sampling.obrs(GAN, budget=4, burn_in=100),
        tc.Scored(STATES, score),
        real=REAL,
        seed=tc.seeds.as_seed(0),
    )
    assert found.share == pytest.approx(0.25, abs=0.02)
    assert not found.weights[:50].any()
