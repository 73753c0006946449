"""Tests for tf_collab.models.endings."""

import keras
import pytest
import tensorflow as tf

from tf_collab import models

Dense = keras.layers.Dense


def functional(*parts):
    h = inputs = keras.Input((4,))
    for part in parts:
        h = part(h)
    return keras.Model(inputs, h)


def split():
    g = functional(Dense(3, name="hidden"), Dense(2), keras.layers.Activation("tanh"))
    return models.split(g, at=["hidden"])


class Scaled(models.LayeredModel):
    def call(self, x, training=False):
        return 2.0 * super().call(x, training=training)


SEEN = {
    "dense": lambda: models.LayeredModel([Dense(2, "tanh")]),
    "layer": lambda: models.LayeredModel([Dense(2), keras.layers.Activation("tanh")]),
    "function": lambda: models.LayeredModel([Dense(2), tf.tanh]),
    "operation": lambda: models.LayeredModel([functional(Dense(2), keras.ops.tanh)]),
    "split": split,
    "reshaped": lambda: models.LayeredModel(
        [keras.Sequential([Dense(4, "tanh"), keras.layers.Reshape((2, 2))])]
    ),
    "nested": lambda: models.LayeredModel([models.LayeredModel([Dense(2, "tanh")])]),
    "net": lambda: models.DCGANGenerator(width=0.02),
}
HIDDEN = {
    "linear": lambda: models.LayeredModel([Dense(3, "tanh"), Dense(2)]),
    "lambda": lambda: models.LayeredModel([lambda x: tf.tanh(x)]),
    "its own call": lambda: Scaled([Dense(2, "tanh")]),
    "points": lambda: models.MLPGenerator(8, 3),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_tanh_at_gs_end_gives_its_range(name):
    assert SEEN[name]().output_range == (-1.0, 1.0)


@pytest.mark.parametrize("name", HIDDEN)
def test_another_end_or_one_that_cannot_be_seen_has_no_range(name):
    assert HIDDEN[name]().output_range is None
