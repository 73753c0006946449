"""Tests for tf_collab.models.nets.conditional, in the nets that have it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from tf_collab import models

SMALL = {"width": 0.05, "classes": 4}
PRIOR = tc.priors.labelled(tc.priors.uniform(5), 4)
Z = PRIOR(6, tc.seeds.as_seed(0))


@pytest.fixture(scope="module")
def gan():
    g = models.NSGAN28Generator(latent=5, **SMALL)
    d = models.NSGAN28Discriminator(**SMALL)
    return tc.GAN(g, d, PRIOR, tc.objectives.nsgan(), hold=(1,))


def test_each_layer_hands_the_label_on(gan):
    g = gan.generator
    for layer in range(g.depth + 1):
        h = g.encode(Z, to=layer)
        np.testing.assert_array_equal(h[1], Z[1])
        np.testing.assert_array_equal(g.decode(h, from_=layer)[0], g(Z)[0])
    assert g(Z)[0].shape == [6, 28, 28, 1] and g.output_range == (-1, 1)


def test_nets_without_classes_have_the_weights_they_had(gan):
    g = models.NSGAN28Generator(latent=9, width=0.05)
    own = gan.generator.trainable_variables
    assert [v.shape for v in own] == [v.shape for v in g.trainable_variables]
    (fixed,) = (v for v in gan.generator.weights if v.path.endswith("embeddings"))
    np.testing.assert_array_equal(fixed, np.eye(4))
    d = models.NSGAN28Discriminator(width=0.05)
    extra = len(gan.discriminator.trainable_variables) - len(d.trainable_variables)
    assert extra == 1


def test_the_label_adds_a_product_with_the_last_hidden_layer(gan):
    d = gan.discriminator
    table = next(v for v in d.trainable_variables if v.path.endswith("embeddings"))
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    x = gan.generator(Z)[0]
    h = d.encode((x, Z[1]), to=3)[0].numpy()
    scores = np.stack([d((x, tf.fill([6], k))) for k in range(4)])
    products = table.numpy() @ h.T
    # Dot products of 51 numbers of order one.
    np.testing.assert_allclose(
        scores - scores[0], products - products[0], atol=1e-4, rtol=1e-4
    )


def test_copies_and_files_are_the_same_nets(gan, tmp_path):
    x = gan.generator(Z)
    for net, given in (gan.generator, Z), (gan.discriminator, x):
        shapes = tf.nest.map_structure(lambda v: v.shape[1:], given)
        inputs = [keras.Input(s, dtype=v.dtype.name) for s, v in zip(shapes, given)]
        models.export(net, inputs).save(tmp_path / "net.keras")
        loaded = models.load(tmp_path / "net.keras")
        for twin in models.copy(net), loaded:
            for a, b in zip(tf.nest.flatten(twin(given)), tf.nest.flatten(net(given))):
                np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_refinement_at_the_image_stays_an_image_of_its_label(gan):
    walk = tc.sampling.refine(
        gan, tc.policies.sgd(1e6), layer="x", steps=1, pick="last"
    )
    real = gan.scored(gan.generator(Z))
    refined, _, _ = walk.step((0, 1), Z, walk.init((0, 2), Z, real))
    assert np.abs(refined.x[0]).max() == 1
    np.testing.assert_array_equal(refined.x[1], Z[1])
