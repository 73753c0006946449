"""Tests for tf_collab.front.summaries."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets

import tf_collab as tc

Dense = keras.layers.Dense


def gan_of(g=None, d=None, **options):
    g, d = g or keras_nets.chain(), d or keras_nets.classifier()
    return tc.from_keras(g, d, **{"objective": "nsgan"} | options)


def reals(gan, n=80):
    """Samples of G that the check has not seen."""
    return gan.generator(gan.prior(n, tc.seeds.as_seed(7)))


def test_the_first_line_tells_what_was_assumed():
    gan = gan_of()
    told = tc.summary(gan).splitlines()
    assert told[0].startswith("z was taken for standard normal, [batch, 3]")
    own = gan_of(prior=tc.priors.normal(3))
    assert "standard normal" not in tc.summary(own)


def test_each_layer_has_its_index_name_shape_and_spread():
    gan = gan_of(prior=tc.priors.normal(3))
    lines = tc.summary(gan, n=500).splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("layer"))
    rows = [line.split() for line in lines[first + 1 : first + 5]]
    assert [row[:3] for row in rows] == [
        ["0", "z", "[3]"],
        ["1", "leak", "[8]"],
        ["2", "bend", "[6]"],
        ["3", "x", "[2]"],
    ]
    # Of three standard normals the root mean square distance is the root of 3; the
    # sum of 1500 squares of variance 2 has a relative error of sqrt(2 / 1500) = 4 %.
    assert float(rows[0][3]) == pytest.approx(np.sqrt(3), rel=4 * 0.04 / 2)
    z = gan.prior(500, tc.seeds.as_seed(0))
    h = gan.generator.encode(z, to=2).numpy()
    assert float(rows[2][3]) == pytest.approx(np.sqrt(h.var(0).sum()), rel=0.01)


def test_values_scores_and_warnings_are_told():
    d = keras_nets.classifier()
    d.layers[-1].kernel.assign(5 * d.layers[-1].kernel)  # scores beyond [0, 1]
    gan = gan_of(d=d)
    x = reals(gan)
    told = tc.summary(gan, x)
    assert f"the data's in [{x.numpy().min():.3g}, {x.numpy().max():.3g}]" in told
    assert "a logit, log p_real / p_fake" in told and ", reals " in told
    assert told.endswith("no warnings\n")
    dark = tc.summary(gan, x.numpy() / 1000)
    assert "warning: the samples' values lie in" in dark
    assert "no warnings" not in dark
    assert [f"warning: {w}" for w in tc.checks.check(gan, x.numpy() / 1000)] == [
        line for line in dark.splitlines() if line.startswith("warning")
    ]


def test_the_kind_of_score_is_told():
    critic = gan_of(objective="wgan_gp")
    assert "a critic's, not log p_real / p_fake" in tc.summary(critic)
    fitted = critic._replace(calibrator=tf.identity)
    assert "through the calibrator" in tc.summary(fitted)
    half = tc.objectives.nsgan()._replace(log_ratio=lambda s: s / 2)
    assert "the objective makes a log ratio" in tc.summary(gan_of(objective=half))


def test_labels_are_told_to_be_held():
    prior = tc.priors.labelled(tc.priors.normal(3), 4)
    gan = tc.from_keras(
        keras_nets.conditional_g(),
        keras_nets.conditional_d(),
        prior=prior,
        objective="nsgan",
    )
    told = tc.summary(gan, reals(gan))
    assert "[8], [] held" in told and "samples' values of part 0 lie in" in told
    assert "part 1" not in told


def test_without_data_what_compares_is_left_out():
    told = tc.summary(gan_of())
    assert "data's" not in told and "reals" not in told
    far = keras.Sequential([keras.Input((2,)), Dense(1, bias_initializer=constant(9))])
    assert "as a critic" not in tc.summary(gan_of(d=far))
    assert "as a critic" in tc.summary(gan_of(d=far), reals(gan_of()))


def constant(value):
    return keras.initializers.Constant(value)


def test_a_gan_made_by_hand_has_a_summary_too():
    g = tc.models.LayeredModel([lambda z: 2 * z, tf.tanh])
    d = tc.models.LayeredModel([lambda x: tf.reduce_sum(x, 1)])
    told = tc.summary(tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan()))
    assert told.startswith("layer") and "frozen" not in told
