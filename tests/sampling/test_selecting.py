"""Tests for tf_collab.sampling.selecting."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, objectives, sampling

IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
REAL = Scored(None, tf.constant([-1.0, 0.0, 1.0]))
TARGET = np.array([0.1, 0.2, 0.3, 0.4])


def pool_of(n, seed=0):
    """States drawn evenly, with D's optimal score of each: log(target / even)."""
    state = np.random.default_rng(seed).integers(4, size=n)
    score = np.log(TARGET / 0.25).astype("float32")[state]
    return Scored(state, score)


@pytest.mark.parametrize(
    "acceptor, used",
    [
        (sampling.drs(IDENTITY, percentile=None, burn_in=100), 1),
        # Nine proposals after the last output, a chain has forgotten it: each of them
        # is accepted with probability 5/8 or more.
        (sampling.mhgan(IDENTITY, thin=9), 9),
    ],
    ids=["drs", "mhgan"],
)
def test_what_is_selected_of_a_pool_follows_the_target(acceptor, used):
    pool, real = pool_of(180_000), pool_of(1000, seed=1)
    kept = sampling.select(acceptor, pool, real=real, batch=1000, seed=0)
    n = len(kept.x)
    assert 0.5 < n * used / len(pool.score) <= 1
    error = np.bincount(kept.x, minlength=4) / n - TARGET
    assert np.abs(error).max() < 4 * np.sqrt(0.25 / n)  # four sigma
    np.testing.assert_array_equal(kept.score, np.log(TARGET / 0.25)[kept.x].astype("f"))
    assert kept.efficiency == n / len(pool.score)


def test_all_of_a_pool_is_kept_in_its_order_but_what_is_left_over():
    pool = pool_of(25)
    kept = sampling.select(sampling.always(), pool, real=REAL, batch=8, seed=0)
    np.testing.assert_array_equal(kept.x, pool.x[:24])
    assert kept.efficiency == 1


def test_the_same_seed_selects_the_same():
    options = {"real": REAL, "batch": 16}
    acceptor = sampling.mhgan(IDENTITY, thin=3)
    once, again, other = (
        sampling.select(acceptor, pool_of(160), seed=seed, **options).x
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(once, again)
    assert len(once) != len(other) or (once != other).any()


@pytest.mark.parametrize("place", ["first", "last", "real"])
def test_the_burn_in_of_a_selection_is_the_head_of_its_pool(place):
    # One score far above all others: seen where the burn-in or the reals have it.
    score = np.zeros(40, "f")
    score[{"first": 0, "last": -1}.get(place, 0)] = 9.0
    pool, real = Scored(np.arange(40), score), Scored(None, tf.zeros([2]))
    if place == "real":
        pool, real = Scored(np.arange(40), 0 * score), Scored(None, tf.constant([9.0]))

    def above(burn_in):
        acceptor = sampling.drs(IDENTITY, percentile=None, burn_in=burn_in)
        found = sampling.select(acceptor, pool, real=real, batch=8, seed=0)
        assert place != "real" or len(found.x) == 0  # kept with exp(-9) each
        return found.info["above_bound"]

    # 39 rows lack the last; fewer than a batch are filled up to one.
    assert [above(n) for n in (1, 39, 40, 99)] == [place == "last"] * 2 + [0] * 2


@pytest.mark.parametrize("batch", [0, 26])
def test_a_batch_that_no_pool_has_is_refused(batch):
    with pytest.raises(ValueError, match="1 to 25"):
        sampling.select(sampling.always(), pool_of(25), real=REAL, batch=batch, seed=0)
