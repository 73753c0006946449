"""Tests for tf_collab.training.steps: what each pass and each loss is given."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.linear_gan import (
    Z,
    linear_gan,
    real,
    sgd,
)

from tf_collab import (
    GAN,
    base,
    models,
    objectives,
    policies,
    sampling,
    seeds,
    training,
)

SEED = seeds.as_seed(0)
KINDS = {
    "in turn": {},
    "two of G": {"g_steps": 2},
    "shared z": {"shared_z": True},
    "at once": {"simultaneous": True},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


class Counter(keras.layers.Layer):
    """Counts its passes: in inference mode, in training mode."""

    def build(self, shape):
        zeros = keras.initializers.Zeros()
        self.passes = self.add_weight(
            shape=[2], initializer=zeros, trainable=False, dtype="int32"
        )

    def call(self, x, training=None):
        assert training is not None
        self.passes.assign(self.passes + [int(not training), int(training)])
        return x


def counting_gan():
    """The linear GAN, either net with a counter before and behind its only layer."""
    gan = linear_gan()
    g = models.LayeredModel([Counter(), *gan.generator.stages, Counter()])
    d = models.LayeredModel([Counter(), *gan.discriminator.stages])
    g(Z, training=False), d(real(), training=False)
    for net in (g, d):
        for stage in net.stages:
            if isinstance(stage, Counter):
                stage.passes.assign([0, 0])
    return gan._replace(generator=g, discriminator=d)


def passes(net):
    """[in inference mode, in training mode], in each of its counters."""
    return [
        stage.passes.numpy().tolist()
        for stage in net.stages
        if hasattr(stage, "passes")
    ]


@every_kind
def test_every_pass_of_a_step_of_training_is_in_training_mode(kind):
    gan = counting_gan()
    step = training.train_step(gan, sgd(0.1), sgd(0.1), xla=False, **KINDS[kind])
    for i in range(2):
        step(i, SEED, real())
    # G for D's update and in each of its own; D of reals, of fakes and in G's.
    of_g, of_d = {"two of G": (3, 4), "at once": (1, 2)}.get(kind, (2, 3))
    assert passes(gan.generator) == 2 * [[0, 2 * of_g]]
    assert passes(gan.discriminator) == [[0, 2 * of_d]]


@pytest.mark.parametrize("name", ["direct", "refine"])
def test_tuning_asks_g_in_inference_mode_and_teaches_d_in_training_mode(name):
    gan = counting_gan()
    if name == "direct":
        proposer = sampling.direct(gan)
    else:
        proposer = sampling.refine(
            gan, policies.sgd(0.1), layer=2, steps=2, pick="random", xla=False
        )
    step = training.tune_step(gan, proposer, sgd(0.1), xla=False)
    for i in range(2):
        step(i, SEED, real())
    assert all(quiet > 0 and not loud for quiet, loud in passes(gan.generator))
    ((quiet, loud),) = passes(gan.discriminator)
    assert quiet > 0 and loud == 2 * 2  # of reals and of proposals


@pytest.mark.parametrize("kind", ["in turn", "at once"])
def test_batch_norm_follows_the_reals_the_fakes_and_again_the_fakes(kind):
    # Statistics a NumPy twin can follow: nets of batch-norm alone, which do not learn.
    def net(last=()):
        norm = keras.layers.BatchNormalization(
            momentum=0.5, epsilon=0.0, center=False, scale=False
        )
        made = models.LayeredModel([norm, *last])
        made(real()[:, :1])
        return made, norm

    (g, g_norm), (d, d_norm) = net(), net([lambda x: x[:, 0]])
    z = tf.constant([[0.0], [1.0], [5.0]])
    gan = GAN(g, d, lambda n, seed: z, objectives.nsgan())
    options = {"xla": False, **KINDS[kind]}
    training.train_step(gan, sgd(0.1), sgd(0.1), **options)(0, SEED, 3 * z + 1)
    fake = (z - 2) / np.std(z)  # what G makes by the batch's own statistics
    shown = {"in turn": (2, [3 * z + 1, fake, fake]), "at once": (1, [3 * z + 1, fake])}
    times, rows = shown[kind]
    for norm, batches in (g_norm, times * [z]), (d_norm, rows):
        mean, variance = 0.0, 1.0
        for batch in batches:
            mean, variance = (mean + np.mean(batch)) / 2, (variance + np.var(batch)) / 2
        np.testing.assert_allclose(norm.moving_mean, [mean], atol=1e-6)
        np.testing.assert_allclose(norm.moving_variance, [variance], rtol=1e-6)


def test_tuning_tells_the_proposer_of_the_reals_as_d_scores_them_now():
    gan, told = linear_gan(), []

    def init(seed, z, real):
        told.append((real, gan.discriminator(real.x), z))
        return real.score

    def propose(seed, z, state):
        np.testing.assert_array_equal(z, told[-1][2])
        np.testing.assert_array_equal(state, told[-1][1])
        return gan.scored(gan.generator(z)), state, {}

    step = training.tune_step(gan, base.Proposer(init, propose), sgd(0.3), xla=False)
    for i in range(2):
        step(i, SEED, real() + i)
    for i, (given, score, _) in enumerate(told):
        np.testing.assert_array_equal(given.x, real() + i)
        np.testing.assert_array_equal(given.score, score)


def told_the_step(gan):
    """D's loss is the number of the step."""

    def loss(discriminator, real, fake, *, seed, step, previous=None):
        return tf.cast(step, tf.float32) + 0.0 * tf.reduce_sum(discriminator(real))

    return gan._replace(objective=gan.objective._replace(discriminator_loss=loss))


