"""Tests for tf_collab.models.coulomb.began."""

import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([7], n=2)


@pytest.mark.parametrize("size, scales", [(8, 1), (32, 3), (128, 5)])
def test_its_layers_are_those_of_the_table(size, scales):
    g = models.BEGANGenerator((size, size, 2), latent=7, width=1 / 64)
    maps = [(8 * 2**i, 8 * 2**i, 2) for i in range(scales)]
    assert nets.shapes(g, Z) == [(7,), maps[0], *maps, *2 * [(size, size, 2)]]
    d = models.BEGANDiscriminator((size, size, 2), width=1 / 64)
    sides = [max(8, size // 2 ** (i + 1)) for i in range(scales)]
    maps = [(side, side, 2 * (i + 1)) for i, side in enumerate(sides)]
    assert nets.shapes(d, g(Z)) == [(size, size, 2), (size, size, 2), *maps, ()]


def test_its_variables_are_kernels_and_biases():
    def conv(i, o):
        return 9 * i * o + o

    n = 128
    g = models.BEGANGenerator((32, 32, 3), latent=100)
    dense = 101 * 8 * 8 * n
    assert nets.counts(g) == [dense + 6 * conv(n, n) + conv(n, 3), 0]
    d = models.BEGANDiscriminator((32, 32, 3))
    down = conv(3, n) + 3 * conv(n, n)
    down += conv(n, 2 * n) + 2 * conv(2 * n, 2 * n)
    down += conv(2 * n, 3 * n) + conv(3 * n, 3 * n)
    assert nets.counts(d) == [down + 8 * 8 * 3 * n + 1, 0]


def test_a_scale_of_g_begins_with_the_nearest_pixel():
    g = models.BEGANGenerator((32, 32, 3), latent=7, width=1 / 64)
    h = g.encode(Z, to=2).numpy()
    up, first, *_ = g.stages[2].layers
    np.testing.assert_array_equal(up(h), h.repeat(2, axis=1).repeat(2, axis=2))
    # ELU of the convolution of what was enlarged, here at an inner pixel.
    patch = h.repeat(2, axis=1).repeat(2, axis=2)[:, 4:7, 5:8]
    pixel = np.einsum("byxi,yxio->bo", patch, first.kernel.numpy())
    expected = np.where(pixel > 0, pixel, np.expm1(pixel))
    np.testing.assert_allclose(first(up(h))[:, 5, 6], expected, atol=1e-6)
