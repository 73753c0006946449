"""Which rate: measured on the user's GAN, at one layer, for one policy."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, names, seeds, tensors
from tf_collab.cpu import compilation
from tf_collab.sampling import walking

__all__ = ["rate_advice", "rows", "spread", "suggest_rate"]

FIRST, PATH = 0.02, 0.5  # shares of the spread, of a first step and of a whole path
LITTLE, FAR = 0.01, 1.0  # ... of a path that leads nowhere, and to another sample
FLAT = 1e-6  # a fall of the energy, along one spread, that nothing can follow
TRIES = 24  # walks that a search for a rate takes at most
CLOSE, NEAR = 0.05, 0.2  # how far from a share its path may be; where lengths jump


def suggest_rate(
    gan: base.GAN,
    make_policy: Callable[[float], base.Policy],
    *,
    layer: int | str,
    real: base.Scored,
    steps: int | None = None,
    share: float | None = None,
    n: int = 256,
    seed: int | tf.Tensor = 0,
    bounds: tuple[float, float] | None = None,
    hold: Collection[str | int] = (),
) -> float:
    """The rate at which refinement moves the median sample by `share` of the spread.

    Without `steps` that is the move of the first step, 2 % by default. With `steps` it
    is the distance between the ends of a path of so many steps, a half by default,
    which includes the effects of the policy such as momentum: 20 steps of 2 % can lead
    nearly as far as another sample. The rate for a path is exact to a twentieth, or to
    a fifth where its length jumps as samples turn to other modes, and takes 24 walks of
    n samples at most.

    The spread is the root mean square distance of the layer's activations from their
    mean, over n samples. `make_policy` is a function of a rate, such as
    `policies.adam`; `bounds` and `hold` are those of `refine`, and `real` is held-out
    data with D's scores. Raises ValueError if the layer is the same for every latent,
    if D has no gradient there, or if no rate fits.

    Examples:
        >>> rate = tc.sampling.suggest_rate(gan, tc.policies.adam, layer=0, real=real)
        >>> refine = tc.sampling.refine(gan, tc.policies.adam(rate), layer=0, steps=20)
        >>> 0 < rate < 1
        True
    """
    checks.cuttable(gan.generator)
    if not callable(make_policy):
        raise ValueError(
            "make_policy is a function rate -> policy, such as policies.adam, not "
            f"{type(make_policy).__name__}"
        )
    if share is None:
        share = FIRST if steps is None else PATH
    if not share > 0:
        raise ValueError(f"share is a positive number, not {share}")
    if steps is not None and steps < 1:
        raise ValueError(f"a path takes 1 step or more, not {steps}")
    at = names.layer_of(gan.generator, layer)
    h = gan.generator.encode(gan.prior(n, seeds.as_seed(seed)), to=at)
    slope = _slope(gan, h, at, real, hold)
    rate = _first_rate(make_policy, slope, share / (steps or 1), layer)
    if steps is None:
        return rate
    fall = np.median(np.linalg.norm(rows(slope.grads), axis=1)) * slope.width
    if not fall > FLAT:
        raise ValueError(
            f"the energy of the median sample falls by {fall:.1g} at most along the "
            f"spread of layer {layer}: the discriminator is saturated, and what moves "
            "by its gradient follows rounding errors"
        )
    path = _path(gan, h, at, real, walking.limits(gan, at, bounds), hold)
    share_at = lambda rate: path(make_policy(rate), steps) / slope.width
    return _solved(share_at, share, rate, layer, steps)


def rate_advice(
    gan: base.GAN,
    make_policy: Callable[[float], base.Policy],
    rate: float,
    *,
    layer: int | str,
    real: base.Scored,
    steps: int | None = None,
    n: int = 64,
    seed: int | tf.Tensor = 0,
    bounds: tuple[float, float] | None = None,
    hold: Collection[str | int] = (),
) -> str | None:
    """A sentence if a rate is far from one that suits these steps, else None.

    With `steps` the path that the policy takes at this rate is walked: it is told if
    the median sample ends within 1 % of the spread, or further away than the spread,
    where other samples are; so are steps of a fifth of the spread or more, if all of
    them could lead that far. Without `steps`, some 20 are taken for granted: told is a
    rate a hundred times below the suggested one, or ten times above it. None also if D
    has no gradient to compare with. The other options are those of `suggest_rate`.
    """
    at = names.layer_of(gan.generator, layer)
    h = gan.generator.encode(gan.prior(n, seeds.as_seed(seed)), to=at)
    try:
        slope = _slope(gan, h, at, real, hold)
        usual = _first_rate(make_policy, slope, FIRST, layer)
    except ValueError:
        return None
    first = f"a rate of {usual:.2g} moves it by 2 % of its spread in the first step"
    if steps is None:
        if usual / 100 <= rate <= 10 * usual:
            return None
        what = "hardly moves" if rate < usual else "overshoots at"
        return f"{rate:g} {what} layer {layer}: {first}"
    path = _path(gan, h, at, real, walking.limits(gan, at, bounds), hold)
    share_at = lambda rate: path(make_policy(rate), steps) / slope.width
    share = share_at(rate)
    strides = rate > 10 * usual and steps * FIRST * rate / usual > FAR
    if share <= FAR and not strides and not share < LITTLE:
        return None
    what = "hardly moves" if share < LITTLE else "overshoots at"
    better, straight = first, PATH / FIRST / steps * usual
    with contextlib.suppress(ValueError):  # where no path leads that far
        half = _solved(share_at, PATH, straight, layer, steps)
        better = f"a rate of {half:.2g} moves it by half of its spread"
    return (
        f"{rate:g} {what} layer {layer}: it moves by {share:.2g} of its spread in "
        f"{steps} step{'s' if steps > 1 else ''}; {better}"
    )


def rows(leaves: Sequence[tf.Tensor]) -> np.ndarray:
    """Leaves [batch, ...] as `[batch, size]`, those of a sample side by side."""
    flat = [tensors.flatten(tf.cast(leaf, tf.float64)) for leaf in leaves]
    return tf.concat(flat, axis=1).numpy()


def spread(rows: np.ndarray) -> float:
    """The root mean square distance of rows from their mean."""
    return float(np.sqrt(np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))))


def _path(
    gan: base.GAN,
    h: Any,
    layer: int,
    real: base.Scored,
    bounds: tuple[float, float] | None,
    hold: Collection[str | int],
) -> Callable[[base.Policy, int], np.floating]:
    """`(policy, steps)` -> how far the median sample moves."""
    start, on = walking.ground(gan, layer, hold, h)
    on = on._replace(slope=compilation.graph(on.slope))

    def length(policy: base.Policy, steps: int) -> np.floating:
        begin, move = walking.motion(gan, policy, bounds, on)
        mean = walking.real_probability(gan, real) if policy.needs_ratio else 0.0
        h, state = start, begin(start)
        for _ in range(steps):
            h, state, _ = move(h, state, mean)
        moved = [a - b for a, b in zip(on.leaves(h), on.leaves(start))]
        return np.median(np.linalg.norm(rows(moved), axis=1))

    return length


def _solved(
    share_at: Callable[[float], Any],
    share: float,
    rate: float,
    layer: int | str,
    steps: int,
) -> float:
    """The rate at which `share_at` is `share`: between two that enclose it."""
    low, high, most, off, nearest = None, None, 0.0, np.inf, rate
    for _ in range(TRIES):
        found = share_at(rate)
        if np.isfinite(found) and abs(found / share - 1) <= off:
            off, nearest = abs(found / share - 1), rate
        if off < CLOSE:
            return nearest
        if np.isfinite(found) and found < share:
            low, most = rate, max(most, found)
        else:  # too far, maybe beyond all numbers
            high = rate
        if low is None or high is None:
            rate *= 2 if high is None else 0.5
        else:
            rate = float(np.sqrt(low * high))
            if high < 1.001 * low:  # between them it jumps
                break
    if off < NEAR:
        return nearest
    raise ValueError(
        f"no rate was found at which {steps} steps at layer {layer} move the median "
        f"sample by {share:g} of the spread; {most:.2g} was the most below it: give "
        "another share, or another number of steps"
    )


class Slope(NamedTuple):
    """What a first step needs."""

    moving: Sequence[tf.Tensor]  # leaves of an activation
    grads: Sequence[tf.Tensor]  # of the energy, by these leaves
    gap: Callable[[], tf.Tensor]  # for ladam
    width: float  # the spread of the layer


def _slope(
    gan: base.GAN, h: Any, layer: int, real: base.Scored, hold: Collection[str | int]
) -> Slope:
    h, on = walking.ground(gan, layer, hold, h)
    grads, (x, score, _) = on.slope(h)
    pairs = [(v, g) for v, g in zip(on.leaves(h), grads) if g is not None]

    def gap() -> tf.Tensor:
        mean = walking.real_probability(gan, real)
        return mean - tf.sigmoid(gan.log_ratio_of(base.Scored(x, score)))

    moving = [v for v, _ in pairs]
    return Slope(moving, [g for _, g in pairs], gap, spread(rows(moving)))


def _first_rate(
    make_policy: Callable[[float], base.Policy],
    slope: Slope,
    share: float,
    layer: int | str,
) -> float:
    """The rate whose first step moves the median sample by a share of the spread."""
    target, rate = share * slope.width, 1.0
    if not target > 0:
        raise ValueError(f"the generator's layer {layer} is the same for every latent")
    # One round is exact for a step proportional to the rate, as of all policies here.
    for _ in range(20):
        policy = make_policy(rate)
        deltas = [
            policy.update(grad, policy.init(v), gap=slope.gap)[0]
            for grad, v in zip(slope.grads, slope.moving)
        ]
        step = np.median(np.linalg.norm(rows(deltas), axis=1))
        if not (np.isfinite(step) and step > 0):
            raise ValueError(
                f"the first step at layer {layer} has length {step} for the median "
                "sample, so no rate fits: is the discriminator saturated?"
            )
        if abs(step / target - 1) < 1e-3:
            break
        rate *= float(target / step)
    return rate
