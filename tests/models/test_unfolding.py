"""Tests for tf_collab.models.unfolding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab.models import unfolding

L = keras.layers
X = np.random.default_rng(0).normal(size=[5, 4]).astype("float32")


class Block(L.Layer):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(4)

    def call(self, x):
        return x + self.dense(x)


class Plain(L.Layer):
    def call(self, x):
        return 2 * x


@pytest.mark.parametrize(
    "layer, bends",
    [
        (L.ReLU(), True),
        (L.LeakyReLU(), True),
        (L.PReLU(), True),
        (L.Activation("tanh"), True),
        (L.Activation("linear"), False),
        (L.Dense(2, "relu"), True),
        (L.Conv2D(2, 1, activation="tanh"), True),
        (L.Dense(2), False),
        (L.BatchNormalization(), False),
        (L.Reshape((2,)), False),
        (L.Dropout(0.1), False),
        (L.Softmax(), False),
        (L.Dense(2, "softmax"), False),
        (Block(), True),
        (Plain(), False),
        (keras.Sequential([L.Dense(2)]), True),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_layer_bends_where_it_is_not_linear_or_is_a_block(layer, bends):
    assert unfolding.bends(layer) == bends


@pytest.mark.parametrize(
    "function, bends",
    [(keras.ops.tanh, True), (keras.ops.leaky_relu, True), (keras.ops.negative, False)],
)
def test_an_operation_bends_by_its_name(function, bends):
    out = function(keras.Input((4,)))
    assert unfolding.bends(out._keras_history[0]) == bends


def nested(**told):
    """Two floors of models within a model, the inner with a batch-norm."""
    low = keras.Sequential([keras.Input((4,)), L.Dense(4), L.BatchNormalization()])
    mid = keras.Sequential([keras.Input((4,)), low, L.ReLU(name="inner")])
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(2, name="outer")(mid(x, **told)))


def test_the_layers_of_nested_models_take_their_place():
    model = nested()
    flat = unfolding.unfolded(model)
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    assert flat.get_layer("inner") and flat.get_layer("outer")
    np.testing.assert_array_equal(flat(X), model(X))
    assert {id(v) for v in flat.variables} == {id(v) for v in model.variables}
    np.testing.assert_allclose(
        flat(X, training=True), model(X, training=True), rtol=1e-5, atol=1e-6
    )


def test_a_nested_model_that_is_told_how_to_run_stays_whole():
    model = nested(training=False)
    flat = unfolding.unfolded(model)
    assert any(isinstance(layer, keras.Model) for layer in flat.layers)
    np.testing.assert_array_equal(flat(X, training=True), model(X, training=True))


def test_layers_of_one_name_leave_the_graph_as_it_is():
    part = lambda: keras.Sequential([keras.Input((4,)), L.Dense(4, name="same")])
    model = keras.Sequential([keras.Input((4,)), part(), part()])
    graph = unfolding.graph_of(model)
    assert unfolding.unfolded(graph) is graph


class Own(keras.Model):
    def __init__(self, how):
        super().__init__()
        self.a, self.b, self.how = L.Dense(4), L.Dense(4), how
        self.a.build([None, 4]), self.b.build([None, 4])

    def call(self, x):
        return self.how(self.a, self.b, x)


def test_a_chain_of_layers_has_a_graph_in_the_order_of_its_calls():
    model = Own(lambda a, b, x: a(b(x)))
    model(X)
    graph = unfolding.traced(model, tf.constant(X))
    assert graph.layers[1:] == [model.b, model.a]
    np.testing.assert_array_equal(graph(X), model(X))


@pytest.mark.parametrize(
    "how",
    [
        lambda a, b, x: a(a(b(x))),
        lambda a, b, x: 2 * x,
    ],
)
def test_a_layer_that_is_called_twice_or_none_at_all_make_no_chain(how):
    model = Own(how)
    model(X)
    assert unfolding.traced(model, tf.constant(X)) is None
    assert "call" not in model.a.__dict__


def test_a_sum_of_layers_is_not_what_their_chain_gives():
    model = Own(lambda a, b, x: a(x) + b(x))
    model(X)
    graph = unfolding.traced(model, tf.constant(X))
    assert not unfolding.alike(graph(X), model(X))
    assert unfolding.alike(model(X), model(X))
