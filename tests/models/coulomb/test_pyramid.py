"""Tests for tf_collab.models.coulomb.pyramid."""

import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([7], n=2)


@pytest.mark.parametrize("size, doublings", [(8, 1), (32, 3), (64, 4), (128, 5)])
def test_its_layers_are_those_of_the_table(size, doublings):
    g = models.PyramidGenerator((size, size, 2), latent=7, width=1 / 16)
    maps = [(4 * 2**i, 4 * 2**i, 64 // 2**i) for i in range(doublings)]
    assert nets.shapes(g, Z) == [(7,), *maps, *2 * [(size, size, 2)]]
    d = models.PyramidDiscriminator((size, size, 2), width=1 / 16)
    maps = [(-(-size // 2**i), -(-size // 2**i), 2 * 2**i) for i in range(1, 5)]
    assert nets.shapes(d, g(Z)) == [(size, size, 2), *maps, ()]


def test_its_variables_are_those_of_the_table():
    # Kernels, a bias where no batch-norm follows; scale and shift; statistics.
    dense = 100 * 16 * 1024 + 16 * 1024
    up = 25 * (1024 * 512 + 512 * 256) + (25 * 256 * 3 + 3)
    norms = 512 + 256
    g = models.PyramidGenerator((32, 32, 3), latent=100)
    assert nets.counts(g) == [dense + up + 2 * norms, 2 * norms]
    for n in (64, 128):
        down = 25 * (3 * n + n * 2 * n + 2 * n * 4 * n + 4 * n * 8 * n)
        dense, norms = 2 * 2 * 8 * n + 1, n + 2 * n + 4 * n + 8 * n
        d = models.PyramidDiscriminator((32, 32, 3), filters=n)
        assert nets.counts(d) == [down + dense + 2 * norms, 2 * norms]
        bare = models.PyramidDiscriminator((32, 32, 3), filters=n, batch_norm=False)
        assert nets.counts(bare) == [down + dense + norms, 0]


def test_layers_of_g_are_normalised_by_channel_and_rectified():
    g = models.PyramidGenerator((16, 16, 3), latent=7, width=1 / 64)
    h = g.encode(tables.inputs([7], n=32), to=1).numpy()
    assert h.min() == 0 < h.max()
    conv, _, _ = g.stages[1].layers
    before = conv(h).numpy()
    mean, variance = before.mean(axis=(0, 1, 2)), before.var(axis=(0, 1, 2))
    expected = np.maximum((before - mean) / np.sqrt(variance + 1e-3), 0)
    np.testing.assert_allclose(g.stages[1](h, training=True), expected, atol=1e-4)


def test_the_last_activation_reaches_past_1_if_scaled():
    far = np.full([1, 32, 32, 3], 9, "float32")
    for scaled, most in ((True, 1.7159), (False, 1.0)):
        g = models.PyramidGenerator((32, 32, 3), latent=7, width=1 / 64, scaled=scaled)
        np.testing.assert_allclose(g.decode(far, from_=g.depth - 1), most, rtol=1e-4)
        one = g.decode(far / 9, from_=g.depth - 1)
        np.testing.assert_allclose(one, 1 if scaled else np.tanh(1), rtol=1e-4)
