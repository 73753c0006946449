"""Tests for tf_collab.odd_priors, through the check that tells them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import linear_gan

from tf_collab import checks, models, odd_priors, priors

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


def test_a_generator_without_batch_norm_is_not_run():
    asked = []
    prior = lambda n, seed: asked.append(n) or PRIORS["normal"](n, seed)
    gan = linear_gan.linear_gan()._replace(prior=prior)
    assert odd_priors.remembered(gan, 0) == [] and not asked


def test_a_batch_norm_that_is_used_twice_tells_nothing():
    """Its averages are of both uses together."""
    norm, z = Norm(momentum=0.9), keras.Input((6,))
    ends = [norm(keras.layers.Dense(2, name=f"d{i}")(z)) for i in range(2)]
    g = keras.Model(z, keras.layers.Add()(ends))
    g.get_layer("d1").set_weights([np.full([6, 2], 9.0), np.full([2], 5.0)])
    g = settled(lambda: models.LayeredModel([g]), PRIORS["normal"])
    assert not told(g, PRIORS["normal"])


class Keyword(keras.Model):
    """Calls its batch-norm by keyword, and in a way of its own if it has one."""

    def __init__(self):
        super().__init__()
        self.dense, self.norm = keras.layers.Dense(2), Norm(momentum=0.9)

    def call(self, z, training=False):
        return self.norm(inputs=self.dense(z), training=training)


def test_inputs_by_keyword_are_seen_and_calls_of_somebody_stay():
    g = settled(lambda: models.LayeredModel([Keyword()]), PRIORS["normal"])
    assert told(g, PRIORS["short"]) and not told(g, PRIORS["normal"])
    norm = g.stages[0].norm
    call = norm.call
    norm.call = lambda inputs, **more: call(inputs, training=True)
    z = PRIORS["normal"](50, tf.constant([1, 1]))
    before = g(z).numpy()
    assert not told(g, PRIORS["short"])
    np.testing.assert_array_equal(g(z), before)


def test_a_look_changes_nothing(trained):
    g = trained["normal"]
    before = [v.numpy() for v in g.variables]
    z = PRIORS["normal"](5, tf.constant([1, 1]))
    x = g(z).numpy()
    told(g, PRIORS["short"])
    assert np.array_equal(g(z), x)
    for old, new in zip(before, g.variables):
        np.testing.assert_array_equal(old, new)
