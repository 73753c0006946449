"""Tests for GAN.batch_statistics: a D whose batch-norm looks at the batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.known_refinement import depths_on, refined, visited
from scipy import stats

from tf_collab import GAN, models, objectives, policies, priors, seeds

Z = priors.normal(2)(40, seeds.as_seed(0))
POLICY = policies.momentum(0.2)


@pytest.fixture(scope="module")
def gan():
    """D's moving averages are far from what any batch has."""
    d = keras.Sequential(
        [
            keras.Input([2]),
            keras.layers.Dense(8, kernel_initializer=keras.initializers.HeNormal(1)),
            keras.layers.BatchNormalization(moving_mean_initializer="ones"),
            keras.layers.LeakyReLU(),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.HeNormal(2)),
            keras.layers.Reshape([]),
        ]
    )
    dense = keras.layers.Dense(2, kernel_initializer=keras.initializers.HeNormal(3))
    g = models.LayeredModel([dense])
    g(Z)
    return GAN(g, d, priors.normal(2), objectives.nsgan(), batch_statistics=True)


def test_scores_are_those_of_training_and_nothing_is_written(gan):
    before = [v.numpy() for v in gan.discriminator.variables]
    score = gan.scored(Z).score.numpy()
    part = gan.scored(Z[:20]).score.numpy()
    after = [v.numpy() for v in gan.discriminator.variables]
    for old, new in zip(before, after):
        np.testing.assert_array_equal(old, new)
    twin = models.copy(gan.discriminator)
    np.testing.assert_allclose(score, twin(Z, training=True), rtol=1e-5, atol=1e-6)
    assert np.abs(score - gan.discriminator(Z, training=False)).max() > 0.1
    assert np.abs(score[:20] - part).max() > 0.1  # they depend on their batch


@pytest.mark.parametrize("pick", ["best", "random", "last"])
def test_the_whole_batch_stays_in_its_statistics_at_every_depth(gan, pick):
    path = visited(gan, POLICY, z=Z, steps=6)
    found, _ = refined(gan, POLICY, z=Z, steps=6, pick=pick)
    where = depths_on(path, found.x)
    assert where.any(axis=0).all()  # each is a point of the path of all forty
    depth = where.argmax(axis=0)
    if pick == "last":
        assert (depth == 6).all()
    elif pick == "best":
        energy = gan.objective.energy(path.score).numpy()
        np.testing.assert_array_equal(depth, energy.argmin(axis=0))
        np.testing.assert_allclose(
            found.score, path.score[depth, np.arange(40)], rtol=1e-5, atol=1e-6
        )
    twin = gan._replace(batch_statistics=False)
    assert not np.allclose(visited(twin, POLICY, z=Z, steps=6).x[-1], path.x[-1])


def test_a_random_depth_is_uniform_and_gives_the_point_at_that_depth(gan):
    n, steps = 500, 6
    z = gan.prior(n, seeds.as_seed(1))
    path = visited(gan, POLICY, z=z, steps=steps)
    found, info = refined(gan, POLICY, z=z, steps=steps, pick="random")
    depth, rows = info["steps"], np.arange(n)
    counts = np.bincount(depth, minlength=steps + 1)
    assert stats.chisquare(counts).pvalue > oracles.LEVEL
    np.testing.assert_allclose(found.x, path.x[depth, rows], rtol=1e-4, atol=1e-5)
    expected = path.score[depth, rows]
    np.testing.assert_allclose(found.score, expected, rtol=1e-3, atol=1e-4)
    # Neighbours on a path are further apart than roundings.
    moves = np.abs(np.diff(path.x, axis=0)).max(axis=2)
    assert np.median(moves) > 1e-2


def test_a_graph_writes_nothing_either(gan):
    before = gan.discriminator.layers[1].moving_mean.numpy()
    tf.function(lambda x: gan.scored(x).score)(Z)
    np.testing.assert_array_equal(before, gan.discriminator.layers[1].moving_mean)
