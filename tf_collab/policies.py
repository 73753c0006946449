"""How an activation moves along the gradient of its energy: (init, update) pairs.

Gradients are per sample (gradients of the sum of energies). A state is created anew for
every roll-out, so it cannot be left over from another one. States are float32 or wider,
with a row for each sample, which may be older than its neighbour. `rate` is the step
size, above 0.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, tensors

__all__ = ["adam", "ladam", "momentum", "sgd"]

_Gap = Callable[[], tf.Tensor]  # see base.PolicyUpdate


def sgd(rate: float) -> base.Policy:
    """Steepest descent: `delta = -rate * g`."""

    def update(grad: tf.Tensor, state: tuple, *, gap: _Gap) -> tuple[tf.Tensor, tuple]:
        del gap
        return -rate * grad, state

    return _policy(lambda h: (), update)


def momentum(rate: float, *, decay: float = 0.9) -> base.Policy:
    """Heavy ball: `v = decay * v + rate * g`, `delta = -v`."""

    def update(
        grad: tf.Tensor, velocity: tf.Tensor, *, gap: _Gap
    ) -> tuple[tf.Tensor, tf.Tensor]:
        del gap
        velocity = decay * velocity + rate * grad
        return -velocity, velocity

    return _policy(tf.zeros_like, update)


class AdamState(NamedTuple):
    """Moments of the gradient, and powers of their decay rates."""

    mean: tf.Tensor  # [batch, *act]
    square: tf.Tensor  # [batch, *act]
    power1: tf.Tensor  # [batch], beta1**t, for the bias correction
    power2: tf.Tensor  # [batch], beta2**t


def adam(
    rate: float, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> base.Policy:
    """Adam with bias correction (Kingma and Ba, 2015, arXiv:1412.6980).

    `delta = -rate * m / (sqrt(v) + epsilon)`, with the corrected moments m and v.
    """

    def init(h: tf.Tensor) -> AdamState:
        zero, one = tf.zeros_like(h), tf.ones(tf.shape(h)[:1], h.dtype)
        return AdamState(zero, zero, one, one)

    def update(
        grad: tf.Tensor, state: AdamState, *, gap: _Gap
    ) -> tuple[tf.Tensor, AdamState]:
        del gap
        mean = beta1 * state.mean + (1 - beta1) * grad
        square = beta2 * state.square + (1 - beta2) * tf.square(grad)
        power1, power2 = beta1 * state.power1, beta2 * state.power2
        left1, left2 = (tensors.expand(1 - p, grad) for p in (power1, power2))
        delta = -rate * (mean / left1) / (tf.sqrt(square / left2) + epsilon)
        return delta, AdamState(mean, square, power1, power2)

    return _policy(init, update)


class LadamState(NamedTuple):
    """Running averages, each of which starts at its first value."""

    mean: tf.Tensor  # [batch, *act], m: of the gradient
    square: tf.Tensor  # [batch, *act], v: of the squared gradient
    gap: tf.Tensor  # [batch], L: of the gap between the reals' and the sample's D
    first: tf.Tensor  # [batch] bool, whether nothing has been averaged yet


def ladam(
    rate: float,
    *,
    beta1: float = 0.9,
    beta2: float = 0.5,
    beta3: float = 0.5,
    degree: float = 2,
) -> base.Policy:
    """Adam that slows down for samples which D already takes for real.

    It is the `ladam` of the 2-D code of the authors of collaborative sampling:
    `delta = -rate * m / (sqrt(v) + 1e-8) * max(L + 0.5, 0)**degree`. There is no bias
    correction, since the averages start at their first values; `beta1`, `beta2` and
    `beta3` are the decay rates of m, v and L. L averages the gap, one number per
    sample: the mean probability that D gives to reals, minus the sample's own. A sample
    stands still once L <= -0.5.
    """

    def average(
        old: tf.Tensor, new: tf.Tensor, decay: float, first: tf.Tensor
    ) -> tf.Tensor:
        return tensors.where(first, new, decay * old + (1 - decay) * new)

    def init(h: tf.Tensor) -> LadamState:
        zero = tf.zeros_like(h)
        gap = tf.zeros(tf.shape(h)[:1])
        return LadamState(zero, zero, gap, tf.ones_like(gap, tf.bool))

    def update(
        grad: tf.Tensor, state: LadamState, *, gap: _Gap
    ) -> tuple[tf.Tensor, LadamState]:
        mean = average(state.mean, grad, beta1, state.first)
        square = average(state.square, tf.square(grad), beta2, state.first)
        lag = average(state.gap, gap(), beta3, state.first)
        brake = tf.cast(tf.pow(tf.nn.relu(lag + 0.5), degree), grad.dtype)
        delta = -rate * mean / (tf.sqrt(square) + 1e-8) * tensors.expand(brake, grad)
        return delta, LadamState(mean, square, lag, tf.zeros_like(lag, tf.bool))

    return _policy(init, update)._replace(needs_ratio=True)


def _policy(init: Callable, update: Callable) -> base.Policy:
    """The policy, computed in float32 or wider: in bfloat16 Adam's 0.999 is 1."""

    def wide_update(grad: tf.Tensor, state: Any, *, gap: _Gap) -> tuple[tf.Tensor, Any]:
        delta, state = update(tensors.wide(grad), state, gap=gap)
        return tf.cast(delta, grad.dtype), state

    return base.Policy(lambda h: init(tensors.wide(h)), wide_update)
