"""How an activation moves under the gradient of its energy: (init, update) pairs.

Gradients are per sample (of the energies' sum), and a state is made anew on every
roll-out, so nobody can forget to reset it. States are of float32 at least.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tf_collab import base, tensors

__all__ = ["adam", "ladam", "momentum", "sgd"]


def sgd(rate: float) -> base.Policy:
    """Steepest descent: `delta = -rate * g`."""

    def update(grad, state, *, gap):
        del gap
        return -rate * grad, state

    return _policy(lambda h: (), update)


def momentum(rate: float, *, decay: float = 0.9) -> base.Policy:
    """Heavy ball: `v = decay * v + rate * g`, `delta = -v`."""

    def update(grad, velocity, *, gap):
        del gap
        velocity = decay * velocity + rate * grad
        return -velocity, velocity

    return _policy(tf.zeros_like, update)


class AdamState(NamedTuple):
    """Moments of the gradient, and the powers of their decays."""

    mean: tf.Tensor  # [batch, *act]
    square: tf.Tensor  # [batch, *act]
    power1: tf.Tensor  # [], beta1**t, for the bias correction
    power2: tf.Tensor  # [], beta2**t


def adam(
    rate: float, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> base.Policy:
    """Adam with bias correction (Kingma and Ba, 2015, arXiv:1412.6980)."""

    def init(h):
        zero, one = tf.zeros_like(h), tf.ones([], h.dtype)
        return AdamState(zero, zero, one, one)

    def update(grad, state, *, gap):
        del gap
        mean = beta1 * state.mean + (1 - beta1) * grad
        square = beta2 * state.square + (1 - beta2) * tf.square(grad)
        power1, power2 = beta1 * state.power1, beta2 * state.power2
        scale = tf.sqrt(square / (1 - power2)) + epsilon
        delta = -rate * (mean / (1 - power1)) / scale
        return delta, AdamState(mean, square, power1, power2)

    return _policy(init, update)


class LadamState(NamedTuple):
    """Running averages, each starting at its first value."""

    mean: tf.Tensor  # [batch, *act], m
    square: tf.Tensor  # [batch, *act], v
    gap: tf.Tensor  # [batch], L: how far D puts a sample below the reals
    first: tf.Tensor  # [] bool, nothing averaged yet


def ladam(
    rate: float,
    *,
    beta1: float = 0.9,
    beta2: float = 0.5,
    beta3: float = 0.5,
    degree: float = 2,
) -> base.Policy:
    """Adam slowed down for samples that D already believes (the 2-D code's `ladam`).

    `delta = -rate * m / (sqrt(v) + 1e-8) * max(L + 0.5, 0)**degree`, without bias
    correction: the averages start at their first values. L averages the gap, one
    number per sample; a sample stands still once L <= -0.5.
    """

    def average(old, new, decay, first):
        return tf.where(first, new, decay * old + (1 - decay) * new)

    def init(h):
        zero = tf.zeros_like(h)
        gap = tf.zeros(tf.shape(h)[:1])
        return LadamState(zero, zero, gap, tf.constant(True))

    def update(grad, state, *, gap):
        mean = average(state.mean, grad, beta1, state.first)
        square = average(state.square, tf.square(grad), beta2, state.first)
        lag = average(state.gap, gap(), beta3, state.first)
        brake = tf.cast(tf.pow(tf.nn.relu(lag + 0.5), degree), grad.dtype)
        delta = -rate * mean / (tf.sqrt(square) + 1e-8) * tensors.expand(brake, grad)
        return delta, LadamState(mean, square, lag, tf.constant(False))

    return _policy(init, update)._replace(needs_ratio=True)


def _policy(init: Callable, update: Callable) -> base.Policy:
    """Reckoned in float32 at least: in bfloat16 Adam's 0.999 is 1."""

    def wide_update(grad, state, *, gap):
        delta, state = update(tensors.wide(grad), state, gap=gap)
        return tf.cast(delta, grad.dtype), state

    return base.Policy(lambda h: init(tensors.wide(h)), wide_update)
