"""Tests for tf_collab.odd_scores, through the check that tells them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, checks, models, objectives, priors

RNG = np.random.default_rng(0)
X = RNG.normal(3, 1, size=[80, 20]).astype("float32")
Norm = keras.layers.BatchNormalization


def gan_of(d, objective=None):
    """z ~ N(0, I), x = 2.5 + 0.7 z."""
    g = models.LayeredModel([lambda z: 2.5 + 0.7 * z])
    d = d if isinstance(d, keras.Model) else models.LayeredModel([d])
    return GAN(g, d, priors.normal(20), objective or objectives.nsgan())


def shifted(by):
    return lambda x: 5 * (tf.reduce_mean(x, 1) - 2.75) + by


def told(gan, word, x=X):
    return [sentence for sentence in checks.check(gan, x) if word in sentence]


@pytest.mark.parametrize("by, side", [(14.0, "real"), (-14.0, "fake")])
def test_a_critic_that_is_taken_for_a_classifier_is_told(by, side):
    (sentence,) = told(gan_of(shifted(by)), "trained as a critic")
    assert f"surely {side}" in sentence and "\n" not in sentence


@pytest.mark.parametrize("by", [0.0, 3.0, -3.0])
def test_a_classifier_that_leans_to_a_side_is_not_told(by):
    assert checks.check(gan_of(shifted(by)), X) == []


def test_a_critic_by_its_own_objective_or_a_calibrator_is_not_told():
    assert checks.check(gan_of(shifted(14.0), objectives.wgan_gp()), X) == []
    calibrated = gan_of(shifted(14.0))._replace(calibrator=lambda s: s - 14)
    assert checks.check(calibrated, X) == []


def normed():
    """Two batch-norms in a D that is as a seed makes it."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(32),
            Norm(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Dense(32),
            Norm(momentum=0.9),
            keras.layers.Dense(1),
        ]
    )


def settle(d, batches):
    for batch in batches * 40:
        d(batch, training=True)


def fakes(n=80):
    return (2.5 + 0.7 * RNG.normal(size=[n, 20])).astype("float32")


def test_averages_that_fit_neither_reals_nor_samples_are_told():
    d = normed()
    settle(d, [X - 20])
    (sentence,) = told(gan_of(models.scorer(d)), "moving averages")
    assert "batch_statistics=True" in sentence
    own = gan_of(models.scorer(d))._replace(batch_statistics=True)
    assert not told(own, "moving averages")


@pytest.mark.parametrize("mixed", [False, True])
def test_averages_that_have_settled_are_not_told(mixed):
    d = normed()
    batches = [np.concatenate([X, fakes()])] if mixed else [X, fakes()]
    settle(d, batches)
    assert not told(gan_of(models.scorer(d)), "moving averages")


def test_a_d_that_tells_kinds_apart_by_mixed_batches_is_not_told():
    """By batches of one kind it would be blind: far from its averages, and healthy."""
    last = keras.layers.Dense(1, kernel_initializer="ones")
    d = keras.Sequential([keras.Input((20,)), Norm(momentum=0.9), last])
    settle(d, [np.concatenate([X + 5, fakes()])])
    assert not told(gan_of(models.scorer(d)), "moving averages", X + 5)


def test_a_net_without_batch_norm_or_too_few_rows_tell_nothing_of_averages():
    d = normed()
    settle(d, [X - 20])
    assert not told(gan_of(models.scorer(d)), "moving averages", X[:15])
    assert checks.check(gan_of(shifted(0.0)), X) == []


def test_a_frozen_discriminator_is_told_and_one_that_can_learn_is_not():
    d = models.scorer(keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)]))
    assert not told(gan_of(d), "frozen")
    d.trainable = False
    (sentence,) = told(gan_of(d), "frozen")
    assert "models.thaw" in sentence
    models.thaw(d)
    assert not told(gan_of(d), "frozen")


def test_a_look_at_averages_changes_none():
    d = normed()
    settle(d, [X - 20])
    before = [v.numpy() for v in d.variables]
    told(gan_of(models.scorer(d)), "moving averages")
    for old, new in zip(before, d.variables):
        np.testing.assert_array_equal(old, new)
