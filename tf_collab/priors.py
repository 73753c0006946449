"""Where z comes from: priors that draw as `prior(n, seed) -> z` and know their density.

A GAN takes any function of that form. Methods that move in the latent space need a
`base.Prior`, and the functions here return one.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, seeds, tensors

__all__ = [
    "labelled",
    "normal",
    "quasi_normal",
    "quasi_uniform",
    "reweighted",
    "truncated",
    "uniform",
]

_EDGE = 2.0**-24  # of a share in float32, where the normal of it is still finite

LOOKS = 1000  # latents whose weights are looked at where a prior is reweighted
ROUNDS = 10_000  # after which a latent that was always refused ends the draw


def normal(*shape: int) -> base.Prior:
    """The prior of independent standard normals; z is `[n, *shape]` float32."""
    return base.Prior(
        lambda n, seed: tf.random.stateless_normal([n, *shape], seed),
        log_density=lambda z: _summed(-(tf.square(z) + math.log(2 * math.pi)) / 2),
        from_normal=tf.identity,
        to_normal=tf.identity,
        spec=("normal", shape, ()),
    )


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> base.Prior:
    """The prior of independent uniforms on [low, high); z is `[n, *shape]` float32.

    Its density includes `high`, so that clipped latents are in the support. Raises
    ValueError unless low < high.
    """
    _check(low, high)
    clip = lambda z: tf.clip_by_value(z, low, high)

    def log_density(z: tf.Tensor) -> tf.Tensor:
        # The product has a gradient, of 0, where a constant would have none.
        inside = 0.0 * z - math.log(high - low)
        return _summed(tf.where((low <= z) & (z <= high), inside, -math.inf))

    def from_normal(z: tf.Tensor) -> tf.Tensor:
        share = tf.math.erfc(-z / math.sqrt(2.0)) / 2
        return clip(low + (high - low) * share)  # rounding may leave the range

    def to_normal(z: tf.Tensor) -> tf.Tensor:
        share = (z - low) / (high - low)
        return tf.math.ndtri(tf.clip_by_value(share, _EDGE, 1 - _EDGE))

    return base.Prior(
        lambda n, seed: tf.random.stateless_uniform(
            [n, *shape], seed, minval=low, maxval=high
        ),
        log_density,
        clip,
        from_normal,
        to_normal,
        spec=("uniform", shape, (low, high)),
    )


def truncated(*shape: int, at: float = 1.5) -> base.Prior:
    """The prior of standard normals, each drawn again while it is beyond `at`.

    The truncation trick (Brock et al., 2019, arXiv:1809.11096, section 3.1): samples
    nearer to what G gives most, and fewer kinds of them. z is `[n, *shape]` float32 in
    [-at, at], and it asks nothing of D. Raises ValueError unless `at` is above 0.
    """
    if not at > 0:
        raise ValueError(f"normals are truncated at a number above 0, not at {at}")
    inside = math.erf(at / math.sqrt(2))  # the share of normals that are
    clip = lambda z: tf.clip_by_value(z, -at, at)

    def log_density(z: tf.Tensor) -> tf.Tensor:
        log_normal = -(tf.square(z) + math.log(2 * math.pi)) / 2 - math.log(inside)
        return _summed(tf.where(tf.abs(z) <= at, log_normal, -math.inf))

    # In float64: at both ends much of z is little of erf.
    def from_normal(z: tf.Tensor) -> tf.Tensor:
        share = inside * tf.math.erf(tf.cast(z, tf.float64) / math.sqrt(2))
        return clip(tf.cast(math.sqrt(2) * tf.math.erfinv(share), tf.float32))

    def to_normal(z: tf.Tensor) -> tf.Tensor:
        share = tf.math.erf(tf.cast(clip(z), tf.float64) / math.sqrt(2)) / inside
        share = tf.clip_by_value(share, 2 * _EDGE - 1, 1 - 2 * _EDGE)
        return tf.cast(math.sqrt(2) * tf.math.erfinv(share), tf.float32)

    return base.Prior(
        lambda n, seed: from_normal(tf.random.stateless_normal([n, *shape], seed)),
        log_density,
        clip,
        from_normal,
        to_normal,
        spec=("truncated", shape, (at,)),
    )


def quasi_normal(dim: int) -> base.Prior:
    """The prior of standard normals z `[n, dim]` that cover space more evenly.

    Each z alone is standard normal, but the z of one batch are not independent: a mean
    over the batch varies less, and so do the potentials of a Coulomb GAN's fakes. Use
    it for training only, since samplers rely on independent latents.
    """
    return normal(dim)._replace(
        draw=lambda n, seed: tf.math.ndtri(_lattice(n, dim, seed)), spec=None
    )


def quasi_uniform(dim: int, *, low: float = -1.0, high: float = 1.0) -> base.Prior:
    """`quasi_normal` with uniforms on (low, high); z is `[n, dim]`.

    Raises ValueError unless low < high.
    """
    return uniform(dim, low=low, high=high)._replace(
        draw=lambda n, seed: low + (high - low) * _lattice(n, dim, seed), spec=None
    )


def labelled(
    prior: base.LatentDraw,
    classes: int,
    *,
    frequencies: Sequence[float] | None = None,
    one_hot: bool = False,
    in_turn: bool = False,
) -> base.Prior:
    """The prior of (z, label): z of a prior, and independent of z a class label.

    Labels are int32 [n], or one-hot float32 [n, classes]. The classes are equally
    likely, or have the given `frequencies` [classes], whose sum may be any number above
    0: [0, 0, 1] draws label 2 alone. `in_turn` gives row i of each draw the label i
    modulo `classes`, so that all are there equally often, and chains of one row stay
    within a label. Raises ValueError if `classes` or `frequencies` is out of range, or
    if `frequencies` go with `in_turn`.

    Examples:
        >>> prior = tc.priors.labelled(tc.priors.normal(16), 10)
        >>> z, label = prior(5, tc.seeds.as_seed(0))
        >>> z.shape, label.shape
        (TensorShape([5, 16]), TensorShape([5]))
    """
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(f"classes must be a whole number above 0, not {classes!r}")
    if in_turn and frequencies is not None:
        raise ValueError("labels in turn are equally frequent: leave frequencies out")
    weights = np.asarray([1.0] * classes if frequencies is None else frequencies, float)
    if weights.shape != (classes,) or not (weights.min() >= 0 and weights.sum() > 0):
        raise ValueError(
            f"frequencies must be a number of 0 or more for each of {classes} classes, "
            f"not all 0, such as frequencies=[1, 2, 1], not {frequencies!r}"
        )
    shares = weights / weights.sum()
    told = None if frequencies is None else tuple(weights.tolist())
    # Only of classes that occur, so that rounding cannot give another.
    occurring = np.flatnonzero(shares)
    ends = np.cumsum(shares[occurring])[:-1].astype("float32")
    own = prior if isinstance(prior, base.Prior) else base.Prior(prior)
    of_z, clip = own.log_density, own.clip

    def draw(n: Any, seed: tf.Tensor) -> tuple[Any, tf.Tensor]:
        first, second = seeds.split(seed)
        if in_turn:
            label = tf.range(n) % classes
        else:
            u = seeds.uniform([n], second)
            label = tf.gather(
                tf.constant(occurring, tf.int32), tf.searchsorted(ends, u, side="right")
            )
        return own(n, first), tf.one_hot(label, classes) if one_hot else label

    def log_density(pair: tuple[Any, tf.Tensor]) -> tf.Tensor:
        assert of_z is not None
        z, label = pair
        index = tf.argmax(label, -1) if one_hot else label
        logs = np.log(np.maximum(shares, 1e-300))
        of_label = tf.gather(tf.constant(np.where(shares > 0, logs, -np.inf)), index)
        return of_z(z) + tf.cast(of_label, tf.float32)

    return base.Prior(
        draw,
        None if of_z is None else log_density,
        None if clip is None else lambda pair: (clip(pair[0]), pair[1]),
        spec=("labelled", own.spec, (classes, told, one_hot, in_turn)),
    )


def reweighted(
    prior: base.LatentDraw, weight: Callable[[Any], tf.Tensor], *, bound: float = 3.0
) -> base.Prior:
    """The prior whose z are kept with probability min(1, weight(z) / bound).

    The sampling of latentRS (Issenhuth et al., 2021, arXiv:2110.09803): G runs for the
    latents that are kept alone. `weight(z)` is [n], 0 or more, as `fit_weight` gives
    it; a z whose weight is not a number is not kept. A z above the bound counts as one
    at it, and is drawn less often than it should be: 1000 latents are looked at, and if
    more than one in a hundred is above, or fewer are kept, that is told (`Doubt`).

    The density is that of the prior times the weight up to a factor that nobody knows,
    and so the prior tells none: walks by a density are refused. It keeps the `clip`.
    Raises ValueError if the bound is not above 0, if weights are not [n], or if none
    of those latents has one; a draw ends in an error if a latent is always refused.

    Examples:
        >>> right = lambda z: tf.nn.sigmoid(9 * z[:, 0])
        >>> z = tc.priors.reweighted(tc.priors.normal(2), right, bound=1)(50, (0, 1))
        >>> bool(np.mean(z[:, 0] > 0) > 0.8)
        True
    """
    if not bound > 0:
        raise ValueError(f"weights have a bound above 0, not {bound}")

    def share(z: Any) -> tf.Tensor:
        found = tf.cast(weight(z), tf.float32) / bound
        if found.shape.rank != 1:
            raise ValueError(f"a weight is [n], and this one gives {found.shape}")
        return found

    def draw(n: Any, seed: tf.Tensor) -> Any:
        def one(index: tf.Tensor, z: Any, missing: tf.Tensor) -> tuple:
            z_seed, keep_seed = seeds.split(seeds.fold_in(seed, index))
            fresh = prior(n, z_seed)
            keep = missing & (seeds.uniform([n], keep_seed) < share(fresh))
            return index + 1, tensors.where(keep, fresh, z), missing & ~keep

        start = one(0, prior(n, seed), tf.fill([n], True))
        _, z, missing = tf.while_loop(
            lambda index, z, missing: tf.reduce_any(missing) & (index < ROUNDS),
            one,
            (tf.constant(start[0]), *start[1:]),
        )
        told = f"a latent was refused {ROUNDS} times: its weights are far below bound"
        with tf.control_dependencies(
            [tf.debugging.Assert(~tf.reduce_any(missing), [told])]
        ):
            return tf.nest.map_structure(tf.identity, z)

    seen = np.asarray(share(prior(LOOKS, seeds.as_seed(0))))
    kept, above = np.nanmean(np.clip(seen, 0, 1)), np.mean(seen > 1)
    if not kept > 0:
        raise ValueError(f"none of {LOOKS} latents has a weight above 0")
    if above > 0.01 or kept < 0.01:
        warnings.warn(
            f"{above:.1%} of the latents have weights above the bound of {bound:g}, "
            "and are drawn less often than their weights ask, and "
            f"{kept:.1%} are kept: another bound, or weights fitted to this one",
            base.Doubt,
            stacklevel=2,
        )
    return base.Prior(draw, clip=getattr(prior, "clip", None))


def _summed(log_density: tf.Tensor) -> tf.Tensor:
    """The log density of each coordinate [batch, ...] -> of each z [batch]."""
    return tf.reduce_sum(log_density, axis=list(range(1, log_density.shape.rank)))


def _lattice(n: int | tf.Tensor, dim: int, seed: tf.Tensor) -> tf.Tensor:
    """Points [n, dim] in the open unit cube: i * steps + a random shift, modulo 1.

    The shift makes each point uniform (Cranley & Patterson, 1976). The steps are the
    inverse powers of the root of x**(dim + 1) = x + 1, which is the golden ratio for
    dim 1.
    """
    powers = np.zeros(dim + 2)
    powers[[0, -2, -1]] += 1, -1, -1
    root = max(np.roots(powers).real)
    index = tf.range(n, dtype=tf.float64)[:, None]
    steps = tf.math.floormod(index * root ** -np.arange(1.0, dim + 1), 1.0)
    u = tf.math.floormod(tf.cast(steps, tf.float32) + seeds.uniform([dim], seed), 1.0)
    return (tf.floor(2.0**23 * u) + 0.5) / 2**23  # never 0 or 1


def _check(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"a uniform prior needs low < high, not {low} and {high}")
