"""Tests for tf_collab.batchwise: batch-norm as in training, and nothing else of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, models, objectives
from tf_collab.cpu import normalization

X = tf.constant(np.random.default_rng(0).normal(size=[12, 3]), tf.float32)
# What does something else in training, or at random.
OTHERS = {
    "Dropout": lambda: keras.layers.Dropout(0.5),
    "SpatialDropout1D": lambda: keras.layers.SpatialDropout1D(0.5),
    "AlphaDropout": lambda: keras.layers.AlphaDropout(0.5),
    "GaussianNoise": lambda: keras.layers.GaussianNoise(1.0),
    "GaussianDropout": lambda: keras.layers.GaussianDropout(0.5),
    "RandomTranslation": lambda: keras.layers.RandomTranslation(0.5, 0.5),
    "SpectralNormalization": lambda: keras.layers.SpectralNormalization(
        keras.layers.Dense(3)
    ),
}


class Watcher(keras.layers.Layer):
    """Tells the modes of its passes."""

    def __init__(self, tell):
        super().__init__()
        self.tell = tell

    def call(self, x, training=None):
        self.tell(training)
        return x


class Subclassed(keras.Model):
    """Has a `call` of its own, which no graph tells."""

    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(4)
        self.norm = keras.layers.BatchNormalization()

    def call(self, x, training=False):
        return tf.reduce_sum(
            tf.square(self.norm(self.first(x), training=training)), axis=1
        )


def chain(*parts):
    end = [keras.layers.Dense(1), keras.layers.Reshape([])]
    return models.LayeredModel([keras.layers.Dense(3), *parts, *end])


def judge(d):
    d(X)
    return GAN(None, d, None, objectives.nsgan(), batch_statistics=True)


@pytest.mark.parametrize("name", OTHERS)
def test_what_else_training_does_is_not_done(name):
    shape = {"SpatialDropout1D": [3, 1], "RandomTranslation": [3, 1, 1]}.get(name, [3])
    parts = [keras.layers.Reshape(shape), OTHERS[name](), keras.layers.Reshape([3])]
    d = chain(*parts, keras.layers.BatchNormalization())
    gan = judge(d)
    before = [v.numpy() for v in d.variables]
    first, second = gan.scored(X).score.numpy(), gan.scored(X).score.numpy()
    np.testing.assert_array_equal(first, second)
    for v, then in zip(d.variables, before):
        np.testing.assert_array_equal(v, then)
    # By hand: up to batch-norm in inference mode, that one by this batch.
    h = X
    for stage in d.stages[:4]:
        h = stage(h, training=False)
    norm = d.stages[4]
    h = (h - tf.reduce_mean(h, 0)) / tf.sqrt(
        tf.math.reduce_variance(h, 0) + norm.epsilon
    )
    for stage in d.stages[5:]:
        h = stage(h)
    # Some 30 roundings, and a variance that two ways of adding up round apart.
    np.testing.assert_allclose(first, h, rtol=1e-4, atol=1e-5)


def nested(norm):
    inner = keras.Sequential([keras.layers.Dense(3), norm])
    h = inputs = keras.Input([3])
    return chain(keras.Model(inputs, inner(h)))


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("kind", ["nested", "subclassed", "ours"])
def test_batch_norm_is_found_wherever_it_is(kind, xla):
    d = {
        "nested": lambda: nested(keras.layers.BatchNormalization()),
        "subclassed": Subclassed,
        "ours": lambda: chain(normalization.BatchNormalization()),
    }[kind]()
    gan = judge(d)
    score = tf.function(lambda x: gan.scored(x).score, jit_compile=xla)(X)
    # All that these do in training is batch-norm.
    np.testing.assert_allclose(
        score, models.copy(d)(X, training=True), rtol=1e-5, atol=1e-5
    )
    assert np.abs(score - d(X, training=False)).max() > 0.01


def test_afterwards_d_is_as_it_was_even_where_it_fails():
    modes = []
    norm = keras.layers.BatchNormalization()
    d = chain(Watcher(modes.append), norm)
    gan = judge(d)
    modes.clear()
    gan.scored(X)
    with pytest.raises(ValueError):
        gan.scored(tf.zeros([2, 9]))
    assert modes == [False] and "call" not in vars(norm)
    np.testing.assert_array_equal(norm(X), norm(X, training=False))


class OwnBatchNorm(keras.layers.Layer):
    def call(self, x, training=False):
        return x - tf.reduce_mean(x, 0) if training else x


def test_a_discriminator_that_cannot_be_treated_so_is_told():
    frozen = chain(keras.layers.BatchNormalization())
    frozen.trainable = False
    cases = {
        "^batch_statistics=True .* has none: leave it out": chain(),
        "^batch_statistics=True .* has only frozen ones: .* models.thaw does": frozen,
        "is a OwnBatchNorm: use Keras' own$": chain(OwnBatchNorm()),
    }
    for sentence, d in cases.items():
        with pytest.raises(ValueError, match=sentence):
            judge(d).scored(X)
    gan = GAN(None, lambda x, training: x[:, 0], None, objectives.nsgan(), None, True)
    with pytest.raises(ValueError, match="has none: leave it out"):
        gan.scored(X)
