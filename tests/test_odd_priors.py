"""Tests for tf_collab.odd_priors, through the check that tells them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import linear_gan

from tf_collab import checks, models, priors

Norm = keras.layers.BatchNormalization
PRIORS = {
    "normal": priors.normal(6),
    "uniform": priors.uniform(6),
    "positive": priors.uniform(6, low=0, high=1),
    "short": priors.truncated(6, at=0.5),
}


def dense():
    return models.MLPGenerator(16, 3, latent=6)


def first_axis():
    """Channels come first, and latents reach the batch-norm of a net within a net."""
    inner = keras.Sequential([keras.Input((4, 3)), Norm(axis=1, momentum=0.9)])
    outer = [
        keras.Input((6,)),
        keras.layers.Dense(12),
        keras.layers.Reshape((4, 3)),
        inner,
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    ]
    return models.LayeredModel([keras.Sequential(outer)])


def settled(make, prior):
    """A G that has seen 60 batches of a prior, each of which moves averages by .1."""
    keras.utils.set_random_seed(0)
    g = make()
    for step in range(60):
        g(prior(64, tf.constant([7, step])), training=True)
    return g


def told(g, prior):
    gan = linear_gan.linear_gan()._replace(generator=g, prior=prior)
    return [one for one in checks.check(gan) if "first batch-norm" in one]


@pytest.fixture(scope="module", params=[dense, first_axis])
def trained(request):
    return {name: settled(request.param, prior) for name, prior in PRIORS.items()}


@pytest.mark.parametrize("of_training", PRIORS)
@pytest.mark.parametrize("given", PRIORS)
def test_another_prior_than_that_of_training_is_told(trained, of_training, given):
    sentences = told(trained[of_training], PRIORS[given])
    assert len(sentences) == (given != of_training)


def test_what_is_told_are_the_moments(trained):
    (sentence,) = told(trained["normal"], PRIORS["uniform"])
    times = float(sentence.split(" times the variance")[0].split()[-1])
    assert times == pytest.approx(1 / 3, rel=0.2)  # averages of 19 batches


@pytest.mark.parametrize("make", [dense, first_axis])
def test_averages_that_never_learned_tell_nothing(make):
    assert not told(make(), PRIORS["short"])


def test_a_generator_without_batch_norm_tells_nothing():
    assert not told(linear_gan.linear_gan().generator, linear_gan.linear_gan().prior)


def test_a_look_changes_nothing(trained):
    g = trained["normal"]
    before = [v.numpy() for v in g.variables]
    z = PRIORS["normal"](5, tf.constant([1, 1]))
    x = g(z).numpy()
    told(g, PRIORS["short"])
    assert np.array_equal(g(z), x)
    for old, new in zip(before, g.variables):
        np.testing.assert_array_equal(old, new)
