"""Where z comes from: `prior(n, seed) -> z`."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_collab import seeds

__all__ = ["normal", "quasi_normal", "quasi_uniform", "uniform"]


def normal(*shape: int) -> Callable[..., tf.Tensor]:
    """Independent standard normals, `[n, *shape]`."""
    return lambda n, seed: tf.random.stateless_normal([n, *shape], seed)


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Callable:
    """Independent uniforms on [low, high), `[n, *shape]`."""
    _check(low, high)
    return lambda n, seed: tf.random.stateless_uniform(
        [n, *shape], seed, minval=low, maxval=high
    )


def quasi_normal(dim: int) -> Callable[..., tf.Tensor]:
    """Standard normals `[n, dim]` that cover space more evenly than independent ones.

    Each alone has the law, together they do not: a mean over a batch varies less, as
    do the potentials of a Coulomb GAN's fakes. For training; samplers take each
    latent for independent.
    """
    return lambda n, seed: tf.math.ndtri(_lattice(n, dim, seed))


def quasi_uniform(dim: int, *, low: float = -1.0, high: float = 1.0) -> Callable:
    """The same with uniforms on (low, high), `[n, dim]`."""
    _check(low, high)
    return lambda n, seed: low + (high - low) * _lattice(n, dim, seed)


def _lattice(n, dim, seed):
    """Points [n, dim] in the open unit cube: i * steps + a random shift, modulo 1.

    The shift makes each point uniform (Cranley & Patterson, 1976). The steps are powers
    of the root of x**(dim + 1) = x + 1, the golden ratio for dim 1.
    """
    powers = np.zeros(dim + 2)
    powers[[0, -2, -1]] += 1, -1, -1
    root = max(np.roots(powers).real)
    index = tf.range(n, dtype=tf.float64)[:, None]
    steps = tf.math.floormod(index * root ** -np.arange(1.0, dim + 1), 1.0)
    u = tf.math.floormod(tf.cast(steps, tf.float32) + seeds.uniform([dim], seed), 1.0)
    return (tf.floor(2.0**23 * u) + 0.5) / 2**23  # never 0 or 1


def _check(low, high):
    if not low < high:
        raise ValueError(f"a uniform prior needs low < high, not {low} and {high}")
