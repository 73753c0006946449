"""Tests for tf_collab.training.steps: what an update is."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.linear_gan import (
    REAL,
    Z,
    linear_gan,
    real,
    sgd,
    weights,
)

from tf_collab import (
    GAN,
    Doubt,
    models,
    objectives,
    policies,
    priors,
    sampling,
    seeds,
    training,
)
from tf_collab.cpu import compilation


def test_train_step_is_gradient_descent_by_hand():
    gan = linear_gan()._replace(prior=lambda n, seed: tf.constant(Z, tf.float32))
    params = [v.astype("f8") for v in weights(gan.generator, gan.discriminator)]
    step = training.train_step(gan, sgd(0.3), sgd(0.3), xla=False)
    start = np.concatenate([v.ravel() for v in params])
    for i in range(3):
        found = step(i, seeds.as_seed(i), real())
        params, d_loss, g_loss = oracles.linear_gan_step(params, REAL, Z, rate=0.3)
        # Some 50 roundings a step: sums over 16 samples, two nets, forth and back.
        slack = {"rel": 250 * oracles.ULP, "abs": 250 * oracles.ULP}
        assert float(found["d_loss"]) == pytest.approx(d_loss, **slack)
        assert float(found["g_loss"]) == pytest.approx(g_loss, **slack)
    for now, expected in zip(weights(gan.generator, gan.discriminator), params):
        np.testing.assert_allclose(now, expected, atol=500 * oracles.ULP)
    assert np.abs(np.concatenate([v.ravel() for v in params]) - start).max() > 0.1


def test_a_simultaneous_step_takes_both_gradients_where_the_nets_stood():
    gan = linear_gan()._replace(prior=lambda n, seed: tf.constant(Z, tf.float32))
    before = [v.astype("f8") for v in weights(gan.generator, gan.discriminator)]
    step = training.train_step(gan, sgd(0.3), sgd(0.3), simultaneous=True, xla=False)
    found = step(0, seeds.as_seed(0), real())
    # With a D that cannot move, G's gradient is that of the D before.
    (w, b, *_), _, g_loss = oracles.linear_gan_step(before, REAL, Z, rate=0.3, d_rate=0)
    (*_, a, c), d_loss, _ = oracles.linear_gan_step(before, REAL, Z, rate=0.3)
    slack = {"rel": 250 * oracles.ULP, "abs": 250 * oracles.ULP}
    assert float(found["d_loss"]) == pytest.approx(d_loss, **slack)
    assert float(found["g_loss"]) == pytest.approx(g_loss, **slack)
    for now, expected in zip(weights(gan.generator, gan.discriminator), (w, b, a, c)):
        np.testing.assert_allclose(now, expected, atol=500 * oracles.ULP)


def test_a_simultaneous_step_asks_d_once_about_the_fakes():
    gan, asked = linear_gan(), []

    def watch(x):
        asked.append(x.shape[0])
        return x

    watched = gan._replace(
        discriminator=models.LayeredModel([watch, *gan.discriminator.stages])
    )
    step = training.train_step(watched, sgd(1), sgd(1), simultaneous=True, xla=False)
    step(0, seeds.as_seed(0), real())
    assert asked == [16, 16]  # reals and fakes, while it is traced


@pytest.mark.parametrize("simultaneous", [False, True])
def test_d_is_given_the_fakes_of_the_step_before(simultaneous):
    given = []

    def loss(discriminator, real, fake, *, seed, step, previous=None):
        given.append((tf.identity(fake), tf.identity(previous)))
        return tf.reduce_mean(discriminator(real, training=True))

    gan = linear_gan()
    objective = gan.objective._replace(discriminator_loss=loss)
    previous = tf.Variable(tf.zeros([16, 2]))
    tf.config.run_functions_eagerly(True)
    try:
        step = training.train_step(
            gan._replace(objective=objective),
            *(sgd(0.1), sgd(0.1)),
            simultaneous=simultaneous,
            previous=previous,
            xla=False,
        )
        for i in range(3):
            step(i, seeds.as_seed(i), real())
    finally:
        tf.config.run_functions_eagerly(False)
    fakes, before = zip(*given)
    np.testing.assert_array_equal(before[0], np.zeros([16, 2]))
    for i in (0, 1):
        np.testing.assert_array_equal(before[i + 1], fakes[i])
    np.testing.assert_array_equal(previous, fakes[2])


def test_g_cannot_step_twice_at_once_with_d():
    with pytest.raises(ValueError, match="g_steps must be 1, not 2"):
        training.train_step(linear_gan(), sgd(1), sgd(1), g_steps=2, simultaneous=True)


def test_losses_fall():
    gan = linear_gan()
    seed, z = seeds.as_seed(0), priors.normal(3)
    frozen = gan._replace(prior=lambda n, s: z(n, seed))
    d_only = training.train_step(frozen, sgd(0), sgd(0.1), xla=False)
    d_losses = [float(d_only(i, seed, real())["d_loss"]) for i in range(4)]
    g_only = training.train_step(frozen, sgd(0.1), sgd(0), xla=False)
    g_losses = [float(g_only(i, seed, real())["g_loss"]) for i in range(4)]
    assert (np.diff(d_losses) < 0).all() and (np.diff(g_losses) < 0).all()


def test_wgan_gp_trains_too():
    gan = linear_gan()._replace(objective=objectives.wgan_gp())
    step = training.train_step(gan, sgd(0.01), sgd(0.01), xla=False)
    losses = [step(i, seeds.as_seed(0), real()) for i in range(4)]
    assert losses[-1]["d_loss"] < losses[0]["d_loss"]
    assert np.isfinite(losses[-1]["g_loss"])


@pytest.mark.parametrize("proposer", ["direct", "refine"])
def test_tune_step_moves_d_and_leaves_all_of_g(trained, proposer, target):
    gan = trained._replace(discriminator=models.copy(trained.discriminator))
    if proposer == "direct":
        proposer = sampling.direct(gan)
    else:
        proposer = sampling.refine(
            gan, policies.ladam(0.1), layer=3, steps=2, pick="random", xla=False
        )
    g_before, d_before = weights(gan.generator), weights(gan.discriminator)
    step = tf.function(training.tune_step(gan, proposer, sgd(0.1), xla=False))
    x = target.batch(256, seeds.as_seed(9))
    losses = [step(0, seeds.as_seed(0), x)["d_loss"] for _ in range(10)]
    for now, then in zip(weights(gan.generator), g_before):
        np.testing.assert_array_equal(now, then)
    for now, then in zip(weights(gan.discriminator), d_before):
        assert (now != then).any()
    assert losses[-1] < losses[0]


def test_tune_step_is_ds_half_of_a_step_on_what_is_proposed():
    gan = linear_gan()._replace(prior=lambda n, seed: tf.constant(Z, tf.float32))
    params = [v.astype("f8") for v in weights(gan.generator, gan.discriminator)]
    step = training.tune_step(gan, sampling.direct(gan), sgd(0.3), xla=False)
    found = step(0, seeds.as_seed(0), real())
    after, d_loss, _ = oracles.linear_gan_step(params, REAL, Z, rate=0.3)
    assert found.keys() == {"d_loss"}
    assert float(found["d_loss"]) == pytest.approx(d_loss, rel=50 * oracles.ULP)
    for now, expected in zip(weights(gan.discriminator), after[2:]):
        np.testing.assert_allclose(now, expected, atol=50 * oracles.ULP)


def test_shaping_learns_from_refined_samples():
    gan = linear_gan()
    refined = sampling.refine(gan, policies.sgd(1.0), layer=1, steps=1, xla=False)
    seed = seeds.as_seed(0)
    plainly = training.tune_step(gan, sampling.direct(gan), sgd(0.0), xla=False)
    with pytest.warns(Doubt, match="picked as 'best', and shaping takes them at rand"):
        shape = training.tune_step(gan, refined, sgd(0.0), xla=False)
    losses = [step(0, seed, real())["d_loss"] for step in (plainly, shape)]
    assert losses[1] > losses[0]  # D is fooled more by what climbed its score


def test_samples_that_another_d_refines_are_told():
    gan = linear_gan()
    copied = gan._replace(discriminator=models.copy(gan.discriminator))
    how = {"layer": 1, "steps": 1, "pick": "random", "xla": False}
    own, other = (
        sampling.refine(each, policies.sgd(1.0), **how) for each in (copied, gan)
    )
    training.tune_step(copied, own, sgd(0.1), xla=False)
    calibrated = copied._replace(calibrator=tf.identity)  # the same D
    training.tune_step(calibrated, own, sgd(0.1), xla=False)
    with pytest.warns(Doubt, match="the D that learns is not the one that refines"):
        training.tune_step(copied, other, sgd(0.1), xla=False)


@pytest.mark.parametrize("objective", [objectives.nsgan(), objectives.wgan_gp()])
def test_xla_changes_no_more_than_roundings(objective):
    found = []
    for xla in (False, True):
        gan = linear_gan()._replace(objective=objective)
        step = training.train_step(gan, sgd(0.3), sgd(0.3), xla=xla)
        step(0, seeds.as_seed(0), real())
        found.append(weights(gan.generator, gan.discriminator))
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, atol=50 * oracles.ULP)  # about 50 operations


def test_pieces_change_no_more_than_roundings(target):
    class Whole(models.LayeredModel):
        def call(self, x, training=False):
            return super().call(x, training)

    x = target.batch(1000, seeds.as_seed(1))  # two pieces
    found = []
    for kind in (models.LayeredModel, Whole):
        g, d = models.MLPGenerator(8, 3, seed=1), models.MLPDiscriminator(8, 3, seed=2)
        gan = GAN(g, kind(d.stages), priors.normal(2), objectives.nsgan())
        gan.discriminator(x[:1])
        assert compilation.narrow(gan.discriminator) == (kind is models.LayeredModel)
        step = training.train_step(gan, sgd(0.01), sgd(0.01), xla=False)
        scalars = [step(i, seeds.as_seed(i), x) for i in range(2)]
        found.append((scalars, weights(g, d)))
    for a, b in zip(*map(tf.nest.flatten, found)):
        # Sums over 1000 rows, whose roundings add up like a random walk's steps.
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1000 * oracles.ULP)


@pytest.mark.parametrize("g_steps", [0, -1])
def test_fewer_than_one_step_of_g_is_refused(g_steps):
    with pytest.raises(ValueError, match=f"g_steps must be 1 or more, not {g_steps}$"):
        training.train_step(linear_gan(), sgd(1), sgd(1), g_steps=g_steps)


IMAGE_GANS = {
    "nsgan": (objectives.nsgan(), True),
    "wgan_gp": (objectives.wgan_gp(penalty=0.1), False),
}


@pytest.mark.parametrize("name", IMAGE_GANS)
def test_image_nets_learn_with_shared_z_and_two_steps_of_g(name):
    objective, batch_norm = IMAGE_GANS[name]
    g = models.NSGAN28Generator(latent=4, seed=1)
    d = models.NSGAN28Discriminator(batch_norm=batch_norm, seed=2)
    gan = GAN(g, d, priors.uniform(4), objective)
    before = weights(g, d)
    adam = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    step = tf.function(training.train_step(gan, *adam, g_steps=2, shared_z=True))
    x = tf.random.stateless_uniform([4, 28, 28, 1], [0, 1], -1, 1)
    for i in range(2):
        losses = step(tf.constant(i), seeds.as_seed(i), x)
        assert np.isfinite([losses["d_loss"], losses["g_loss"]]).all()
    after = weights(g, d)
    assert all(np.isfinite(now).all() for now in after)
    moved = [(then != now).any() for then, now in zip(before, after)]
    assert all(moved[:-1]) and moved[-1] == (name != "wgan_gp")  # a bias cancels there
    assert [int(opt.iterations) for opt in adam] == [4, 2]


def fused_gan():
    """Nets whose ReLU TensorFlow fuses with the product before it."""
    gan = linear_gan()
    hidden = [keras.layers.Dense(8, activation="relu") for _ in range(2)]
    end = [keras.layers.Dense(1), keras.layers.Reshape(())]
    d = models.LayeredModel([*hidden, *end])
    d(REAL)
    return gan._replace(discriminator=d)


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("kind", ["in turn", "at once", "tune"])
def test_one_row_that_is_no_number_stops_training_at_its_step(kind, xla):
    gan = fused_gan()
    if kind == "tune":
        step = training.tune_step(gan, sampling.direct(gan), sgd(0.1), xla=xla)
    else:
        step = training.train_step(
            gan, sgd(0.1), sgd(0.1), simultaneous=kind == "at once", xla=xla
        )

    def batch_at(i):
        bad = tf.where(tf.equal(i, 3), np.nan, 1.0)
        return real() * tf.reshape(tf.concat([[bad], tf.ones([15])], 0), [16, 1])

    done = []
    hooks = [lambda at, _: done.append(at)]
    with pytest.raises(FloatingPointError, match="d_loss is nan at step 4"):
        training.run(step, batch_at, 9, seed=0, every=2, hooks=hooks)
    assert done == [2]


def test_a_weight_that_overflows_stops_g_too():
    gan = fused_gan()
    step = training.train_step(gan, sgd(0.1), sgd(0.1), xla=False)
    gan.generator.trainable_variables[1].assign([np.inf, 0.0])
    assert np.isnan(step(0, seeds.as_seed(0), real())["g_loss"])


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_a_net_that_is_frozen_as_a_whole_is_told_before_any_step(name):
    gan = linear_gan()
    getattr(gan, name).stages[0].trainable = False
    sentence = f"the {name} is frozen as a whole and cannot learn: models.thaw"
    with pytest.raises(ValueError, match=sentence):
        training.train_step(gan, sgd(1), sgd(1))
    if name == "discriminator":
        with pytest.raises(ValueError, match=sentence):
            training.tune_step(gan, sampling.direct(gan), sgd(1))
    models.thaw(getattr(gan, name))
    before = weights(getattr(gan, name))
    step = training.train_step(gan, sgd(1), sgd(1), xla=False)
    step(0, seeds.as_seed(0), real())
    for now, then in zip(weights(getattr(gan, name)), before):
        assert (now != then).any()


@pytest.mark.parametrize("simultaneous", [False, True])
@pytest.mark.parametrize("name", ["relativistic", "kale"])
def test_g_descends_the_loss_of_its_own_where_there_is_one(name, simultaneous):
    objective = getattr(objectives, name)()
    g, d = models.MLPGenerator(4, 2, seed=1), models.MLPDiscriminator(4, 2, seed=2)
    gan = GAN(g, d, priors.normal(2), objective)
    real, rate = tf.random.stateless_normal([8, 2], [0, 5]) + 1, 0.1
    # D stands still, so that its step before G's makes no difference.
    g_opt, d_opt = keras.optimizers.SGD(rate), keras.optimizers.SGD(0.0)
    drawn = []
    prior = lambda n, seed: drawn.append(gan.prior(n, seed)) or drawn[-1]
    step = training.train_step(
        gan, g_opt, d_opt, shared_z=True, simultaneous=simultaneous, prior=prior
    )
    before = [v.numpy() for v in g.trainable_variables]
    told = step(tf.constant(0), seeds.as_seed(3), real)
    after = [v.numpy() for v in g.trainable_variables]
    for v, old in zip(g.trainable_variables, before):
        v.assign(old)
    with tf.GradientTape() as tape:
        loss = objective.generator_loss(d, real, g(drawn[0], training=True))
    np.testing.assert_allclose(told["g_loss"], loss, rtol=1e-5)
    grads = tape.gradient(loss, g.trainable_variables)
    for new, old, grad in zip(after, before, grads):
        np.testing.assert_allclose(new, old - rate * grad, atol=1e-6)
