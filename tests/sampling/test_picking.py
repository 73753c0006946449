"""Tests for tf_collab.sampling.refinement: which visited point is given."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.known_refinement import (
    POLICIES,
    REAL,
    SKEWED,
    Z,
    depths_on,
    refined,
    visited,
)
from scipy import stats

from tf_collab import GAN, models, objectives, policies, priors, sampling, seeds


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["momentum", "ladam"])
def test_best_is_the_first_point_of_least_energy_and_last_the_end(layer, name):
    # A rate this large overshoots, so that the best is often not the last.
    policy = {"momentum": policies.momentum(0.2), "ladam": policies.ladam(1.0)}[name]
    options = {"layer": layer, "steps": 5, "bounds": (-np.inf, np.inf)}
    path = visited(SKEWED, policy, **options)
    energy = SKEWED.objective.energy(path.score).numpy()
    least, rows = energy.argmin(axis=0), np.arange(len(Z))
    best, _ = refined(SKEWED, policy, pick="best", **options)
    last, _ = refined(SKEWED, policy, pick="last", **options)
    np.testing.assert_allclose(best.x, path.x[least, rows], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        best.score, path.score[least, rows], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(last.x, path.x[-1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last.score, path.score[-1], rtol=1e-5, atol=1e-6)
    assert 0 < (least < 5).sum() < len(Z)  # else this tests little


def test_of_equal_energies_the_first_point_is_best():
    flat = oracles.skewed_gan()._replace(
        # A slope without a height: the gradient is 1, the score 0.
        discriminator=lambda x, training=False: tf.reduce_sum(
            x - tf.stop_gradient(x), axis=1
        )
    )
    found, _ = refined(flat, policies.sgd(0.1))
    np.testing.assert_array_equal(found.x, flat.generator(Z))
    assert (refined(flat, policies.sgd(0.1), pick="last")[0].x != found.x).all()


def cliff(beyond, *, edge=0.75, start=0.0):
    """D rises with x, but says `beyond` past the edge and below the start."""

    def discriminate(x, training=False):
        x = x[:, 0]
        inside = (x < edge) & (x >= start)
        return tf.where(inside, x, x - tf.stop_gradient(x) + beyond)

    generator = models.LayeredModel([tf.identity])
    return GAN(generator, discriminate, priors.normal(1), objectives.wgan_gp())


@pytest.mark.parametrize("beyond", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_never_best(beyond):
    options = {"z": tf.zeros([1, 1]), "layer": 0, "steps": 4}
    found, _ = refined(cliff(beyond), policies.sgd(0.25), **options)  # 0 .25 .5 .75 1
    assert found.x == 0.5 and found.score == 0.5
    recovers = cliff(beyond, edge=9.0, start=0.1)
    found, _ = refined(recovers, policies.sgd(0.25), **options)
    assert found.x == 1.0 and found.score == 1.0


@pytest.mark.parametrize("beyond", [np.nan, np.inf, -np.inf])
def test_a_sample_with_no_finite_point_is_not_given_a_good_score(beyond):
    nowhere = cliff(beyond, edge=-1.0)
    options = {"z": tf.zeros([1, 1]), "layer": 0, "steps": 2}
    found, _ = refined(nowhere, policies.sgd(0.25), **options)
    assert found.x == 0.5 and np.isnan(found.score)  # which every acceptor rejects


def test_random_depths_are_uniform_fresh_and_on_the_samples_own_path():
    z, steps = SKEWED.prior(5000, seeds.as_seed(1)), 4
    options = {"z": z, "steps": steps, "layer": 2}
    path = visited(SKEWED, policies.sgd(0.01), **options)
    proposer = sampling.refine(
        SKEWED, policies.sgd(0.01), layer=2, steps=steps, pick="random", xla=False
    )
    calls = []
    for seed in (0, 1, 0):
        found, _, info = proposer.step(
            seeds.as_seed(seed), z, proposer.init(0, z, REAL)
        )
        depth = info["steps"].numpy()
        calls.append(depth)
        assert depths_on(path, found.x.numpy())[depth, np.arange(5000)].all()
        np.testing.assert_allclose(
            found.score, path.score[depth, np.arange(5000)], rtol=1e-4, atol=1e-5
        )
        counts = np.bincount(depth, minlength=steps + 1)
        assert len(counts) == steps + 1
        assert stats.chisquare(counts).pvalue > oracles.LEVEL
    assert (calls[0] == calls[2]).all()
    # Fresh: joint depths of two calls are uniform on all pairs.
    pairs = np.bincount(calls[0] * (steps + 1) + calls[1], minlength=(steps + 1) ** 2)
    assert stats.chisquare(pairs).pvalue > oracles.LEVEL


@pytest.mark.parametrize("pick", ["last", "best", "random"])
def test_a_sample_rests_at_the_first_point_that_is_probably_real(pick):
    stop, steps = 0.7, 6
    options = {"steps": steps, "layer": 0}
    path = visited(SKEWED, POLICIES["adam"], **options)
    real = oracles.sigmoid(path.score) >= stop
    taken = np.where(real.any(axis=0), real.argmax(axis=0), steps)
    assert {0, 2, steps} <= set(taken)  # else this tests little
    found, info = refined(SKEWED, POLICIES["adam"], stop=stop, pick=pick, **options)
    rows = np.arange(len(Z))
    if pick == "random":
        # The same seed, the same depths.
        _, unstopped = refined(SKEWED, POLICIES["adam"], pick=pick, **options)
        taken = np.minimum(taken, unstopped["steps"])
    np.testing.assert_array_equal(info["steps"], taken)
    at = taken
    if pick == "best":
        later = np.arange(steps + 1)[:, None] > taken
        at = np.where(later, -np.inf, path.score).argmax(axis=0)
    np.testing.assert_allclose(found.x, path.x[at, rows], rtol=1e-5, atol=1e-6)


def test_a_stop_uses_the_calibrator():
    sure = SKEWED._replace(calibrator=lambda score: score + 100)
    found, info = refined(sure, POLICIES["sgd"], stop=0.9, pick="last")
    assert (info["steps"] == 0).all()
    np.testing.assert_array_equal(found.x, SKEWED.generator(Z))
