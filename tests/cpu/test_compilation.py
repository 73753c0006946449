"""Tests for tf_collab.cpu.compilation."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import models
from tf_collab.cpu import compilation


@pytest.fixture
def devices(monkeypatch):
    """What TensorFlow finds of accelerators: nothing, until a test adds some."""
    found = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: found)
    return found


def test_dense_nets_are_worth_xla():
    dense = models.MLPDiscriminator(4, 2)
    assert compilation.worthwhile(dense, lambda x: x)


@pytest.mark.parametrize(
    "layer", [keras.layers.Conv2D(2, 3), keras.layers.Conv1D(2, 3)]
)
def test_a_convolution_at_any_depth_is_worth_it_on_accelerators_alone(layer, devices):
    nested = models.LayeredModel([tf.identity, keras.Sequential([layer])])
    assert not compilation.worthwhile(models.MLPDiscriminator(4, 2), nested)
    devices.append("GPU:0")
    assert compilation.worthwhile(models.MLPDiscriminator(4, 2), nested)


def test_xla_can_be_chosen_and_is_otherwise_decided_by_the_nets(devices):
    conv = keras.Sequential([keras.layers.Conv2D(2, 3)])
    double = lambda x: 2 * x
    assert not compilation.compiled(double, xla=False)._jit_compile
    assert compilation.compiled(double, conv, xla=True)._jit_compile
    assert not compilation.compiled(double, conv)._jit_compile
    devices.append("GPU:0")
    assert compilation.compiled(double, conv)._jit_compile


class Paired(models.LayeredModel):
    """Scores that look across the batch, which the stages do not tell."""

    def call(self, x, training=False):
        return super().call(x, training) - tf.reduce_mean(x)


def dense(*more, units=64):
    return keras.Sequential([keras.Input([2]), keras.layers.Dense(units), *more])


def test_a_chain_of_narrow_dense_layers_is_narrow_on_a_cpu(devices):
    assert compilation.narrow(models.MLPDiscriminator(64))
    assert compilation.narrow(models.copy(models.MLPDiscriminator(64)))
    assert compilation.narrow(dense(keras.layers.LeakyReLU(0.2)))
    assert not compilation.narrow(models.MLPDiscriminator(256))
    assert not compilation.narrow(dense(units=256))
    devices.append("GPU:0")
    assert not compilation.narrow(models.MLPDiscriminator(64))


@pytest.mark.parametrize(
    "model",
    [
        models.MLPGenerator(8),
        dense(keras.layers.BatchNormalization()),
        dense(keras.layers.Lambda(lambda x: x - tf.reduce_mean(x))),
        models.LayeredModel([dense(), lambda x: x - tf.reduce_mean(x)]),
        Paired([dense()]),
        lambda x: x - tf.reduce_mean(x),
    ],
    ids=["ours", "batch-norm", "lambda", "function", "own call", "no model"],
)
def test_what_may_look_across_the_batch_is_not_narrow(model, devices):
    assert not compilation.narrow(model)


@pytest.mark.parametrize("n", [1, 5, 6, 16])
def test_pieces_give_what_the_whole_gives_in_order(n):
    seen = []

    def fn(pair, y):
        seen.append(y.shape[0])
        return {"sum": pair[0] + y, "double": 2 * pair[1]}

    a, b, y = tf.range(n), tf.range(n)[:, None], tf.fill([n], 7)
    found = compilation.in_pieces(fn, rows=5)((a, b), y)
    np.testing.assert_array_equal(found["sum"], np.arange(n) + 7)
    np.testing.assert_array_equal(found["double"], 2 * np.arange(n)[:, None])
    # As few pieces as there can be, and none more than a row longer than another.
    assert sum(seen) == n and len(seen) == -(-n // 5)
    assert max(seen) <= 5 and max(seen) - min(seen) <= 1


@pytest.mark.parametrize("n", [41, 45, 46, 47, 49, 50])
@pytest.mark.parametrize("graph", [False, True])
def test_many_pieces_are_turns_of_a_loop_in_order(n, graph):
    seen = []

    def fn(pair, y):
        seen.append(y.shape[0])
        return {"sum": pair[0] + y, "double": 2 * pair[1]}

    a, b, y = tf.range(n), tf.range(n)[:, None], tf.fill([n], 7)
    looped = compilation.in_pieces(fn, rows=5, loop=True)
    found = (compilation.graph(looped) if graph else looped)((a, b), y)
    np.testing.assert_array_equal(found["sum"], np.arange(n) + 7)
    np.testing.assert_array_equal(found["double"], 2 * np.arange(n)[:, None])
    assert max(seen) <= 5 and max(seen) - min(seen) <= 1
    # A graph has the first, and one for each length.
    assert len(seen) <= 3 if graph else sum(seen) == n


def test_a_batch_of_unknown_size_stays_whole():
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def call(x):
        return compilation.in_pieces(lambda v: seen.append(v.shape) or v, rows=2)(x)

    np.testing.assert_array_equal(call(tf.range(5.0)), np.arange(5.0))
    assert len(seen) == 1


def remarks(make):
    """What TensorFlow says of ten graphs of one line of code, each called once."""
    told = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())
    tf.get_logger().addHandler(handler)
    for i in range(10):
        make(lambda x, i=i: x + i)(tf.constant(1.0))
    tf.get_logger().removeHandler(handler)
    return [words for words in told if "retracing" in words]


def test_graphs_that_are_traced_once_each_are_not_remarked_on():
    assert remarks(tf.function) and not remarks(compilation.graph)
