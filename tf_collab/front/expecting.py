"""How near to the data a sampler's samples will be, by plain ones it would keep."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import tf_collab as tc
from tf_collab.front.forecasting import Kept
from tf_collab.front.gradients import Walked
from tf_collab.front.judging import Judge
from tf_collab.front.verdict import FEWEST, HEAD, PLAIN, REFINED, Line, lines
from tf_collab.metrics import Interval

__all__ = ["expected", "gains", "numbers"]

ERRORS = 1.96  # standard errors, of 95 %


def expected(
    judge: Judge,
    real: np.ndarray,
    plain: np.ndarray,
    keeps: Mapping[str, Kept],
    costs: Mapping[str, float],
    walked: Walked | None,
    *,
    seed: int,
    groups: np.ndarray | None = None,
) -> list[Line]:
    """Lines as of a verdict: distances to reals, and differences from plain samples.

    `real` and `plain` are features; what an acceptor keeps are plain samples by
    weights. `groups` are those of the reals.
    """
    sets = dict.fromkeys(keeps, plain)
    weights = {method: kept.weights for method, kept in keeps.items()}
    size = {m: tc.metrics.effective_size(w) for m, w in weights.items()}
    shares = {method: kept.share for method, kept in keeps.items()}
    refined = []
    if walked is not None and walked.walk is not None and walked.looks is not None:
        refined = [REFINED]
        n = len(walked.looks)
        sets |= {REFINED: walked.looks, HEAD: plain[:n]}
        size[REFINED], shares[REFINED] = float(n), 1.0
        costs = {**costs, REFINED: walked.walk.cost}
    enough = [m for m in sets if m == HEAD or size[m] >= FEWEST]
    found = tc.metrics.resampled_mmd(
        real,
        {m: sets[m] for m in enough},
        kernel=judge.kernel,
        seed=seed,
        aligned=enough,
        weights={m: w for m, w in weights.items() if m in enough},
        groups=groups,
    )
    if refined:
        found = found.controlled(refined, part=HEAD, whole=PLAIN)
    return lines(found, size, shares, costs)


def gains(
    now: np.ndarray,
    good: Callable[[Any], Any],
    keeps: Mapping[str, Kept],
    walked: Walked | None,
) -> dict[str, Interval]:
    """By how much the mean of `good` rises above that of plain samples, `now` [n]."""
    found = {}
    for method, kept in keeps.items():
        w = kept.weights
        mean = np.average(now, weights=w) if w.any() else np.nan
        found[method] = _interval(
            mean - now.mean(), w * (now - mean) - (now - now.mean())
        )
    if walked is not None and walked.walk is not None:
        after = numbers(good, walked.x)
        more = after - now[: len(after)]
        found[REFINED] = _interval(more.mean(), more)
    return found


def numbers(good: Callable[[Any], Any], x: Any) -> np.ndarray:
    """What `good` gives, as an array [n]."""
    found = np.asarray(good(x), np.float64)
    if found.ndim != 1:
        raise ValueError(
            "good gives a number for each sample, [n], not an array of shape "
            f"{list(found.shape)}"
        )
    return found


def _interval(value: float, parts: np.ndarray) -> Interval:
    half = ERRORS * float(parts.std(ddof=1)) / np.sqrt(len(parts))
    return Interval(float(value), float(value - half), float(value + half))
