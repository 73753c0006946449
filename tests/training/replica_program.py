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
import replica_cases as cases  # noqa: E402

import tf_collab as tc  # noqa: E402

STEPS = 10
sgd = keras.optimizers.SGD


def trained(make, scope, synchronized=True):
    """The weights before and after, and the losses.

    The moving averages of batch-norms that are not synchronized are left out: the
    thirds update them in turn in one process, and at once in three replicas.
    """
    keras.utils.set_random_seed(0)
    with scope:
        gan, batch_at, step = make()
    nets = gan.generator, gan.discriminator
    for net in nets if synchronized else ():
        tc.replicas.synchronize(net)
    told = lambda net: net.variables if synchronized else net.trainable_variables
    weights = lambda: [v.numpy() for net in nets for v in told(net)]
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
        shared = cases.planar(tc.objectives.nsgan(), tc.priors.normal(2))
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
    for case in cases.CASES:
        before, one = trained(case, tf.distribute.get_strategy().scope())
        _, three = trained(case, strategy.scope())
        found[case.__name__] = [apart(before, one), apart(one, three)]
    alone = tf.distribute.get_strategy().scope
    _, together = trained(cases.plain, alone(), synchronized=False)
    _, one = trained(cases.in_thirds, alone(), synchronized=False)
    _, three = trained(cases.plain, strategy.scope(), synchronized=False)
    found["own_statistics"] = [apart(together, three), apart(one, three)]
    found["refused"] = refusals(strategy)
    print(json.dumps(found))
