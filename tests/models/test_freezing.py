"""Tests for tf_collab.models.freezing."""

import keras
import numpy as np
import pytest

from tf_collab import models


def layers_of():
    """Dense, a nested chain with batch-norm, and an end."""
    inner = keras.Sequential(
        [keras.layers.Dense(3), keras.layers.BatchNormalization()], name="inner"
    )
    return [keras.layers.Dense(4, name="trunk"), inner, keras.layers.Dense(1)]


def functional():
    x = inputs = keras.Input([2])
    for layer in layers_of():
        x = layer(x)
    return keras.Model(inputs, x)


NETS = {
    "Sequential": lambda: keras.Sequential([keras.Input([2]), *layers_of()]),
    "Functional": functional,
    "scorer": lambda: models.scorer(functional()),
    "LayeredModel": lambda: models.LayeredModel([functional()]),
}


def frozen(kind):
    net = NETS[kind]()
    net(np.zeros([1, 2], "float32"))
    inside = net.stages[0] if isinstance(net, models.LayeredModel) else net
    inside.trainable = False  # as Keras' usual GAN does
    assert net.variables and not net.trainable_variables
    return net


@pytest.mark.parametrize("kind", NETS)
def test_a_model_frozen_as_a_whole_learns_again_with_every_layer(kind):
    net = frozen(kind)
    fresh = NETS[kind]()
    fresh(np.zeros([1, 2], "float32"))
    twin = models.copy(net)
    assert not twin.trainable_variables  # a copy is like its original
    assert models.thaw(twin) is twin
    shapes = [v.shape for v in twin.trainable_variables]
    assert shapes == [v.shape for v in fresh.trainable_variables]
    assert not net.trainable_variables  # and its original stays frozen


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_a_part_that_is_frozen_is_taken_for_meant(kind):
    net = NETS[kind]()
    net.get_layer("trunk").trainable = False
    before = len(net.trainable_variables)
    models.thaw(net)
    assert not net.get_layer("trunk").trainable
    assert len(net.trainable_variables) == before


def test_batch_norm_that_is_thawed_follows_its_batches():
    net = models.thaw(models.copy(frozen("Functional")))
    moving = net.get_layer("inner").layers[1].moving_mean
    before = moving.numpy()
    net(np.float32([[1, 2], [3, 4]]), training=True)
    assert (moving.numpy() != before).any()
