"""Refinement of a small GAN whose every gradient is known, as arrays."""

import functools

import numpy as np
import tensorflow as tf

from helpers import oracles
from tf_collab import Scored, policies, sampling, seeds

SKEWED = oracles.skewed_gan()
REAL = Scored(None, tf.constant([1.0, 2.0]))
Z = SKEWED.prior(40, seeds.as_seed(0))
POLICIES = {
    "sgd": policies.sgd(0.1),
    "momentum": policies.momentum(0.1),
    "adam": policies.adam(0.1),
    "ladam": policies.ladam(0.1),
}


@functools.cache  # so that what is traced once serves many a test
def proposer_of(gan, policy, **options):
    return sampling.refine(gan, policy, **options)


def refined(gan, policy=POLICIES["ladam"], *, z=Z, seed=0, **options):
    """(samples, info), both as arrays."""
    options = {"layer": 1, "steps": 4, "xla": False} | options
    proposer = proposer_of(gan, policy, **options)
    state = proposer.init(seeds.as_seed(0), z, REAL)
    found, _, info = proposer.step(seeds.as_seed(seed), z, state)
    return tf.nest.map_structure(lambda leaf: leaf.numpy(), (found, info))


def visited(gan, policy=POLICIES["ladam"], *, z=Z, layer=1, steps=4, **options):
    path = sampling.trajectory(gan, policy, layer=layer, steps=steps, **options)
    return tf.nest.map_structure(lambda leaf: leaf.numpy(), path(z, REAL))


def depths_on(path, x):
    """[steps + 1, batch]: which points of its own trajectory each sample is."""
    same = np.isclose(path.x, x[None], rtol=1e-5, atol=1e-6)
    return same.reshape(*same.shape[:2], -1).all(axis=2)
