"""A program of its own: nets trained by one process and by three replicas.

Prints a JSON object: for each case how far its weights moved, and how far from each
other those of one process and of three replicas are then.
"""

import json

import numpy as np
import tensorflow as tf
from helpers import cheaply

REPLICAS = 3
cpu = tf.config.list_physical_devices("CPU")[0]
cheaply.trace_quickly()
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * REPLICAS
)

import keras  # noqa: E402

import tf_collab as tc  # noqa: E402
from tf_collab.cpu.normalization import BatchNormalization  # noqa: E402

N, STEPS = 24, 10
sgd = keras.optimizers.SGD


def points(i):
    return tc.data.ring(scale=1.0).batch(N, tc.seeds.fold_in(tc.seeds.as_seed(1), i))


def images(i):
    seed = tc.seeds.fold_in(tc.seeds.as_seed(1), i)
    return tf.random.stateless_uniform([N, 4, 4, 3], seed, -1, 1)


def planar(objective, prior):
    nets = (
        tc.models.MLPGenerator(8, 3, seed=0),
        tc.models.MLPDiscriminator(8, 3, seed=1),
    )
    return tc.GAN(*nets, prior, objective)


def gradient_penalty():
    gan = planar(tc.objectives.wgan_gp(), tc.priors.normal(2))
    return gan, points, tc.training.train_step(gan, sgd(0.01), sgd(0.01), g_steps=2)


def coulomb():
    """Each point is left out of its own mean, wherever it stands among the replicas."""
    objective = tc.objectives.coulomb(epsilon=0.3, sigma=0.1, self_term="drop")
    gan = planar(objective, tc.priors.uniform(2))
    before = tf.Variable(
        tf.zeros([N, 2]),
        trainable=False,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
    options = {"simultaneous": True, "previous": before}
    return gan, points, tc.training.train_step(gan, sgd(0.1), sgd(0.1), **options)


def convolutions():
    """Whose batch-norm is fused where one device trains."""
    layers = keras.layers
    g = tc.models.LayeredModel(
        [
            keras.Sequential([layers.Dense(2 * 2 * 4), layers.Reshape([2, 2, 4])]),
            keras.Sequential([BatchNormalization(), layers.ReLU()]),
            layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh"),
        ]
    )
    d = tc.models.LayeredModel(
        [
            layers.Conv2D(4, 4, 2, "same"),
            keras.Sequential([BatchNormalization(), layers.LeakyReLU()]),
            keras.Sequential([layers.Flatten(), layers.Dense(1), layers.Reshape([])]),
        ]
    )
    gan = tc.GAN(g, d, tc.priors.uniform(5), tc.objectives.nsgan())
    d(g(gan.prior(2, (0, 1))))
    return gan, images, tc.training.train_step(gan, sgd(0.1), sgd(0.1))


def shaping():
    gan = planar(tc.objectives.nsgan(), tc.priors.normal(2))
    refine = tc.sampling.refine(
        gan, tc.policies.ladam(0.1), layer=1, steps=4, pick="random"
    )
    return gan, points, tc.training.tune_step(gan, refine, sgd(0.1))


CASES = [gradient_penalty, coulomb, convolutions, shaping]


def trained(make, scope):
    """The weights before and after, and the losses."""
    keras.utils.set_random_seed(0)
    with scope:
        gan, batch_at, step = make()
    nets = gan.generator, gan.discriminator
    for net in nets:
        tc.replicas.synchronize(net)
    weights = lambda: [v.numpy() for net in nets for v in net.variables]
    before, losses = weights(), []
    note = lambda done, scalars: losses.append([*scalars.values()])
    tc.training.run(step, batch_at, STEPS, seed=3, every=STEPS, hooks=[note])
    return before, [*weights(), np.array(losses)]


def apart(a, b):
    return float(max(np.abs(v - w).max() for v, w in zip(a, b)))


def refusals(strategy):
    """What replicas cannot do, each in its words."""
    words = []

    def refused(make):
        try:
            make()
        except ValueError as error:
            words.append(str(error))

    with strategy.scope():
        shared = planar(tc.objectives.nsgan(), tc.priors.normal(2))
        step = tc.training.train_step(shared, sgd(0.1), sgd(0.1))
        walk = tc.sampling.ddls(shared)
        refused(
            lambda: tc.training.train_step(shared, sgd(0.1, clipnorm=1.0), sgd(0.1))
        )
        refused(lambda: tc.training.train_step(shared, sgd(0.1), sgd(0.1), xla=True))
        refused(lambda: tc.training.tune_step(shared, walk, sgd(0.1)))
    refused(lambda: tc.training.train_step(shared, sgd(0.1), sgd(0.1)))
    refused(lambda: tc.training.run(step, lambda i: tf.zeros([25, 2]), 1, seed=0))
    return words


if __name__ == "__main__":
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(REPLICAS)])
    found = {}
    for case in CASES:
        before, one = trained(case, tf.distribute.get_strategy().scope())
        _, three = trained(case, strategy.scope())
        found[case.__name__] = [apart(before, one), apart(one, three)]
    found["refused"] = refusals(strategy)
    print(json.dumps(found))
