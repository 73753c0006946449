"""Tests for tf_collab.models.nets.mlp."""

import numpy as np
import pytest

from tf_collab import models

Z = np.random.default_rng(0).normal(size=[6, 2]).astype("float32")


def drawn(model):
    for variable in model.weights:
        variable.assign(
            np.random.default_rng(1).uniform(-0.5, 1.5, variable.shape) ** 2
        )
    return model


def dense(x, layer):
    return x @ layer.kernel.numpy() + layer.bias.numpy()


def test_the_generator_is_dense_norm_relu_and_a_dense_end():
    g = drawn(models.MLPGenerator(5, 3))
    h = Z
    for layer, stage in enumerate(g.stages[:-1], start=1):
        h, norm = dense(h, stage.layers[0]), stage.layers[1]
        mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
        h = (h - mean) / np.sqrt(variance + 1e-5) * norm.gamma + norm.beta
        h = np.maximum(h, 0)
        np.testing.assert_allclose(g.encode(Z, to=layer), h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(g(Z), dense(h, g.stages[-1]), rtol=1e-4, atol=1e-5)


def test_the_discriminator_is_dense_relu_and_one_score():
    d = drawn(models.MLPDiscriminator(5, 3))
    h = Z
    for stage in d.stages[:-1]:
        h = np.maximum(dense(h, stage.layers[0]), 0)
    score = dense(h, d.stages[-1].layers[0])[:, 0]
    np.testing.assert_allclose(d(Z), score, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("nlayers", [1, 2, 6])
@pytest.mark.parametrize("kind", [models.MLPGenerator, models.MLPDiscriminator])
def test_its_depth_is_its_number_of_dense_layers(kind, nlayers):
    model = kind(5, nlayers)
    kernels = [v for v in model.weights if v.path.endswith("kernel")]
    assert model.depth == len(kernels) == nlayers


def test_sizes_are_those_asked_for():
    g, d = models.MLPGenerator(7, 3, latent=4, dim=5), models.MLPDiscriminator(7, dim=5)
    x = g(np.zeros([3, 4], "float32"))
    assert g.encode(np.zeros([3, 4], "float32"), to=1).shape == [3, 7]
    assert x.shape == [3, 5]
    assert d(x).shape == [3]


@pytest.mark.parametrize("kind", [models.MLPGenerator, models.MLPDiscriminator])
def test_the_seed_decides_the_weights(kind):
    one, same, other = kind(5, 3, seed=1), kind(5, 3, seed=1), kind(5, 3, seed=9)
    np.testing.assert_array_equal(one(Z), same(Z))
    assert not np.allclose(one(Z), other(Z))
    kernels = [v.numpy() for v in one.weights if v.shape == (5, 5)]
    assert kernels and not any(np.allclose(kernels[0], k) for k in kernels[1:])


def test_without_affine_there_is_no_scale_and_shift_to_train():
    plain, affine = models.MLPGenerator(5, 3, affine=False), models.MLPGenerator(5, 3)
    extra = len(affine.trainable_variables) - len(plain.trainable_variables)
    assert extra == 2 * 2  # two each of two batch-norms
    np.testing.assert_array_equal(plain(Z), affine(Z))


def test_only_training_moves_batch_norms_statistics():
    g = models.MLPGenerator(5, 3)
    before = [v.numpy() for v in g.non_trainable_variables]
    g(Z)
    g.encode(Z, to=2)
    for old, new in zip(before, g.non_trainable_variables):
        np.testing.assert_array_equal(old, new)
    g(Z, training=True)
    assert any(
        (old != new).any() for old, new in zip(before, g.non_trainable_variables)
    )
