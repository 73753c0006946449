"""Tests for tf_collab.models.coulomb.dcgan4."""

import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([7], n=2)


@pytest.mark.parametrize("size, doublings", [(8, 1), (32, 3), (64, 4), (128, 5)])
def test_its_layers_are_those_of_the_table(size, doublings):
    g = models.DCGAN4Generator((size, size, 2), latent=7, width=1 / 16)
    maps = [(4 * 2**i, 4 * 2**i, 32 // 2**i) for i in range(doublings)]
    assert nets.shapes(g, Z) == [(7,), *maps, *2 * [(size, size, 2)]]
    d = models.DCGAN4Discriminator((size, size, 2), width=1 / 16)
    maps = [(size // 2**i, size // 2**i, 2 * 2**i) for i in range(1, doublings + 1)]
    assert nets.shapes(d, g(Z)) == [(size, size, 2), *maps, ()]
    assert d.encode(g(Z), to=doublings).shape[1] == 4


def test_its_variables_are_those_of_the_table():
    # Kernels, a bias where no batch-norm follows; scale and shift; statistics.
    up = 16 * (100 * 512 + 512 * 256 + 256 * 128) + (16 * 128 * 3 + 3)
    norms = 512 + 256 + 128
    g = models.DCGAN4Generator((32, 32, 3), latent=100)
    assert nets.counts(g) == [up + 2 * norms, 2 * norms]
    down = 16 * (3 * 64 + 64 * 128 + 128 * 256) + (16 * 256 + 1)
    norms = 64 + 128 + 256
    d = models.DCGAN4Discriminator((32, 32, 3))
    assert nets.counts(d) == [down + 2 * norms, 2 * norms]
    bare = models.DCGAN4Discriminator((32, 32, 3), batch_norm=False)
    assert nets.counts(bare) == [down + norms, 0]


def test_it_begins_and_ends_in_one_product_with_a_whole_map():
    g = models.DCGAN4Generator((8, 8, 3), latent=7, width=1 / 64)
    _, conv, norm, _ = g.stages[0].layers
    h = np.einsum("bi,yxoi->byxo", Z, conv.kernel.numpy())
    h = h / np.sqrt(1 + norm.epsilon)  # a new net's statistics
    np.testing.assert_allclose(g.encode(Z, to=1), np.maximum(h, 0), atol=1e-6)

    d = models.DCGAN4Discriminator((8, 8, 3), width=1 / 8)
    x = tables.inputs([8, 8, 3], n=2)
    conv, _ = d.stages[-1].layers
    last = d.encode(x, to=d.depth - 1).numpy()
    score = np.einsum("byxi,yxio->bo", last, conv.kernel.numpy()) + conv.bias.numpy()
    np.testing.assert_allclose(d(x), score[:, 0], atol=1e-5)
