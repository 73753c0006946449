"""Which rate: measured on the user's GAN, at one layer, for one policy."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, names, seeds, tensors
from tf_collab.cpu import compilation
from tf_collab.sampling import walking

__all__ = ["rate_advice", "rows", "spread", "suggest_rate"]

FIRST, PATH = 0.02, 0.5  # shares of the spread, of a first step and of a whole path
FLAT = 1e-6  # a fall of the energy, along one spread, that nothing can follow
TRIES = 24  # walks that a search for a rate takes at most


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
    nearly as far as another sample. The rate for a path is exact to a twentieth, and
    takes 24 walks of n samples at most.

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
    moving, grads, gap = _gradients(gan, h, at, real, hold)

    def first_step(rate: float) -> np.floating:
        policy = make_policy(rate)
        deltas = [
            policy.update(g, policy.init(v), gap=gap)[0] for g, v in zip(grads, moving)
        ]
        return np.median(np.linalg.norm(rows(deltas), axis=1))

    width = spread(rows(moving))
    target, rate = share * width / (steps or 1), 1.0
    if not target > 0:
        raise ValueError(f"the generator's layer {layer} is the same for every latent")
    # One round is exact for a step proportional to the rate, as of all policies here.
    for _ in range(20):
        step = first_step(rate)
        if not (np.isfinite(step) and step > 0):
            raise ValueError(
                f"the first step at layer {layer} has length {step} for the median "
                "sample, so no rate fits: is the discriminator saturated?"
            )
        if abs(step / target - 1) < 1e-3:
            break
        rate *= float(target / step)
    if steps is None:
        return rate
    fall = np.median(np.linalg.norm(rows(grads), axis=1)) * width
    if not fall > FLAT:
        raise ValueError(
            f"the energy of the median sample falls by {fall:.1g} at most along the "
            f"spread of layer {layer}: the discriminator is saturated, and what moves "
            "by its gradient follows rounding errors"
        )
    path = _path(gan, h, at, real, walking.limits(gan, at, bounds), hold)
    return _solved(
        lambda rate: path(make_policy(rate), steps) / width, share, rate, layer, steps
    )


def rate_advice(
    gan: base.GAN,
    make_policy: Callable[[float], base.Policy],
    rate: float,
    *,
    layer: int | str,
    real: base.Scored,
    n: int = 64,
    seed: int | tf.Tensor = 0,
    hold: Collection[str | int] = (),
) -> str | None:
    """A sentence if a rate is far from the suggested one, else None.

    Far means a hundred times too low, so that 20 steps stay within a hundredth of the
    spread, or ten times too high, so that the first step alone is a fifth of it. None
    also if D has no gradient to compare with.
    """
    try:
        usual = suggest_rate(
            gan, make_policy, layer=layer, real=real, n=n, seed=seed, hold=hold
        )
    except ValueError:
        return None
    if usual / 100 <= rate <= 10 * usual:
        return None
    what = "hardly moves" if rate < usual else "overshoots at"
    return (
        f"{rate:g} {what} layer {layer}: a rate of {usual:.2g} moves it by 2 % of its "
        "spread in the first step"
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
    low, high, most = None, None, 0.0
    for _ in range(TRIES):
        found = share_at(rate)
        if np.isfinite(found) and abs(found / share - 1) < 0.05:
            return rate
        if np.isfinite(found) and found < share:
            low, most = rate, max(most, found)
        else:  # too far, maybe beyond all numbers
            high = rate
        if low is None or high is None:
            rate *= 2 if high is None else 0.5
        else:
            rate = float(np.sqrt(low * high))
    raise ValueError(
        f"no rate was found at which {steps} steps at layer {layer} move the median "
        f"sample by {share:g} of the spread; {most:.2g} was the most below it: give "
        "another share, or another number of steps"
    )


def _gradients(
    gan: base.GAN, h: Any, layer: int, real: base.Scored, hold: Collection[str | int]
) -> tuple[Sequence[tf.Tensor], Sequence[tf.Tensor], Callable[[], tf.Tensor]]:
    """The leaves that move, the gradients of the energy, and the gap for ladam."""
    h, on = walking.ground(gan, layer, hold, h)
    grads, (x, score, _) = on.slope(h)
    pairs = [(v, g) for v, g in zip(on.leaves(h), grads) if g is not None]

    def gap() -> tf.Tensor:
        mean = walking.real_probability(gan, real)
        return mean - tf.sigmoid(gan.log_ratio_of(base.Scored(x, score)))

    return [v for v, _ in pairs], [g for _, g in pairs], gap
