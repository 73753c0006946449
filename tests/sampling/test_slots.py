"""Tests for tf_collab.sampling.slots: full slots, and the paths of the plain loop."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers.known_refinement import POLICIES, SKEWED, Z

from tf_collab import GAN, objectives, priors
from tf_collab.models import LayeredModel
from tf_collab.sampling import rollout, slots

STEPS = 6
DEPTH = tf.constant(np.random.default_rng(0).integers(0, STEPS + 1, len(Z)), tf.int32)


WALKS = [*((name, "best") for name in sorted(POLICIES)), ("adam", "last")]


def lost_above(at):
    """A GAN whose D says NaN of samples beyond a sum."""

    def discriminate(x, training=False):
        score = SKEWED.discriminator(x)
        return tf.where(tf.reduce_sum(x, 1) > at, float("nan"), score)

    return SKEWED._replace(discriminator=discriminate)


@pytest.mark.parametrize("name, pick", [*WALKS, ("ladam", "random"), ("NaN", "last")])
def test_each_sample_takes_the_path_of_the_plain_loop(name, pick, monkeypatch):
    monkeypatch.setattr(slots, "FEWEST", 1)
    gan = lost_above(0.5) if name == "NaN" else SKEWED
    options = gan, POLICIES.get(name, POLICIES["sgd"]), 0, pick, 0.7, None, ()
    depth = DEPTH if pick == "random" else tf.fill([len(Z)], STEPS)
    given = Z, depth, tf.linspace(0.1, 0.9, len(Z))
    plain = tf.function(rollout.roll_out(*options, leave=False))(*given)
    full = tf.function(slots.roll_out(*options, slots=7))(*given)
    np.testing.assert_array_equal(full.steps, plain.steps)
    assert len(np.unique(plain.steps)) > 2  # else this tests little
    for ours, theirs in zip(full, plain):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def counting(passes):
    """A D that says its input, and counts how often it is asked."""

    def discriminate(x, training=False):
        passes.assign_add(1)
        return x[:, 0]

    generator = LayeredModel([tf.identity])
    return GAN(generator, discriminate, priors.normal(1), objectives.nsgan())


@pytest.mark.parametrize("wide", [1, 4, 30])
def test_cost_follows_the_mean_number_of_steps(wide):
    passes = tf.Variable(0)
    gan = counting(passes)
    # Walks up by steps of a tenth, until D is sure enough at 2.2; few begin far below.
    below = np.random.default_rng(0).permutation(np.linspace(0, 1, 30) ** 4)
    z = tf.constant(2.1 - 4 * below[:, None], tf.float32)
    walk = slots.roll_out(gan, POLICIES["adam"], 0, "last", 0.9, None, (), slots=wide)
    walk = tf.function(walk)
    given = z, tf.fill([30], 60), tf.zeros([30])
    walk.get_concrete_function(*given)
    passes.assign(0)
    taken = walk(*given).steps.numpy()
    # A list schedule is this near to the shortest (Graham, 1969), of `wide` machines.
    visits = taken + 1
    assert passes <= math.ceil(visits.sum() / wide) + visits.max()
    assert passes >= max(visits.sum() / wide, visits.max())
    assert visits.max() > 3 * visits.mean()  # else this tests little


def test_a_batch_of_any_size_is_walked():
    walk = tf.function(
        slots.roll_out(SKEWED, POLICIES["sgd"], 0, "last", 0.7, None, (), slots=3),
        input_signature=[
            tf.TensorSpec([None, Z.shape[1]]),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None]),
        ],
    )
    whole = walk(Z, DEPTH, tf.zeros([len(Z)]))
    for n in (1, 2, 5):
        some = walk(Z[:n], DEPTH[:n], tf.zeros([n]))
        for part, of_all in zip(some, whole):
            np.testing.assert_allclose(part, of_all[:n], rtol=1e-5, atol=1e-6)
