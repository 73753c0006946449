"""The Coulomb GAN (Unterthiner et al., 2018, arXiv:1708.08819).

Real samples y attract, fake samples x repel: the potential at a is

    phi(a) = E_y k(a, y) - E_x k(a, x),

with k the Plummer kernel. D regresses phi and G climbs D, so the energy is -score.
This is the sign of the paper; its authors' code has the opposite sign in both places.

Distances between images are computed by matrix products, which TensorFlow rounds to
TF32 on recent GPUs. The experiments prevent it:
`tf.config.experimental.enable_tensor_float_32_execution(False)`.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import tensorflow as tf

from tf_collab import base, replicas, seeds, tensors
from tf_collab.objectives import pairs

__all__ = ["coulomb", "field", "plummer_kernel", "potentials"]

SelfTerm = Literal["drop", "keep"]
LOSSES = {"l1": tf.abs, "l2": tf.square}
NO_WIDTH = "epsilon must be above 0"
LARGEST = 3e38  # about the largest float32


def plummer_kernel(
    squared_distance: Any, *, dimension: float = 3, epsilon: float | tf.Tensor = 1.0
) -> tf.Tensor:
    """(r**2 + epsilon**2)**(-(dimension - 2) / 2), of the shape of r**2.

    For dimension 3 it is a smoothed 1 / r. `dimension`, above 2, is that of the kernel
    and may differ from that of the points. Raises ValueError if `dimension` or
    `epsilon` is out of range, or InvalidArgumentError if `epsilon` is a tensor that is
    not above 0.
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
    """The potential [k] of real [n, *data] and fake [m, *data] at other points a.

    a is [k, *data]. Points and potential are float64 if any of the points are, else
    float32. Raises ValueError as `plummer_kernel` does, or if the shapes differ.
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

    `self_term="drop"` leaves out each point's own k(x, x) and averages over the n - 1
    others. It is unbiased: 0 in the mean where real and fake have the same law. With
    "keep", as in the authors' code, the potential is higher by b at reals and lower by
    b at fakes, where b = (epsilon**-(dimension - 2) - E k) / n, so that D also becomes
    a classifier in part. Raises ValueError if an option is out of range, or for "drop"
    with a single real or fake.
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
    """D regresses the potential phi of the batch; its score is not a density ratio.

    `epsilon` is a number, or a schedule step -> epsilon such as those of Keras for
    learning rates. D learns phi at the samples after normal noise of scale `sigma`
    moved them; the samples that make phi do not move. D also learns phi at `previous`,
    the fakes of the step before, where they are given. Raises ValueError if an option
    is out of range.

    Among the replicas of a `tf.distribute` strategy, which need equally many samples,
    phi is the field of the global batch, and the loss is the mean over a replica's own
    points.
    """
    _check(dimension, 1.0 if callable(epsilon) else epsilon, self_term)
    if loss not in LOSSES:
        raise ValueError(f"loss must be 'l1' or 'l2', not {loss!r}")
    if not sigma >= 0:
        raise ValueError(f"sigma must be 0 or above, not {sigma}")
    # A point that noise has moved is at a distance from itself.
    own = None if sigma and self_term == "keep" else self_term

    def moved(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if not sigma:
            return x
        # Odd multiples of 2**-24, so never -1 or 1; seeds.uniform is the same in XLA.
        draw = lambda n, seed: seeds.uniform([n, *x.shape[1:]], seed)
        uniform = replicas.drawn(draw, tensors.batch_size(x), seed)
        centred = 2.0 * uniform - 1.0 + 2.0**-24
        noise = math.sqrt(2.0) * tf.math.erfinv(centred)
        return x + tf.cast(sigma * noise, x.dtype)

    def regression(
        discriminator: Callable[..., tf.Tensor], x: tf.Tensor, potential: tf.Tensor
    ) -> tf.Tensor:
        score = tf.cast(discriminator(x, training=True), potential.dtype)
        score = tf.ensure_shape(score, potential.shape)  # [batch, 1] would broadcast
        return tf.reduce_mean(LOSSES[loss](score - potential))

    def discriminator_loss(
        discriminator: Callable[..., tf.Tensor],
        real: Any,
        fake: Any,
        *,
        seed: tf.Tensor,
        step: tf.Tensor,
        previous: Any = None,
    ) -> tf.Tensor:
        width = epsilon(step) if callable(epsilon) else epsilon
        real_seed, fake_seed, previous_seed = seeds.split(seed, 3)
        at_real, at_fake = moved(real, real_seed), moved(fake, fake_seed)
        points = [tf.stop_gradient(x) for x in (at_real, at_fake)]
        charges = [_own_first(tf.stop_gradient(x)) for x in (real, fake)]
        phi_real, phi_fake = _potentials(points, charges, dimension, width, own=own)
        value = regression(discriminator, at_real, phi_real)
        value += regression(discriminator, at_fake, phi_fake)
        if previous is not None:
            at = tf.stop_gradient(moved(previous, previous_seed))
            phi = field(at, *charges, dimension=dimension, epsilon=width)
            value += regression(discriminator, at, phi)
        return value

    return base.Objective(discriminator_loss, energy=tf.negative, log_ratio=None)


def _own_first(x: tf.Tensor) -> tf.Tensor:
    """x [n, *data] of all replicas, [replicas * n, *data], this replica's own first.

    So a point keeps its index, which tells the pair of the point with itself.
    """
    if replicas.count() == 1:
        return x
    return tf.roll(replicas.gathered(x), -replicas.number() * x.shape[0], axis=0)


def _potentials(
    points: Sequence[Any],
    charges: Sequence[Any],
    dimension: float,
    epsilon: float | tf.Tensor,
    *,
    own: SelfTerm | None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """The potential of charges (real, fake) at points (real, fake) of equal indices."""
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


def _check(
    dimension: float, epsilon: float | tf.Tensor, self_term: str = "drop"
) -> None:
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
