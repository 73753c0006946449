"""Tests for tf_collab.cpu.folding: batch-norm as a part of the layer before it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tf_collab import cpu, models
from tf_collab.cpu import convolutions, folding, normalization

RNG = np.random.default_rng(0)
IMAGE, VECTOR = (2, 6, 6, 3), (5, 4)
LINEAR = {
    "dense": (VECTOR, lambda **how: layers.Dense(7, **how)),
    "dense on images": (IMAGE, lambda **how: layers.Dense(7, **how)),
    "convolution": (IMAGE, lambda **how: layers.Conv2D(4, 3, 2, "same", **how)),
    "valid convolution": (IMAGE, lambda **how: layers.Conv2D(4, 3, **how)),
    "ours": (IMAGE, lambda **how: convolutions.Conv2D(4, 3, 2, "same", **how)),
    "transposed": (IMAGE, lambda **how: layers.Conv2DTranspose(4, 3, 2, **how)),
    "ours, transposed": (
        IMAGE,
        lambda **how: convolutions.Conv2DTranspose(4, 4, 2, "same", **how),
    ),
    "in blocks": (  # of few channels
        IMAGE,
        lambda **how: convolutions.Conv2DTranspose(2, 4, 2, "same", **how),
    ),
}
NORMS = {
    "whole": normalization.BatchNormalization,
    "keras": lambda: layers.BatchNormalization(epsilon=0.3),
    "no scale": lambda: layers.BatchNormalization(scale=False),
    "no shift": lambda: normalization.BatchNormalization(center=False),
}


def net(*parts, shape=VECTOR):
    """A chain whose variables are all other than they begin."""
    made = keras.Sequential([*parts, layers.LeakyReLU(0.2)])
    made(np.zeros(shape, "f4"))
    for v in made.variables:
        signs = RNG.choice([-1, 1], v.shape) if v.ndim > 1 else 1
        v.assign(signs * RNG.uniform(0.5, 1.5, v.shape))
    return made


def answers(made, x, frozen=None):
    """Outputs, their gradient by x, and the operations in a graph of both."""

    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = made(x, training=False)
            loss = tf.reduce_sum(tf.sin(y))
        return y, tape.gradient(loss, x)

    def traced(x):
        if frozen is None:
            return both(x)
        with folding.folded(frozen)():
            return both(x)

    fn = cpu.graph(traced).get_concrete_function(tf.TensorSpec(x.shape, x.dtype))
    return *(v.numpy() for v in fn(x)), {op.type for op in fn.graph.get_operations()}


def folds(chain):
    return len(folding.pairs(chain))


EVERY = [(kind, bias, "whole") for kind in LINEAR for bias in (True, False)]
EVERY += [("convolution", True, norm) for norm in NORMS if norm != "whole"]


@pytest.mark.parametrize("kind, bias, norm", EVERY)
def test_outputs_and_gradients_are_those_of_the_two_layers(kind, bias, norm):
    shape, linear = LINEAR[kind]
    made = net(linear(use_bias=bias), NORMS[norm](), shape=shape)
    x = tf.constant(RNG.normal(size=shape), tf.float32)
    y, slope, _ = answers(made, x)
    ours, our_slope, operations = answers(made, x, frozen=[made])
    assert np.abs(y - ours).max() < 1e-5 * np.abs(y).max()
    assert np.abs(slope - our_slope).max() < 1e-4 * np.abs(slope).max()
    assert folds([made]) == 1
    assert not {"FusedBatchNormV3", "FusedBatchNormGradV3"} & operations
    np.testing.assert_array_equal(made(x), y)  # and layers are as they were


@pytest.mark.parametrize("slope", [0.2, 1.5, 0.0])
def test_a_leaky_relu_has_its_gradient_by_its_outputs(slope):
    made = keras.Sequential([keras.Input((5,)), layers.LeakyReLU(slope)])
    x = tf.constant([[-2.0, -1e-40, 0.0, 1e-40, 3.0]])

    def features(frozen):
        """Of the gradient's operation: the kind of what it is told by."""

        def slopes(x):
            with folding.folded(frozen)(), tf.GradientTape() as tape:
                tape.watch(x)
                y = made(x)
            return tape.gradient(y, x)

        fn = cpu.graph(slopes).get_concrete_function(tf.TensorSpec([1, 5]))
        kinds = {op.type: op for op in fn.graph.get_operations()}
        told = kinds["LeakyReluGrad"].inputs[1].op.type if slope else None
        return fn(x).numpy(), told

    theirs, by_inputs = features([])
    ours, by_outputs = features([made])
    np.testing.assert_array_equal(ours, theirs)
    if slope:
        assert (by_inputs, by_outputs) == ("Placeholder", "LeakyRelu")


