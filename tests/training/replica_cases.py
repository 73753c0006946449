"""Nets and steps that one process and three replicas train alike."""

import keras
import tensorflow as tf

import tf_collab as tc
from tf_collab.cpu.normalization import BatchNormalization

N = 24
sgd = keras.optimizers.SGD


def points(i):
    return tc.data.ring(scale=1.0).batch(N, tc.seeds.fold_in(tc.seeds.as_seed(1), i))


def images(i):
    seed = tc.seeds.fold_in(tc.seeds.as_seed(1), i)
    return tf.random.stateless_uniform([N, 4, 4, 3], seed, -1, 1)


def planar(objective, prior):
    nets = (
        tc.models.MLPGenerator(8, 2, seed=0),
        tc.models.MLPDiscriminator(8, 2, seed=1),
    )
    return tc.GAN(*nets, prior, objective)


def labelled_points(i):
    return points(i), tf.range(N, dtype=tf.int64) % 3


class Beside(keras.layers.Layer):
    """A dense layer of x and its label, which it hands on."""

    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, pair, training=False):
        x, label = pair
        h = self.dense(tf.concat([x, tf.one_hot(label, 3)], axis=1))
        return tf.nn.leaky_relu(h), label


class InThirds(keras.Model):
    """A net that, while it learns, sees each third of a batch as a batch."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def call(self, x, training=False):
        parts = tf.split(x, 3) if training else [x]
        return tf.concat([self.net(each, training=training) for each in parts], axis=0)


def labels():
    g = tc.models.LayeredModel([Beside(8), Beside(2)])
    d = tc.models.LayeredModel([Beside(8), Beside(1), lambda pair: pair[0][:, 0]])
    prior = tc.priors.labelled(tc.priors.normal(2), 3)
    gan = tc.GAN(g, d, prior, tc.objectives.nsgan(), hold=(1,))
    d(g(prior(2, (0, 1))))
    return (
        gan,
        labelled_points,
        tc.training.train_step(gan, sgd(0.1), sgd(0.1), xla=False),
    )


def relativistic():
    """A pair is a real and a fake of one replica, as they are of one process."""
    gan = planar(tc.objectives.relativistic(), tc.priors.normal(2))
    return gan, points, tc.training.train_step(gan, sgd(0.1), sgd(0.1), xla=False)


def kale():
    gan = planar(tc.objectives.kale(), tc.priors.normal(2))
    return gan, points, tc.training.train_step(gan, sgd(0.02), sgd(0.02), xla=False)


def coulomb_with_itself():
    """Each point keeps the term of itself, and D learns absolute differences."""
    objective = tc.objectives.coulomb(epsilon=0.3, loss="l1", self_term="keep")
    gan = planar(objective, tc.priors.uniform(2))
    return gan, points, tc.training.train_step(gan, sgd(0.1), sgd(0.1), xla=False)


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


def plain():
    gan = planar(tc.objectives.nsgan(), tc.priors.normal(2))
    return gan, points, tc.training.train_step(gan, sgd(0.1), sgd(0.1), xla=False)


def in_thirds():
    gan = planar(tc.objectives.nsgan(), tc.priors.normal(2))
    gan = gan._replace(generator=InThirds(gan.generator))
    gan.generator(gan.prior(3, (0, 1)))
    return gan, points, tc.training.train_step(gan, sgd(0.1), sgd(0.1), xla=False)


CASES = [gradient_penalty, coulomb, coulomb_with_itself, convolutions, shaping]
CASES += [labels, relativistic, kale]