@pytest.mark.parametrize("kind", [*KINDS, "tuning"])
def test_the_objective_is_told_the_number_of_the_step(kind):
    gan = told_the_step(linear_gan())
    if kind == "tuning":
        step = training.tune_step(gan, sampling.direct(gan), sgd(0.1), xla=False)
    else:
        step = training.train_step(gan, sgd(0.1), sgd(0.1), xla=False, **KINDS[kind])
    seen = []
    hooks = [lambda done, scalars: seen.append(scalars["d_loss"])]
    training.run(step, lambda i: real(), 7, seed=0, first=4, every=1, hooks=hooks)
    assert seen == [4, 5, 6]


@pytest.mark.parametrize("kind", [*KINDS, "tuning"])
def test_the_nets_own_penalties_are_in_the_loss_once_and_move_their_kernels(kind):
    def silent(discriminator, real, fake, *, seed, step, previous=None):
        return 0.0 * tf.reduce_sum(discriminator(real) + discriminator(fake))

    gan = linear_gan(kernel_regularizer=keras.regularizers.L2(0.5))
    objective = gan.objective._replace(
        discriminator_loss=silent, energy=lambda score: 0.0 * score
    )
    gan = gan._replace(objective=objective)
    nets = {"g_loss": gan.generator, "d_loss": gan.discriminator}
    if kind == "tuning":
        step = training.tune_step(gan, sampling.direct(gan), sgd(0.3), xla=False)
        updates = {"g_loss": 0, "d_loss": 1}
    else:
        step = training.train_step(gan, sgd(0.3), sgd(0.3), xla=False, **KINDS[kind])
        updates = {"g_loss": KINDS[kind].get("g_steps", 1), "d_loss": 1}
    before = {name: [v.numpy() for v in net.variables] for name, net in nets.items()}
    found = step(0, SEED, real())
    for name, net in nets.items():
        (kernel, bias), times = before[name], updates[name]
        if times:  # what the last update saw
            expected = 0.5 * np.sum((0.7 ** (times - 1) * kernel) ** 2)
            assert float(found[name]) == pytest.approx(expected, rel=1e-6)
        # The penalty's gradient is the kernel itself.
        np.testing.assert_allclose(net.variables[0], 0.7**times * kernel, rtol=1e-6)
        np.testing.assert_array_equal(net.variables[1], bias)
