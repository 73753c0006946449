"""A net that nobody can build again learns on variables of its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, models, objectives, priors, sampling, seeds, training
from tf_collab.cpu import compilation

X = np.random.default_rng(0).normal(size=[6, 4]).astype("f4")


class Critic(keras.Model):
    """Made with what no config tells, with every kind of state that Keras has."""

    def __init__(self, width):
        super().__init__()
        self.hidden = keras.layers.Dense(width, "relu", kernel_regularizer="l2")
        self.norm = keras.layers.BatchNormalization(momentum=0.5)
        self.drop = keras.layers.Dropout(0.5)
        self.out = keras.layers.Dense(1)

    def call(self, x, training=False):
        h = self.norm(self.hidden(x), training=training)
        return self.out(self.drop(h, training=training))[:, 0]


@pytest.fixture
def critic():
    net = Critic(5)
    net(X, training=True)  # averages that are not those of a new net
    return net


def values(net):
    return [np.array(v) for v in net.variables]


def test_it_gives_what_the_net_gives(critic):
    twin = models.copy(critic)
    assert np.array_equal(twin(X), critic(X))
    assert [v.shape for v in twin.variables] == [v.shape for v in critic.variables]
    assert [v.trainable for v in twin.variables] == [
        v.trainable for v in critic.variables
    ]
    again = models.copy(twin)
    assert np.array_equal(again(X), critic(X))


def test_its_gradients_are_the_nets(critic):
    twin, found = models.copy(critic), []
    for net in (critic, twin):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(net(x) ** 2)
        found.append(tape.gradient(loss, [x, *net.trainable_variables]))
    for ours, theirs in zip(*found):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_training_it_leaves_the_net_and_moves_its_own_averages(critic):
    twin, before = models.copy(critic), values(critic)
    z = priors.normal(4)
    gan = GAN(models.LayeredModel([tf.identity]), twin, z, objectives.nsgan())
    step = training.tune_step(gan, sampling.direct(gan), keras.optimizers.SGD(0.1))
    for i in range(2):
        step(tf.constant(i), seeds.as_seed(i), tf.constant(X))
    assert all(map(np.array_equal, values(critic), before))
    names = [v.name for v in twin.variables]
    changed = dict(zip(names, map(np.array_equal, values(twin), before)))
    assert not any(changed[n] for n in ("kernel", "moving_mean", "moving_variance"))


def test_penalties_of_the_nets_layers_are_its_own(critic):
    twin = models.copy(critic)
    for net in (critic, twin):
        net(X)
    assert np.allclose(sum(twin.losses), sum(critic.losses)) and sum(twin.losses) > 0


def test_a_net_inside_others_is_held_apart_alone(critic):
    whole = models.LayeredModel([keras.layers.Dense(4, name="first"), critic])
    whole(X)
    twin = models.copy(whole)
    assert np.array_equal(twin(X), whole(X))
    assert isinstance(twin.stages[0], keras.layers.Dense)
    twin.variables[-1].assign([5.0])
    assert not np.array_equal(twin(X), whole(X))


def test_a_checkpoint_brings_it_back(critic, tmp_path):
    twin = models.copy(critic)
    path = tf.train.Checkpoint(d=twin).write(str(tmp_path / "d"))
    other = models.copy(critic)
    for variable in other.trainable_variables:
        variable.assign(variable + 1)
    tf.train.Checkpoint(d=other).read(path).assert_existing_objects_matched()
    assert np.array_equal(other(X), critic(X))


def test_xla_is_chosen_by_the_nets_own_layers(critic):
    class Convolving(keras.Model):
        def __init__(self, width):
            super().__init__()
            self.hidden = keras.layers.Conv1D(width, 1)

        def call(self, x):
            return keras.ops.mean(self.hidden(x[..., None]), axis=[1, 2])

    net = Convolving(2)
    net(X)
    for original in (critic, net):
        twin = models.copy(original)
        assert compilation.worthwhile(twin) == compilation.worthwhile(original)


def test_a_copy_of_a_frozen_net_can_be_thawed(critic):
    critic.trainable = False
    twin = models.copy(critic)
    assert not twin.trainable_variables
    models.thaw(twin)
    assert len(twin.trainable_variables) == 6 and not critic.trainable_variables
    assert np.array_equal(twin(X), critic(X))
