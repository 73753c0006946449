"""Data in other units, or as their negative, are told from a D that is upside down."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

import tf_collab as tc
from tf_collab.front import as_given, forms, judging
from tf_collab.front.rows import Rows

GAN = oracles.gaussian_gan(0.0, 0.6)  # G's law is N(0, 1), that of data N(0, 0.36)
DATA = np.random.default_rng(0).normal(0, 0.6, [320, 1]).astype("f4")
IMAGES = np.random.default_rng(1).choice([-1, 1], [320, 4, 4, 1], p=[0.9, 0.1])
IMAGES = IMAGES.astype("f4")


def told(gan, x):
    held = Rows(x.astype("f4"), None, ())
    return forms.flaws(gan, judging.judge(held), held, as_given.plain(gan, 0))


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
    labels, one_hot = np.arange(320, dtype="i4") % 3, np.eye(320, 3, dtype="f4")
    for beside in (labels, one_hot):
        pair = DATA, beside
        x, kept = forms._changed(forms._negative, pair, pair)
        assert kept is beside
        np.testing.assert_allclose(x, DATA.min() + DATA.max() - DATA, atol=1e-6)


class Optimal(keras.layers.Layer):
    """The D of GAN, with its log ratios so many times as large."""

    def __init__(self, times=1.0):
        super().__init__()
        self.times = times

    def call(self, x):
        return self.times * GAN.discriminator(x)


def test_what_is_noticed_of_forms_and_ratios_is_raised_and_kept():
    """At once, as a flaw and as a note."""
    x, held = np.split(np.random.default_rng(2).normal(0, 0.6, [900, 1]), [600])
    x, held = x.astype("f4"), held.astype("f4")
    gan = GAN._replace(discriminator=Optimal())
    with pytest.warns(tc.Doubt, match="With the mean and the deviation") as raised:
        c = tc.collaborate(gan, 3 * x, held_out=3 * held)
    assert {warning.filename for warning in raised} == {__file__}
    assert any("With the mean" in flaw for flaw in c._case.flaws)
    sure = GAN._replace(discriminator=Optimal(20.0))
    with pytest.warns(tc.Doubt, match="have a log loss of"):
        c = tc.collaborate(sure, x, held_out=held)
    assert any("have a log loss of" in note for note in c.notes) and not c._case.flaws


def test_one_row_of_each_group_is_looked_at(monkeypatch):
    """Of rows in groups, three of which are most of them, all near one point."""
    seen = []
    flaws = lambda gan, judge, held, plain: seen.append(len(held)) or []
    monkeypatch.setattr(forms, "flaws", flaws)
    x, held = np.split(np.random.default_rng(2).normal(0, 0.6, [900, 1]), [600])
    groups = np.arange(300) % 60
    tc.collaborate(
        GAN._replace(discriminator=Optimal()),
        x.astype("f4"),
        held_out=held.astype("f4"),
        groups=groups,
    )
    assert 30 < seen[0] <= 60
