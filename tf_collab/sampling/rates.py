"""Which rate: measured on the user's GAN, at one layer, for one policy."""

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
    hold: Collection[str | int] = (),
) -> float:
    """The rate at which refinement moves the median sample by `share` of the spread.

    Without `steps` that is the move of the first step, 2 % by default. With `steps` it
    is the length of a path of so many steps, a half by default, if the slope stays what
    it is at first: with the effects of the policy, such as momentum, by which 20 steps
    of 2 % can lead further than to another sample. The path of a sample that comes to
    rest is shorter. A rate at which it were as long would have to leave what is good,
    and so is not looked for.

    The spread is the root mean square distance of the layer's activations from their
    mean, over n samples. `make_policy` is a function of a rate, such as
    `policies.adam`; `hold` is that of `refine`, and `real` is held-out data with D's
    scores. Raises ValueError if the layer is the same for every latent,
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
    if steps is not None:
        fall = np.median(np.linalg.norm(rows(slope.grads), axis=1)) * slope.width
        if not fall > FLAT:
            raise ValueError(
                f"the energy of the median sample falls by {fall:.1g} at most along "
                f"the spread of layer {layer}: the discriminator is saturated, and "
                "what moves by its gradient follows rounding errors"
            )
    return _rate(make_policy, slope, share, layer, steps or 1)


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
        usual = _rate(make_policy, slope, FIRST, layer, 1)
    except ValueError:
        return None
    first = f"a rate of {usual:.2g} moves it by 2 % of its spread in the first step"
    if steps is None:
        if usual / 100 <= rate <= 10 * usual:
            return None
        what = "hardly moves" if rate < usual else "overshoots at"
        return f"{rate:g} {what} layer {layer}: {first}"
    path = _path(gan, h, at, real, walking.limits(gan, at, bounds), hold)
    share = path(make_policy(rate), steps) / slope.width
    strides = rate > 10 * usual and steps * FIRST * rate / usual > FAR
    if share <= FAR and not strides and not share < LITTLE:
        return None
    what = "hardly moves" if share < LITTLE else "overshoots at"
    half = _rate(make_policy, slope, PATH, layer, steps)
    return (
        f"{rate:g} {what} layer {layer}: it moves by {share:.2g} of its spread in "
        f"{steps} step{'s' if steps > 1 else ''}; a rate of {half:.2g} moves it by "
        "half of its spread down a steady slope"
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


def _rate(
    make_policy: Callable[[float], base.Policy],
    slope: Slope,
    share: float,
    layer: int | str,
    steps: int,
) -> float:
    """The rate whose steps down this slope move the median sample by a share."""
    target, rate = share * slope.width, 1.0
    if not target > 0:
        raise ValueError(f"the generator's layer {layer} is the same for every latent")
    # One round is exact for steps proportional to the rate, as of all policies here.
    for _ in range(20):
        policy = make_policy(rate)
        states = [policy.init(v) for v in slope.moving]
        away: Any = 0.0
        for _ in range(steps):
            moves = [
                policy.update(grad, state, gap=slope.gap)
                for grad, state in zip(slope.grads, states)
            ]
            states = [state for _, state in moves]
            away = away + rows([delta for delta, _ in moves])
        length = np.median(np.linalg.norm(away, axis=1))
        if not (np.isfinite(length) and length > 0):
            raise ValueError(
                f"the first step at layer {layer} has length {length} for the median "
                "sample, so no rate fits: is the discriminator saturated?"
            )
        if abs(length / target - 1) < 1e-3:
            break
        rate *= float(target / length)
    return rate