def test_half_precision_rounds_once():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        _, linear = LINEAR["convolution"]
        made = net(linear(), NORMS["whole"](), shape=IMAGE)
    finally:
        keras.config.set_dtype_policy(policy)
    x = tf.constant(RNG.normal(size=IMAGE), tf.float32)
    y, *_ = answers(made, x)
    ours, *_ = answers(made, x, frozen=[made])
    assert ours.dtype == y.dtype
    # Four roundings of 8 bits: kernel, product, sum, and batch-norm's result there.
    y, ours = y.astype("f4"), ours.astype("f4")
    assert np.abs(y - ours).max() < 4 * 2**-8 * np.abs(y).max()


dense = lambda **how: layers.Dense(4, **how)
shared = layers.Dense(4)


class Own(layers.Dense):
    """Does more than its parent may."""


class Around(layers.Layer):
    """Uses a layer that others use."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


@pytest.mark.parametrize(
    "parts",
    [
        [dense(activation="tanh"), layers.BatchNormalization()],
        [dense(), layers.ReLU(), layers.BatchNormalization()],
        [layers.BatchNormalization(), dense()],
        [shared, layers.BatchNormalization(), shared, layers.BatchNormalization()],
        [Around(shared), shared, layers.BatchNormalization()],
        [Own(4), layers.BatchNormalization()],
        [layers.Reshape((4, 1)), dense(), layers.BatchNormalization(axis=1)],
    ],
    ids=["activation", "between", "before", "shared", "within", "subclass", "axis"],
)
def test_what_is_not_one_layer_stays_two(parts):
    made = net(*parts)
    assert folds([made]) == 0
    x = tf.constant(RNG.normal(size=VECTOR), tf.float32)
    for mine, theirs in zip(answers(made, x)[:2], answers(made, x, [made])[:2]):
        np.testing.assert_array_equal(mine, theirs)


def test_a_cut_between_the_two_parts_them():
    linear, norm = dense(), layers.BatchNormalization()
    generator = models.LayeredModel([linear, norm, layers.ReLU()])
    generator(np.zeros(VECTOR, "f4"))
    assert folds(folding.beyond(generator, 0)) == 1
    assert folds(folding.beyond(generator, 1)) == 0

    class Otherwise(models.LayeredModel):
        def decode(self, h, *, from_, training=False):
            return -super().decode(h, from_=from_, training=training)

    assert folding.beyond(Otherwise([linear, norm]), 0) == ()


def used_twice():
    linear, norm = dense(), layers.BatchNormalization()
    return net(linear, norm), linear


def test_what_other_nets_or_functions_use_is_left_alone():
    made, linear = used_twice()
    assert folds([made]) == 1
    other = net(linear, layers.BatchNormalization())
    assert folds([made, other]) == 0
    assert folds([made, Around(linear)]) == 0
    assert folds([made, layers.Lambda(lambda x: linear(x))]) == 0
    assert folds([made, lambda h: linear(h)]) == 0


def test_pairs_of_each_chain_are_folded():
    (made, _), (other, _) = used_twice(), used_twice()
    assert folds([made, other]) == 2
    assert folds([other]) == 1


def test_what_has_another_kernel_or_call_is_left_alone():
    made, linear = used_twice()
    linear.enable_lora(2)
    assert folds([made]) == 0
    made, linear = used_twice()
    linear.quantize("int8")
    assert folds([made]) == 0
    made, linear = used_twice()
    linear.__dict__["call"] = linear.call
    assert folds([made]) == 0


def test_layers_are_as_they_were_after_an_error():
    made = net(dense(), layers.BatchNormalization())
    with pytest.raises(ZeroDivisionError), folding.folded([made])():
        raise ZeroDivisionError
    assert not any("call" in vars(part) for part in made.layers)


def test_what_has_no_variables_yet_is_left_alone():
    new = keras.Sequential([dense(), layers.BatchNormalization()])
    assert folds([new]) == 0
