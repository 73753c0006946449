"""Tests for tf_collab.models.coulomb.text."""

import numpy as np
import tensorflow as tf
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([7], n=2)


def test_its_layers_are_those_of_the_table():
    g = models.TextGenerator((6, 9), latent=7, width=1 / 64)
    assert nets.shapes(g, Z) == [(7,), *6 * [(6, 8)], (6, 9), (6, 9)]
    d = models.TextDiscriminator((6, 9), width=1 / 64)
    assert nets.shapes(d, g(Z)) == [(6, 9), *6 * [(6, 8)], ()]


def test_its_variables_are_those_of_the_table():
    # A kernel and a bias, or a kernel and a shift of batch-norm; statistics.
    n, length, vocabulary = 512, 4, 30
    inner = 5 * 2 * (5 * n * n + n)
    g = models.TextGenerator((length, vocabulary), latent=16)
    first = 16 * length * n + length * n
    assert nets.counts(g) == [
        first + inner + (n * vocabulary + vocabulary),
        2 * length * n + 5 * 2 * 2 * n,
    ]
    d = models.TextDiscriminator((length, vocabulary))
    ends = (vocabulary * n + n) + (length * n + 1)
    assert nets.counts(d) == [ends + inner, 0]


def test_rows_are_probabilities():
    x = models.TextGenerator((6, 9), latent=7, width=1 / 64)(10 * Z).numpy()
    assert x.min() >= 0
    np.testing.assert_allclose(x.sum(axis=-1), 1, rtol=1e-5)


def convolved(x, layer):
    kernel, length = layer.kernel.numpy(), x.shape[1]
    x = np.pad(x, [(0, 0), (2, 2), (0, 0)])
    bias = layer.bias.numpy() if layer.use_bias else 0
    return sum(x[:, i : i + length] @ kernel[i] for i in range(5)) + bias


def by_channel(x, layer):
    """In training: over samples and positions alike."""
    mean, variance = x.mean(axis=(0, 1)), x.var(axis=(0, 1))
    return (x - mean) / np.sqrt(variance + 1e-5) + layer.beta.numpy()


def test_a_block_adds_three_tenths_of_its_convolutions():
    x = np.random.default_rng(0).normal(size=[4, 6, 8])
    for net, norm in (
        (models.TextGenerator((6, 9), latent=7, width=1 / 64), by_channel),
        (models.TextDiscriminator((6, 9), width=1 / 64), None),
    ):
        block = net.stages[1]
        for i, variable in enumerate(block.trainable_variables):
            variable.assign(np.random.default_rng(i).normal(size=variable.shape))
        convs = [layer for layer in block.layers if "conv" in layer.name]
        norms = [layer for layer in block.layers if "norm" in layer.name]
        assert len(convs) == 2 and len(norms) == (2 if norm else 0)
        f = x
        for i, conv in enumerate(convs):
            f = convolved(np.maximum(f, 0), conv)
            f = norm(f, norms[i]) if norm else f
        made = block(x.astype("float32"), training=True)
        np.testing.assert_allclose(made, x + 0.3 * f, rtol=1e-4, atol=1e-4)


def test_the_gradient_of_a_character_reaches_its_sample_alone():
    # Not of the sum over characters, which is 1 whatever z is.
    g, z = models.TextGenerator((6, 9), latent=7, width=1 / 64), tf.constant(Z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        first = g(z)[0, 0, 0]
    grad = tape.gradient(first, z).numpy()
    assert np.abs(grad[0]).max() > 1e-4 and (grad[1:] == 0).all()
