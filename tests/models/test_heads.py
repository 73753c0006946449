"""Tests for tf_collab.models.heads."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab.models import heads

Dense = keras.layers.Dense
X = np.random.default_rng(0).normal(size=[7, 3]).astype("float32")


def d_of(*layers):
    return keras.Sequential([keras.Input((3,)), *layers])


def scores(d, **options):
    score, why = heads.read(d, d(X), **options)
    return score(d(X)).numpy(), why


def test_the_two_columns_of_a_softmax_are_each_others_opposite():
    d = d_of(Dense(2, "softmax"))
    ones, why = scores(d, pick=1)
    zeros, _ = scores(d, pick=0)
    np.testing.assert_allclose(ones, -zeros, rtol=1e-6)
    assert "logs of D's column 1" in why
    # Where the two are as likely the ratio is 1.
    even = d_of(Dense(2, "softmax", kernel_initializer="zeros"))
    assert scores(even, pick=1)[0] == pytest.approx(0.0)


def test_a_softmax_that_is_sure_still_has_a_finite_score():
    d = d_of(Dense(2, "softmax"))
    d.layers[-1].bias.assign([400.0, 0.0])
    found, _ = scores(d, pick=1)
    # The logarithm of 1e-30, the least probability that is told apart.
    np.testing.assert_allclose(found, np.log(1e-30), rtol=1e-6)


@pytest.mark.parametrize("behind", [[], [keras.layers.Reshape(())]])
def test_a_sigmoid_is_found_behind_what_passes_it_on(behind):
    d = d_of(Dense(1), keras.layers.Activation("sigmoid"), *behind)
    found, why = scores(d)
    prob = np.asarray(d(X), "f8").reshape(-1)
    np.testing.assert_allclose(found, np.log(prob / (1 - prob)), rtol=1e-4, atol=1e-4)
    assert why == "the logit of D's sigmoid"


def test_a_critic_may_take_its_probability_as_it_is():
    d = d_of(Dense(1, "sigmoid"))
    found, _ = scores(d, probability=False, ratio=False)
    np.testing.assert_array_equal(found, d(X)[:, 0])
    logit, _ = scores(d, probability=True, ratio=False)
    np.testing.assert_allclose(tf.sigmoid(logit), found, rtol=1e-5)


@pytest.mark.parametrize("pick", [True, None, 2, "real"])
def test_a_column_is_0_or_1(pick):
    with pytest.raises(ValueError, match="give pick=0 or pick=1"):
        scores(d_of(Dense(2)), pick=pick)


def test_columns_are_what_they_add_up_to():
    with pytest.raises(ValueError, match=r"probability=False, but .* add up to 1"):
        scores(d_of(Dense(2, "softmax")), pick=1, probability=False)
    with pytest.raises(
        ValueError, match=r"probability=True, but .* do not add up to 1"
    ):
        scores(d_of(Dense(2)), pick=1, probability=True)


def test_columns_that_add_up_to_1_are_a_softmax_though_it_is_not_seen():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = Dense(2)

        def call(self, x):
            return keras.ops.softmax(self.last(x))

    d = Own()
    d(X)
    logits = d.last(X)
    found, why = scores(d, pick=0)
    np.testing.assert_allclose(found, logits[:, 0] - logits[:, 1], rtol=1e-4, atol=1e-5)
    assert "logs of D's column 0" in why
