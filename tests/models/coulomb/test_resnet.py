"""Tests for tf_collab.models.coulomb.resnet."""

import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([7], n=2)


@pytest.mark.parametrize("size, doublings", [(8, 1), (128, 5)])
def test_its_layers_are_those_of_the_table(size, doublings):
    g = models.ResNetGenerator((size, size, 2), latent=7, width=1 / 32)
    maps = [(8 * 2**i, 8 * 2**i, 16 // 2**i) for i in range(doublings)]
    assert nets.shapes(g, Z) == [(7,), (4, 4, 16), *maps, *2 * [(size, size, 2)]]
    d = models.ResNetDiscriminator((size, size, 2), width=1 / 32)
    maps = [(size // 2**i, size // 2**i, 2 * 2**i) for i in range(doublings + 1)]
    assert nets.shapes(d, g(Z)) == [(size, size, 2), *maps, ()]
    assert maps[-1][0] == 4


def block(i, o, *, batch_norm=True):
    """Numbers trained and not; the first convolution has its input's channels."""
    kernels = 9 * i * i + (9 * i * o + o) + (i * o + o)
    return [kernels + (2 * i if batch_norm else i), 4 * i if batch_norm else 0]


def test_its_variables_are_those_of_the_table():
    g = models.ResNetGenerator((32, 32, 3), latent=100)
    ends = np.array([101 * 4 * 4 * 512 + 128 + (128 * 3 + 3), 2 * 128])
    blocks = [block(512, 512), block(512, 256), block(256, 128)]
    assert nets.counts(g) == [*(ends + np.sum(blocks, axis=0))]
    for norm in (True, False):
        d = models.ResNetDiscriminator((32, 32, 3), batch_norm=norm)
        ends = np.array([(9 * 3 * 64 + 64) + (4 * 4 * 512 + 1), 0])
        blocks = [block(n, 2 * n, batch_norm=norm) for n in (64, 128, 256)]
        assert nets.counts(d) == [*(ends + np.sum(blocks, axis=0))]


def convolved(x, layer):
    """A 3x3 or 1x1 convolution that keeps the sides, shift by shift."""
    kernel = layer.kernel.numpy()
    pad, side = len(kernel) // 2, x.shape[1]
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    return sum(
        x[:, i : i + side, j : j + side] @ kernel[i, j]
        for i in range(len(kernel))
        for j in range(len(kernel))
    ) + (layer.bias.numpy() if layer.use_bias else 0)


def normed(x, layer):
    mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    return (x - mean) / np.sqrt(variance + 1e-5) + layer.beta.numpy()


def doubled(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def halved(x):
    n, side, _, c = x.shape
    return x.reshape(n, side // 2, 2, side // 2, 2, c).mean(axis=(2, 4))


@pytest.mark.parametrize(
    "net, stage, resampled",
    [
        (models.ResNetGenerator((8, 8, 3), latent=7, width=1 / 128), 1, doubled),
        (models.ResNetDiscriminator((8, 8, 3), width=1 / 16), 1, halved),
    ],
    ids=["up", "down"],
)
def test_a_block_is_norm_relu_resampling_convolution_twice_and_a_shortcut(
    net, stage, resampled
):
    block = net.stages[stage]
    norms = [layer for layer in block.layers if "norm" in layer.name]
    convs = [layer for layer in block.layers if "conv" in layer.name]
    (shortcut,) = [conv for conv in convs if conv.kernel_size == (1, 1)]
    first, second = [conv for conv in convs if conv is not shortcut]
    for i, variable in enumerate([v for norm in norms for v in norm.weights]):
        draw = np.random.default_rng(i).uniform(0.5, 1.5, variable.shape)
        variable.assign(draw)
    x = np.random.default_rng(9).normal(size=[2, *block.input_shape[1:]])
    h = resampled(np.maximum(normed(x, norms[0]), 0))
    h = np.maximum(normed(convolved(h, first), norms[1]), 0)
    expected = convolved(h, second) + convolved(resampled(x), shortcut)
    made = block(x.astype("float32"), training=False)
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
