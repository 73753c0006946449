"""Tests for tf_collab.models.nets.dcgan."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conformance import nets, tables

from tf_collab import (
    GAN,
    models,
    objectives,
    policies,
    priors,
    sampling,
    seeds,
    training,
)

Z = tables.inputs([100], n=2)
SIZES = [32, 64, 128]


@pytest.mark.parametrize("size", SIZES)
def test_its_layers_are_those_of_the_table(size):
    g, side = models.DCGANGenerator(size), {32: 2, 64: 4, 128: 8}[size]
    shapes = [list(g.encode(Z, to=layer).shape[1:]) for layer in range(g.depth + 1)]
    maps = [[side * 2**i, side * 2**i, 512 // 2**i] for i in range(4)]
    assert shapes == [[100], *maps, [size, size, 3], [size, size, 3]]
    np.testing.assert_array_equal(g.decode(g.encode(Z, to=1), from_=1), g(Z))


@pytest.mark.parametrize("size", SIZES)
def test_its_variables_are_those_of_the_table(size):
    # Kernels, a bias where no batch-norm follows; scale and shift; statistics.
    side = size // 16
    inner = 25 * (512 * 256 + 256 * 128 + 128 * 64)
    g = 100 * side * side * 512 + inner + (25 * 64 * 3 + 3)
    norms = 512 + 256 + 128 + 64
    assert nets.counts(models.DCGANGenerator(size)) == [g + 2 * norms, 2 * norms]
    d = (25 * 3 * 64 + 64) + inner + (side * side * 512 + 1)
    norms = 128 + 256 + 512
    assert nets.counts(models.DCGANDiscriminator(size)) == [d + 2 * norms, 2 * norms]
    bare = models.DCGANDiscriminator(size, batch_norm=False)
    assert nets.counts(bare) == [d + norms, 0]


def test_width_scales_the_hidden_channels():
    g = models.DCGANGenerator(32, width=0.1)
    d = models.DCGANDiscriminator(32, width=0.1)
    shapes = [g.encode(Z, to=layer).shape[-1] for layer in range(g.depth + 1)]
    assert shapes == [100, 51, 26, 13, 6, 3, 3]
    x = g(Z)
    assert [d.encode(x, to=layer).shape[-1] for layer in range(1, 5)] == [6, 13, 26, 51]
    assert d(x).shape == [2]


def test_latents_and_channels_are_those_asked_for():
    x = models.DCGANGenerator(32, channels=1, latent=7)(tables.inputs([7], n=2))
    assert x.shape == [2, 32, 32, 1]
    assert models.DCGANDiscriminator(32, channels=1)(x).shape == [2]


@pytest.mark.parametrize("size", [28, 33, 256, 0])
@pytest.mark.parametrize("kind", [models.DCGANGenerator, models.DCGANDiscriminator])
def test_another_size_is_refused(kind, size):
    with pytest.raises(ValueError, match=f"32, 64 or 128, not {size}$"):
        kind(size)


def test_layers_1_to_4_are_normalised_by_channel_and_rectified():
    g, z = models.DCGANGenerator(32), tables.inputs([100], n=32)
    for layer in (1, 2, 3, 4):
        h = g.encode(z, to=layer, training=True).numpy()
        assert h.min() == 0
        # A channel has mean 0 and variance 1 before ReLU, so what is left of its
        # second moment is below 1, and one half on average.
        moment = np.square(h).mean(axis=(0, 1, 2))
        assert moment.max() < 1 and moment.mean() == pytest.approx(0.5, abs=0.03)


def test_the_image_is_the_tanh_of_the_layer_before():
    g = models.DCGANGenerator(32)
    before, x = g.encode(Z, to=5).numpy(), g(Z).numpy()
    np.testing.assert_allclose(x, np.tanh(before), atol=1e-6)
    far = 100 / np.abs(before).max() * before
    assert 0.99 < np.abs(g.decode(far, from_=5)).max() <= 1


@pytest.mark.parametrize("batch_norm", [False, True])
def test_only_batch_norm_in_training_looks_across_the_batch(batch_norm):
    d, x = (
        models.DCGANDiscriminator(32, batch_norm=batch_norm),
        tables.inputs([32, 32, 3]),
    )
    assert nets.looks_across_the_batch_in_training(d, x) == batch_norm


def test_the_first_layer_of_d_is_not_normalised():
    d, x = models.DCGANDiscriminator(32), tables.inputs([32, 32, 3])
    alone, together = (
        d.encode(x[:1], to=1, training=True),
        d.encode(x, to=1, training=True),
    )
    np.testing.assert_allclose(alone[0], together[0], atol=1e-6)


def test_weights_begin_as_image_nets_do():
    nets.begins_normal_and_narrow(models.DCGANGenerator(32))
    nets.begins_normal_and_narrow(models.DCGANDiscriminator(32))


@pytest.mark.parametrize("layer", range(7))
def test_dcgans_d_is_shaped_at_every_layer(layer):
    g = models.DCGANGenerator(32, channels=1, width=0.15)
    d = models.DCGANDiscriminator(32, channels=1, width=0.15)
    gan = GAN(g, d, priors.uniform(100), objectives.nsgan())
    explore = sampling.refine(
        gan, policies.momentum(0.1), layer=layer, steps=2, pick="random"
    )
    before = [v.numpy() for v in d.trainable_variables]
    step = training.tune_step(gan, explore, keras.optimizers.SGD(0.1))
    real = tf.random.stateless_uniform([4, 32, 32, 1], [0, 1], -1.0, 1.0)
    assert np.isfinite(step(0, seeds.as_seed(0), real)["d_loss"])
    for now, then in zip(d.trainable_variables, before):
        assert (now.numpy() != then).any()
