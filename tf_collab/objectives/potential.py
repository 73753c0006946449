"""The Coulomb GAN (Unterthiner et al., 2018, arXiv:1708.08819).

Real samples y attract, fake samples x repel: the potential at a is

    phi(a) = E_y k(a, y) - E_x k(a, x),

with k the Plummer kernel. D regresses phi and G climbs D, so the energy is -score.
That is the paper's sign; its authors' code has the opposite one in both places.

Distances of images are matrix products, which TensorFlow rounds to TF32 on recent
GPUs: call `tf.config.experimental.enable_tensor_float_32_execution(False)`, as the
experiments do.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from tf_collab import base, seeds
from tf_collab.objectives import pairs

__all__ = ["coulomb", "field", "plummer_kernel", "potentials"]

SelfTerm = Literal["drop", "keep"]
LOSSES = {"l1": tf.abs, "l2": tf.square}
NO_WIDTH = "epsilon must be above 0"
LARGEST = 3e38  # of float32, about


def plummer_kernel(
    squared_distance: Any, *, dimension: float = 3, epsilon: float | tf.Tensor = 1.0
) -> tf.Tensor:
    """(r**2 + epsilon**2)**(-(dimension - 2) / 2): 1/r smoothed, for dimension 3.

    `dimension` is the kernel's alone, whatever that of the points. `epsilon` must be
    above 0: ValueError if not, or, of a tensor, InvalidArgumentError.
    """
    _check(dimension, epsilon)
    squared_distance = tf.convert_to_tensor(squared_distance)
    if tf.is_tensor(epsilon):
        epsilon = tf.cast(epsilon, squared_distance.dtype)
        tf.debugging.assert_positive(epsilon, NO_WIDTH)
    return tf.pow(squared_distance + epsilon**2, -(dimension - 2) / 2)


def field(
    a: Any,
    real: Any,
    fake: Any,
    *,
    dimension: float = 3,
    epsilon: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """The potential [len(a)] that real and fake [batch, *data] make at other points a.

    Points are float64 if one is, else float32; so is the potential.
    """
    kernel = functools.partial(plummer_kernel, dimension=dimension, epsilon=epsilon)
    a, real, fake = pairs.as_points(a, real, fake)
    return pairs.kernel_mean(a, real, kernel) - pairs.kernel_mean(a, fake, kernel)


def potentials(
    real: Any,
    fake: Any,
    *,
    dimension: float = 3,
    epsilon: float | tf.Tensor = 1.0,
    self_term: SelfTerm = "drop",
) -> tuple[tf.Tensor, tf.Tensor]:
    """The potential at the points that make it: (at real [n], at fake [m]).

    "drop" leaves each point's own k(x, x) out and averages over the n - 1 others:
    unbiased, 0 in the mean where real and fake are of one law. "keep", the authors',
    is higher by b at reals and lower by b at fakes, b = (epsilon**-(dimension - 2)
    - E k) / n, and with it D is also, in part, a classifier.
    """
    _check(dimension, epsilon, self_term)
    points = real, fake
    return _potentials(points, points, dimension, epsilon, own=self_term)


def coulomb(
    *,
    dimension: float = 3,
    epsilon: float | Callable[[Any], float | tf.Tensor] = 1.0,
    loss: Literal["l1", "l2"] = "l2",
    self_term: SelfTerm = "drop",
    sigma: float = 0.0,
) -> base.Objective:
    """D regresses the batch's potential; its score is not a density ratio.

    `epsilon` may be a schedule step -> epsilon, such as Keras' of learning rates.
    D is asked, and phi taken, where normal noise of scale `sigma` moves the samples:
    the samples that make phi stay. D also learns phi at `previous`, fakes of the step
    before, where they are given.

    Among the replicas of a `tf.distribute` strategy, all with as many samples, phi is
    the field of the global batch, and the loss the mean over a replica's own points.
    """
    _check(dimension, 1.0 if callable(epsilon) else epsilon, self_term)
    if loss not in LOSSES:
        raise ValueError(f"loss must be 'l1' or 'l2', not {loss!r}")
    if not sigma >= 0:
        raise ValueError(f"sigma must be 0 or above, not {sigma}")
    # A point that has moved is at a distance from itself.
    own = None if sigma and self_term == "keep" else self_term

    def moved(x, seed):
        if not sigma:
            return x
        # Odd multiples of 2**-24, so never 1; seeds.uniform is the same inside XLA.
        centred = 2.0 * seeds.uniform(tf.shape(x), seed) - 1.0 + 2.0**-24
        noise = math.sqrt(2.0) * tf.math.erfinv(centred)
        return x + tf.cast(sigma * noise, x.dtype)

    def regression(discriminator, x, potential):
        score = tf.cast(discriminator(x, training=True), potential.dtype)
        score = tf.ensure_shape(score, potential.shape)  # [batch, 1] would broadcast
        return tf.reduce_mean(LOSSES[loss](score - potential))

    def discriminator_loss(discriminator, real, fake, *, seed, step, previous=None):
        width = epsilon(step) if callable(epsilon) else epsilon
        real_seed, fake_seed, previous_seed = seeds.split(seed, 3)
        at_real, at_fake = moved(real, real_seed), moved(fake, fake_seed)
        points = [tf.stop_gradient(x) for x in (at_real, at_fake)]
        charges = [_of_all_replicas(tf.stop_gradient(x)) for x in (real, fake)]
        phi_real, phi_fake = _potentials(points, charges, dimension, width, own=own)
        value = regression(discriminator, at_real, phi_real)
        value += regression(discriminator, at_fake, phi_fake)
        if previous is not None:
            at = tf.stop_gradient(moved(previous, previous_seed))
            phi = field(at, *charges, dimension=dimension, epsilon=width)
            value += regression(discriminator, at, phi)
        return value

    return base.Objective(discriminator_loss, energy=tf.negative, log_ratio=None)


def _of_all_replicas(x):
    """x [n, *data] of every replica, [replicas * n, *data], beginning with one's own.

    A point thus keeps its index, by which its own pair is known.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return x
    replicas, mine = context.num_replicas_in_sync, context.replica_id_in_sync_group
    # all_gather does not work between workers, but a sum of what is 0 elsewhere does.
    place = tf.reshape(tf.one_hot(mine, replicas, dtype=x.dtype), [-1, *[1] * x.ndim])
    shards = context.all_reduce(tf.distribute.ReduceOp.SUM, place * x)
    shards = tf.roll(shards, -mine, axis=0)
    return tf.reshape(shards, [-1, *x.shape[1:]])


