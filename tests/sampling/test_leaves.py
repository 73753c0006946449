"""Tests for tf_collab.sampling: types of an activation's leaves, and which move."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, models, objectives, policies, priors, sampling, seeds

REAL = Scored(None, tf.constant([0.0, 1.0]))
POLICIES = {
    "sgd": policies.sgd(0.01),
    "momentum": policies.momentum(0.003),
    "adam": policies.adam(0.01),
    "ladam": policies.ladam(0.01),
}
LABELS = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2, 0, 1]]


def rounding(dtype):
    """G whose activation at layer 1 is of a type, and that is float32 beyond it."""
    stages = [lambda z: tf.cast(z, dtype), lambda h: tf.cast(h, tf.float32)]

    def discriminate(x, training=False):
        return -tf.reduce_sum(tf.square(x - 1.5), axis=1)

    g = models.LayeredModel(stages)
    return GAN(g, discriminate, priors.normal(4), objectives.wgan_gp(), tf.identity)


def refined(gan, policy, z, *, steps, **options):
    walk = sampling.refine(gan, policy, steps=steps, xla=False, **options)
    found, _, _ = walk.step(seeds.as_seed(0), z, walk.init(0, z, REAL))
    return found


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
@pytest.mark.parametrize("name", POLICIES)
def test_a_half_precision_layer_gains_what_a_single_one_does(name, dtype):
    z = tf.round(4 * priors.normal(4)(64, seeds.as_seed(1))) / 4  # exact in all
    gains = []
    for kind in (dtype, tf.float32):
        gan = rounding(kind)
        before = gan.scored(gan.generator(z)).score
        after = refined(gan, POLICIES[name], z, layer=1, steps=20).score
        gains.append((after - before).numpy())
    # The point decoded is rounded by half a unit of 2**-7 or 2**-10, relative, in each
    # of four dimensions; so is every gradient on the way.
    unit = {tf.bfloat16: 2.0**-8, tf.float16: 2.0**-11}[dtype]
    size = np.abs(z).max(axis=1) + 1.5
    slack = 4 * 2 * size * unit * size * 2
    assert (gains[1] > 0).all() and np.isfinite(gains[0]).all()
    np.testing.assert_array_less(np.abs(gains[0] - gains[1]), slack)
    assert abs(gains[0].mean() / gains[1].mean() - 1) < 8 * unit


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float64])
def test_samples_keep_the_generators_type(dtype):
    g = models.LayeredModel([lambda z: tf.cast(z, dtype)])
    gan = rounding(dtype)._replace(generator=g)
    z = gan.prior(8, seeds.as_seed(0))
    for layer in (0, 1):
        for pick in ("best", "last", "random"):
            found = refined(gan, policies.adam(0.1), z, layer=layer, steps=2, pick=pick)
            assert found.x.dtype == dtype and found.score.dtype == tf.float32
            rounded = gan.scored(found.x).score
            np.testing.assert_array_equal(rounded, found.score)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_by_itself_reckons_in_single_precision(name, dtype):
    policy, gap = POLICIES[name], lambda: tf.zeros([2])
    halves = tf.constant([[1.0, -0.25], [1e-3, 30.0]], dtype)
    singles = tf.cast(halves, tf.float32)
    a, b = policy.init(halves), policy.init(singles)
    for _ in range(5):
        low, a = policy.update(halves, a, gap=gap)
        high, b = policy.update(singles, b, gap=gap)
        assert low.dtype == dtype
        np.testing.assert_array_equal(low, tf.cast(high, dtype))


def conditional():
    """z has a one-hot label; D likes large values and the last class."""
    draw = priors.normal(2)

    def latents(n, seed):
        return {"label": tf.constant(LABELS[:n]), "noise": draw(n, seed)}

    def generate(h):
        return {"label": h["label"], "x": h["noise"] + h["label"][:, :2]}

    def score(x, training=False):
        return tf.reduce_sum(x["x"], axis=1) + x["label"][:, 2]

    g = models.LayeredModel([generate])
    return GAN(g, score, latents, objectives.nsgan())


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("pick", ["best", "random", "last"])
def test_leaves_that_are_held_stay_and_the_others_move(name, pick):
    gan = conditional()
    z = gan.prior(8, seeds.as_seed(0))
    options = {"layer": 0, "steps": 3, "pick": pick}
    free = refined(gan, POLICIES[name], z, **options)
    held = refined(gan, POLICIES[name], z, hold=["label"], **options)
    np.testing.assert_array_equal(held.x["label"], LABELS)
    assert (free.x["label"].numpy() != LABELS).any()
    assert (held.x["x"] != gan.generator(z)["x"]).numpy().any()
    path = sampling.trajectory(gan, POLICIES[name], layer=0, steps=3, hold=["label"])
    assert (path(z, REAL).x["label"] == LABELS).numpy().all()


def test_what_the_gan_holds_stays_wherever_it_is():
    gan, policy = conditional(), policies.sgd(0.1)
    z, options = gan.prior(8, seeds.as_seed(0)), {"layer": 0, "steps": 3}
    asked = refined(gan, policy, z, hold=["label"], **options)
    own = refined(gan._replace(hold=("label", "elsewhere")), policy, z, **options)
    np.testing.assert_array_equal(own.x["label"], LABELS)
    np.testing.assert_array_equal(own.x["x"], asked.x["x"])


def test_bounds_leave_what_is_held_as_it_is():
    gan = conditional()
    z = gan.prior(8, seeds.as_seed(0))
    options = {"layer": 0, "steps": 2, "bounds": (-0.5, 0.5)}
    found = refined(gan, policies.sgd(0.1), z, hold={"label"}, **options)
    np.testing.assert_array_equal(found.x["label"], LABELS)


def test_a_sweep_finds_its_rates_for_the_leaves_that_move():
    gan, options = conditional(), {"real": REAL, "n": 8, "hold": ["label"]}
    rate = sampling.suggest_rate(gan, policies.sgd, layer=0, **options)
    rows = sampling.sweep(gan, policies.sgd, layers=[0], steps=[1], **options)
    assert [row.rate for row in rows] == [rate / 2, rate, 2 * rate]
    free = sampling.suggest_rate(gan, policies.sgd, layer=0, real=REAL, n=8)
    assert free != pytest.approx(rate, rel=0.01)


def test_a_rate_and_a_sweep_are_of_the_leaves_that_move():
    gan, options = conditional(), {"real": REAL, "n": 8, "hold": ["label"]}
    alone = gan._replace(
        prior=priors.normal(2),
        generator=models.LayeredModel([tf.identity]),
        discriminator=lambda x, training=False: tf.reduce_sum(x, axis=1),
        objective=objectives.wgan_gp(),
    )
    of_all = gan._replace(objective=objectives.wgan_gp())
    rates = [
        sampling.suggest_rate(each, policies.sgd, layer=0, **more)
        for each, more in ((of_all, options), (alone, {"real": REAL, "n": 8}))
    ]
    assert rates[0] == pytest.approx(rates[1], rel=1e-3)
    ways = {"layers": [0], "steps": [2], "rates": [0.1]}
    held, plain = (
        sampling.sweep(each, policies.sgd, **ways, **more)[0]
        for each, more in ((of_all, options), (alone, {"real": REAL, "n": 8}))
    )
    assert held.gain == pytest.approx(plain.gain, rel=1e-4) and plain.gain > 0
    rows = sampling.sweep(gan, policies.sgd, layers=[0], steps=[2], **options)
    assert all(row.gain > 0 for row in rows)


@pytest.mark.parametrize(
    "hold, sentence",
    [
        (["labels"], r"hold names 'labels', .* is made of \['label', 'noise'\]"),
        ("label", r"hold is a list of leaves, as hold=\['label'\], not a string"),
        (["label", "noise"], "nothing at layer 0 can move"),
    ],
)
def test_a_wrong_hold_says_what_is_there(hold, sentence):
    gan = conditional()
    with pytest.raises(ValueError, match=sentence):
        refined(gan, POLICIES["sgd"], gan.prior(8, [0, 0]), layer=0, steps=1, hold=hold)


def test_an_activation_of_one_array_has_nothing_to_hold():
    gan = rounding(tf.float32)
    z = gan.prior(8, seeds.as_seed(0))
    with pytest.raises(ValueError, match=r"hold names 0, .* is one array"):
        refined(gan, POLICIES["sgd"], z, layer=0, steps=1, hold=[0])


@pytest.mark.parametrize("name", POLICIES)
def test_a_leaf_without_a_gradient_stays(name):
    draw = priors.normal(2)

    def prior(n, seed):
        kinds = seeds.split(seed, 3)
        return [draw(n, kind) for kind in kinds]

    def generate(h):
        moves, rounded, unused = h
        del unused
        return [moves + tf.round(rounded), rounded]

    def score(x, training=False):
        return tf.reduce_sum(x[0], axis=1)

    g = models.LayeredModel([generate])
    gan = GAN(g, score, prior, objectives.nsgan())
    z = gan.prior(8, seeds.as_seed(0))
    found = refined(gan, POLICIES[name], z, layer=0, steps=2, pick="last")
    np.testing.assert_array_equal(found.x[1], z[1])
    assert (found.x[0] > gan.generator(z)[0]).numpy().all()
    hold = {"hold": [0], "layer": 0, "real": REAL, "n": 8}
    with pytest.raises(ValueError, match="nothing at layer 0 can move"):
        sampling.suggest_rate(gan, policies.sgd, **hold)


def test_a_layer_without_a_gradient_is_told():
    g = models.LayeredModel([tf.round, tf.identity])
    d = lambda x, training=False: tf.reduce_sum(x, axis=1)
    gan = GAN(g, d, priors.normal(2), objectives.nsgan())
    z = gan.prior(4, seeds.as_seed(0))
    with pytest.raises(ValueError, match="nothing at layer 0 can move"):
        refined(gan, POLICIES["adam"], z, layer=0, steps=1)
    assert (refined(gan, POLICIES["adam"], z, layer=1, steps=1).x != g(z)).numpy().any()


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("pick", ["best", "last", "random"])
def test_a_sample_keeps_its_score_where_g_makes_another_each_time(pick, xla):
    noise = keras.layers.GaussianNoise(1.0, seed=1)
    g = models.LayeredModel([lambda z: noise(z, training=True)])
    d = lambda x, training=False: tf.reduce_sum(tf.sin(9 * x), axis=1)
    gan = GAN(g, d, priors.normal(2), objectives.nsgan())
    walk = sampling.refine(
        gan, policies.sgd(0.01), layer=0, steps=3, pick=pick, xla=xla
    )
    real = Scored(None, tf.constant([-1.0, 1.0]))
    for acceptor in (sampling.always(), sampling.mhgan(gan, thin=2)):
        sampler = sampling.compose(walk, acceptor)
        found = sampling.draw(sampler, gan.prior, 9, real=real, batch=8, seed=0)
        # Another program may round sums otherwise: a few units of 18.
        np.testing.assert_allclose(found.score, d(found.x), atol=1e-5)
