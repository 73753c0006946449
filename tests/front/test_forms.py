"""Data in other units, or as their negative, are told from a D that is upside down."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

import tf_collab as tc
from tf_collab.front import as_given, forms
from tf_collab.front.rows import Rows

GAN = oracles.gaussian_gan(0.0, 0.6)  # G's law is N(0, 1), that of data N(0, 0.36)
DATA = np.random.default_rng(0).normal(0, 0.6, [320, 1]).astype("f4")
IMAGES = np.random.default_rng(1).choice([-1, 1], [320, 4, 4, 1], p=[0.9, 0.1])
IMAGES = IMAGES.astype("f4")


def told(gan, x):
    held = Rows(x.astype("f4"), None, ())
    return forms.flaws(gan, held, as_given.plain(gan, 0))


@pytest.mark.parametrize("scale, move", [(10, 0), (1, 4), (-0.5, 4), (3, -7)])
def test_other_units_are_told_from_those_that_d_knows(scale, move):
    (text,) = told(GAN, scale * DATA + move)
    assert "With the mean and the deviation of samples they are above" in text
    assert not told(GAN, DATA)


@pytest.mark.parametrize("mean", [0.0, 1.5])
def test_a_poor_g_is_not_accused_where_d_scores_reals_above(mean, monkeypatch):
    """Its samples have another mean and deviation than the data of D."""
    monkeypatch.setattr(forms, "FORMS", None)  # none is tried
    assert not told(oracles.gaussian_gan(mean, 0.2), mean + DATA / 3)


def test_units_that_d_does_not_look_at_are_not_its_form():
    """By the second column, D is upside down; the first is in other units."""
    middle = lambda x, training=False: tf.cast(tf.abs(x[:, 1]) < 0.5, tf.float32)
    gan = GAN._replace(discriminator=middle, prior=tc.priors.normal(2))
    rng = np.random.default_rng(0)
    x = [rng.normal(40, 10, 320), rng.choice([-1, 1], 320)]
    assert not told(gan, np.transpose(x))


def mostly_dark(sign=1.0):
    """G gives fairly dark images, D takes darker ones for real, or lighter ones."""
    score = lambda x, training=False: -sign * (tf.reduce_mean(x, [1, 2, 3]) + 0.7)
    seeds = lambda n, seed: tf.random.stateless_uniform([n, 4, 4, 1], seed)
    stages = [lambda u: tf.where(u < 0.8, -1.0, 1.0)]
    return GAN._replace(
        generator=tc.models.LayeredModel(stages), discriminator=score, prior=seeds
    )


def test_a_negative_is_told_and_a_d_that_is_upside_down_is_not():
    (text,) = told(mostly_dark(), -IMAGES)
    assert "As their negative they are above" in text and "sign turned" in text
    assert not told(mostly_dark(), IMAGES)
    assert not told(mostly_dark(-1.0), IMAGES)


def test_forms_undo_what_they_name():
    """Each is its own inverse, but for the moments of samples."""
    x = np.arange(2 * 3 * 3 * 3, dtype="f8").reshape(2, 3, 3, 3)
    for words, form in forms.FORMS.items():
        other = form(x, x**2)
        assert np.abs(other - x).max() > 1, words
        np.testing.assert_allclose(form(other, x), x, atol=1e-9, err_msg=words)


def test_labels_beside_the_data_stay():
    labels = np.arange(320, dtype="i4") % 3
    pairs = lambda x: forms._of_floats(forms._negative, x, x)
    assert pairs(labels) is labels
    np.testing.assert_allclose(pairs(DATA), DATA.min() + DATA.max() - DATA, atol=1e-6)
