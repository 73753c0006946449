"""Tests for tf_collab.models.nets.nsgan28."""

import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models

Z = tables.inputs([62], n=64)


@pytest.fixture(scope="module")
def g():
    return models.NSGAN28Generator()


def test_its_layers_are_those_of_the_table(g):
    shapes = [list(g.encode(Z, to=layer).shape[1:]) for layer in range(g.depth + 1)]
    image = [28, 28, 1]
    assert shapes == [[62], [1024], [7, 7, 128], [14, 14, 64], image, image]


def test_its_variables_are_those_of_the_table(g):
    # Kernels, a bias where no batch-norm follows; scale and shift; statistics.
    kernels = 62 * 1024 + 1024 * 6272 + 4 * 4 * 128 * 64 + (4 * 4 * 64 * 1 + 1)
    norms = 1024 + 6272 + 64
    assert nets.counts(g) == [kernels + 2 * norms, 2 * norms]
    kernels = (4 * 4 * 1 * 64 + 64) + 4 * 4 * 64 * 128 + 6272 * 1024 + (1024 + 1)
    norms = 128 + 1024
    d = models.NSGAN28Discriminator()
    assert nets.counts(d) == [kernels + 2 * norms, 2 * norms]
    bare = models.NSGAN28Discriminator(batch_norm=False)
    assert nets.counts(bare) == [kernels + norms, 0]


def test_width_scales_the_hidden_channels_and_units():
    g, d = models.NSGAN28Generator(width=0.1), models.NSGAN28Discriminator(width=0.1)
    shapes = [list(g.encode(Z, to=layer).shape[1:]) for layer in range(1, 5)]
    assert shapes == [[102], [7, 7, 13], [14, 14, 6], [28, 28, 1]]
    x = g(Z)
    assert [d.encode(x, to=layer).shape[-1] for layer in (1, 2, 3)] == [6, 13, 102]
    assert d(x).shape == [64]


def test_latents_and_channels_are_those_asked_for():
    g = models.NSGAN28Generator(latent=100, channels=3)
    x = g(tables.inputs([100], n=2))
    assert x.shape == [2, 28, 28, 3]
    assert models.NSGAN28Discriminator(channels=3)(x).shape == [2]


def test_layers_1_to_3_are_normalised_unit_by_unit_and_rectified():
    g = models.NSGAN28Generator()  # its statistics will move
    for layer in (1, 2, 3):
        h = g.encode(Z, to=layer, training=True).numpy()
        assert h.min() == 0
        # A unit (a channel of 3) has mean 0 and variance 1 before ReLU, so what is
        # left of its second moment is below 1, and one half on average.
        moment = np.square(h).mean(axis=(0, 1, 2) if layer == 3 else 0)
        assert moment.max() < 1 and moment.mean() == pytest.approx(0.5, abs=0.03)


def test_the_image_is_the_tanh_of_the_layer_before(g):
    before, x = g.encode(Z, to=4).numpy(), g(Z).numpy()
    np.testing.assert_allclose(x, np.tanh(before), atol=1e-6)
    far = 100 / np.abs(before).max() * before
    assert 0.99 < np.abs(g.decode(far, from_=4)).max() <= 1


@pytest.mark.parametrize("batch_norm", [False, True])
def test_only_batch_norm_in_training_looks_across_the_batch(batch_norm):
    d, x = (
        models.NSGAN28Discriminator(batch_norm=batch_norm),
        tables.inputs([28, 28, 1]),
    )
    assert nets.looks_across_the_batch_in_training(d, x) == batch_norm


def test_weights_begin_as_image_nets_do(g):
    nets.begins_normal_and_narrow(g)
    nets.begins_normal_and_narrow(models.NSGAN28Discriminator())
