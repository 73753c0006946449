"""Tests for tf_collab.sampling.refinement: how a sample moves."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.known_refinement import (
    POLICIES,
    REAL,
    SKEWED,
    Z,
    depths_on,
    refined,
    visited,
)

from tf_collab import GAN, models, objectives, policies, priors, sampling, seeds


@pytest.mark.parametrize("name", POLICIES)
def test_the_moves_are_the_policys_along_the_samples_own_gradient(name):
    # x = h / 2, energy = (x - c)**2 summed: the gradient at h is x - c.
    centre = np.array([1.0, -2.0])
    gan = GAN(
        models.LayeredModel([tf.identity, lambda h: h / 2]),
        lambda x, training=False: -tf.reduce_sum((x - centre) ** 2, axis=1),
        priors.normal(2),
        objectives.wgan_gp(),
        lambda score: 0.5 * score + 1,  # a log ratio, for ladam's gap
    )
    steps, oracle = 5, getattr(oracles, name)
    h = Z.numpy().astype("f8")
    real_mean = oracles.sigmoid(0.5 * REAL.score.numpy() + 1).mean()
    grads, gaps, path = [], [], [h / 2]
    for _ in range(steps):
        x = path[-1]
        grads.append(x - centre)
        logit = 1 - 0.5 * ((x - centre) ** 2).sum(axis=1)
        gaps.append(real_mean - oracles.sigmoid(logit))
        h = h + oracle(np.array(grads), np.array(gaps), rate=0.1)[-1]
        path.append(h / 2)
    found = visited(gan, POLICIES[name], steps=steps)
    # A dozen roundings a step of numbers up to the largest; adam's first steps divide
    # by 1 - 0.999**t, which has three digits fewer.
    roundings = (1000 if name == "adam" else 12) * steps
    slack = roundings * oracles.ULP * np.abs(path).max()
    np.testing.assert_allclose(found.x, path, atol=slack)


@pytest.mark.parametrize("pick", ["best", "random", "last"])
@pytest.mark.parametrize("name", ["momentum", "ladam"])
def test_a_sample_depends_on_neither_its_batch_nor_its_size(pick, name):
    found, _ = refined(SKEWED, POLICIES[name], pick=pick)
    # Other batch-mates, the same seed: bit for bit.
    mates = tf.concat([Z[:13], 3 * Z[13:]], axis=0)
    other, _ = refined(SKEWED, POLICIES[name], pick=pick, z=mates)
    np.testing.assert_array_equal(other.x[:13], found.x[:13])
    np.testing.assert_array_equal(other.score[:13], found.score[:13])
    if pick == "random":  # whose depths are drawn for a whole batch
        return
    for rows in (slice(5, 6), slice(0, 23)):
        part, _ = refined(SKEWED, POLICIES[name], pick=pick, z=Z[rows])
        # Vector and scalar instructions round exp and tanh differently, by one unit
        # in the last place each, and four moves may enlarge that some.
        np.testing.assert_allclose(part.x, found.x[rows], atol=64 * oracles.ULP)


def test_large_batches_are_cut_without_a_trace():
    z = SKEWED.prior(1201, seeds.as_seed(3))
    path = visited(SKEWED, z=z)
    for pick in ("last", "random"):
        found, info = refined(SKEWED, z=z, pick=pick)
        assert depths_on(path, found.x)[info["steps"], np.arange(1201)].all()
    assert (info["steps"] < 4).any() and (info["steps"] == 4).any()


@pytest.mark.parametrize("bounds", [(0, 0.5), (-0.5, 0), (-0.5, 0.25)])
@pytest.mark.parametrize("pick", ["last", "random"])
def test_every_moved_point_is_within_the_bounds_even_a_bound_of_0(bounds, pick):
    options = {"layer": 3, "steps": 3, "bounds": bounds}
    found, info = refined(SKEWED, POLICIES["momentum"], pick=pick, **options)
    moved = found.x[info["steps"] > 0]
    assert moved.min() == bounds[0] and moved.max() == bounds[1]
    free, _ = refined(SKEWED, POLICIES["momentum"], pick=pick, layer=3, steps=3)
    assert free.x.min() < bounds[0] and free.x.max() > bounds[1]
    path = visited(SKEWED, POLICIES["momentum"], **options)
    np.testing.assert_array_equal(path.x[1:].min(), bounds[0])


def test_no_steps_and_a_rate_of_0_change_nothing():
    for options in ({"steps": 0}, {"policy": policies.sgd(0.0)}):
        for pick in ("best", "random"):
            found, _ = refined(SKEWED, pick=pick, **options)
            np.testing.assert_array_equal(found.x, SKEWED.generator(Z))


def test_labels_stay_and_every_other_leaf_moves():
    def stage(h):
        return {"x": h["z"] + h["shift"], "label": h["label"]}

    def discriminate(x, training=False):
        return x["x"] * tf.cast(x["label"] - 1, tf.float32)

    gan = GAN(models.LayeredModel([stage]), discriminate, None, objectives.wgan_gp())
    z = {"z": tf.zeros([3]), "shift": tf.zeros([3]), "label": tf.constant([0, 1, 2])}
    for layer, moves in ((0, 2), (1, 1)):  # z and shift, or x
        for pick in ("last", "best"):
            found, _ = refined(
                gan, policies.sgd(0.5), z=z, layer=layer, steps=3, pick=pick
            )
            np.testing.assert_array_equal(found.x["label"], [0, 1, 2])
            np.testing.assert_allclose(found.x["x"], moves * np.array([-1.5, 0, 1.5]))


@pytest.mark.parametrize("name", ["nsgan", "wgan_gp", "lsgan"])
@pytest.mark.parametrize("layer", [0, 3])
def test_small_steps_go_downhill_under_every_objective(name, layer):
    gan = oracles.skewed_gan(getattr(objectives, name)())
    path = visited(gan, policies.sgd(1e-3), layer=layer, steps=5)
    energy = gan.objective.energy(path.score).numpy()
    slack = 16 * oracles.ULP * np.abs(energy).max()  # of about as many operations
    assert (np.diff(energy, axis=0) < slack).all()
    assert (energy[-1] < energy[0] - 1e-4).mean() > 0.5
    if name != "lsgan":  # whose energy is least at a score of 1
        assert (path.score[-1] > path.score[0] - slack).all()


@pytest.mark.parametrize("name", ["wgan_gp", "lsgan"])
@pytest.mark.parametrize(
    "policy, stop", [(POLICIES["ladam"], None), (POLICIES["sgd"], 0.5)]
)
def test_what_needs_a_ratio_is_refused_at_construction(name, policy, stop):
    gan = oracles.skewed_gan(getattr(objectives, name)())
    options = {"layer": 0, "steps": 1, "stop": stop}
    with pytest.raises(ValueError, match="calibrator"):
        sampling.refine(gan, policy, **options)
    calibrated = gan._replace(calibrator=tf.identity)
    found, _ = refined(calibrated, policy, **options)
    assert np.isfinite(found.x).all()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"layer": 4}, "layer 4 is not one of 0 to 3"),
        ({"layer": -1}, "layer -1"),
        ({"layer": "y"}, "layer 'y' is not one of 0 to 3, .* did you mean"),
        ({"policy": 0.1}, r"such as policies.ladam\(0.1\), not 0.1"),
        ({"steps": -1}, "not -1"),
        ({"pick": "worst"}, "not 'worst'"),
        ({"stop": 1.0}, r"not 1\.0"),
        ({"stop": 0}, "not 0"),
        ({"bounds": (1, 0)}, r"not \(1, 0\)"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        refined(SKEWED, **options)


def test_a_generator_without_layers_is_refused():
    gan = SKEWED._replace(generator=lambda z, training: z)
    with pytest.raises(ValueError, match="cannot be cut"):
        sampling.refine(gan, policies.sgd(0.1), layer=0, steps=1)
    with pytest.raises(ValueError, match="cannot be cut"):
        sampling.suggest_rate(gan, policies.sgd, layer=0, real=None)


@pytest.mark.parametrize("pick", ["best", "random"])
def test_xla_changes_no_more_than_roundings(pick):
    options = {"pick": pick, "steps": 3, "policy": policies.momentum(0.1), "stop": 0.9}
    found, info = refined(SKEWED, xla=True, **options)
    expected, expected_info = refined(SKEWED, xla=False, **options)
    np.testing.assert_array_equal(info["steps"], expected_info["steps"])
    # Fused operations and other roundings of tanh and log, over three moves.
    np.testing.assert_allclose(found.x, expected.x, atol=128 * oracles.ULP)


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_refining_a_net_writes_nothing_and_uses_the_moving_statistics(trained, layer):
    nets = trained.generator, trained.discriminator
    before = [net.get_weights() for net in nets]
    z = trained.prior(30, seeds.as_seed(0))
    policy = policies.sgd(0.05)
    options = {"z": z, "layer": layer, "steps": 3}
    found, _ = refined(trained, policy, pick="last", **options)
    for net, weights in zip(nets, before):
        for now, then in zip(net.get_weights(), weights):
            np.testing.assert_array_equal(now, then)
    path = visited(trained, policy, **options)
    # Sums of 8 products, of numbers of order 1; four nets deep, a few moves.
    np.testing.assert_allclose(path.x[0], trained.generator(z), atol=64 * oracles.ULP)
    np.testing.assert_allclose(found.x, path.x[-1], atol=256 * oracles.ULP)
    alone, _ = refined(trained, policy, pick="last", z=z[:1], layer=layer, steps=3)
    np.testing.assert_allclose(alone.x, found.x[:1], atol=256 * oracles.ULP)
    assert np.abs(found.x - path.x[0]).max() > 1e-3


@pytest.mark.parametrize("bounds, free", [(None, False), ((-np.inf, np.inf), True)])
def test_samples_of_a_g_that_ends_in_tanh_stay_in_its_range(bounds, free):
    g = models.LayeredModel([lambda z: z / 10, keras.layers.Activation("tanh")])
    d = models.LayeredModel([lambda x: tf.reduce_sum(x, 1)])
    gan = GAN(g, d, priors.normal(2), objectives.wgan_gp())
    z = gan.prior(20, seeds.as_seed(0))
    how = {"steps": 2, "bounds": bounds, "policy": policies.sgd(2.0), "pick": "last"}
    x = refined(gan, z=z, layer=2, **how)[0].x
    assert (x.max() > 1) == free
    path = sampling.trajectory(gan, how["policy"], layer=2, steps=2, bounds=bounds)
    assert (path(z, REAL).x.numpy().max() > 1) == free
    # A step of 2 or so before tanh, where a bound of 1 would give 0.76 at most.
    assert refined(gan, z=z, layer=1, **how)[0].x.min() > 0.9


def test_a_range_that_cannot_be_seen_is_no_bound():
    g = models.LayeredModel([lambda z: tf.tanh(2 * z)])
    d = models.LayeredModel([lambda x: tf.reduce_sum(x, 1)])
    gan = GAN(g, d, priors.normal(2), objectives.wgan_gp())
    z = gan.prior(20, seeds.as_seed(0))
    found, _ = refined(gan, policies.sgd(2.0), z=z, layer=1, steps=1, pick="last")
    assert found.x.max() > 1


def test_a_generator_that_uses_a_layer_of_d_gives_what_it_gives():
    shared, norm = keras.layers.Dense(2), keras.layers.BatchNormalization()
    d = keras.Sequential([shared, norm, keras.layers.Dense(1), keras.layers.Flatten()])

    class Sharing(models.LayeredModel):
        def decode(self, h, *, from_, training=False):
            return shared(super().decode(h, from_=from_, training=training))

    g = Sharing([keras.layers.Activation("linear")])
    score = models.LayeredModel([d, lambda s: s[:, 0]])
    score(tf.zeros([1, 2]))
    norm.moving_variance.assign([9.0, 9.0])
    for judge in (score, models.LayeredModel([d, keras.layers.Reshape(())])):
        judge(tf.zeros([1, 2]))
        gan = GAN(g, judge, priors.normal(2), objectives.nsgan())
        z = gan.prior(5, seeds.as_seed(0))
        walk = sampling.trajectory(gan, policies.sgd(0.1), layer=0, steps=1)
        first = walk(z, REAL).x[0]
        np.testing.assert_allclose(first, g.decode(z, from_=0), atol=1e-5)