def _potentials(points, charges, dimension, epsilon, *, own):
    """What (real, fake) make at such points of the same indices."""
    kernel = functools.partial(plummer_kernel, dimension=dimension, epsilon=epsilon)
    at_real, at_fake, real, fake = pairs.as_points(*points, *charges)
    counts = real.shape[0], fake.shape[0]
    if own == "drop" and 1 in counts:
        raise ValueError(
            "self_term='drop' leaves each point out of its own mean, so it needs two "
            "or more of each kind, but got {} real and {} fake".format(*counts)
        )
    mean = functools.partial(pairs.kernel_mean, kernel=kernel)
    return (
        mean(at_real, real, own=own) - mean(at_real, fake),
        mean(at_fake, real) - mean(at_fake, fake, own=own),
    )


def _check(dimension, epsilon, self_term="drop"):
    if not dimension > 2:
        raise ValueError(
            f"the kernel's dimension must be above 2 for it to fall with distance, "
            f"not {dimension}"
        )
    if not tf.is_tensor(epsilon):
        if not epsilon > 0:
            raise ValueError(
                f"{NO_WIDTH}, not {epsilon}: at 0 the kernel is infinite where two "
                "points coincide"
            )
        powers = max(2, dimension - 2) * abs(math.log(epsilon))
        if not powers < math.log(LARGEST):
            raise ValueError(
                f"epsilon={epsilon} to the power of {dimension - 2} or 2 is beyond "
                "float32: give one nearer 1, or a smaller dimension"
            )
    if self_term not in ("drop", "keep"):
        raise ValueError(f"self_term must be 'drop' or 'keep', not {self_term!r}")
