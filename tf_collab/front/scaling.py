"""Whether samples and data differ by a scaling, judged by what most of them are."""

from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab import oddities
from tf_collab.front.case import few

__all__ = ["drawn", "flaws"]

DRAWS = 4  # of 64 samples
FACTOR = 10.0  # between the spreads of data and samples
REACH = 10.0  # of data beside which samples are narrow, and not those of a poor G
CENTRAL = (0.5, 0.8, 0.9)  # the shares of all numbers whose ranges must all differ
ALIKE = 0.15  # between standardised columns, on average; chance has some 0.06
STANDARDISED = (
    "data and samples have columns of the same shapes, in other units, of which one "
    "has mean 0 and variance 1: give data in the units that the generator was trained "
    "on, standardised or not"
)
GRID, FINE = np.linspace(0.05, 0.95, 19), np.linspace(0.01, 0.99, 99)


def drawn(gan: tc.GAN, seed: int) -> Any:
    """Samples to compare with the data."""
    parts = [few(gan, seed + i) for i in range(DRAWS)]
    return tf.nest.map_structure(lambda *leaves: np.concatenate(leaves), *parts)


def flaws(real: Any, fake: Any) -> list[str]:
    """A sentence for each leaf of floats whose samples are the data scaled or moved.

    Far out numbers do not count: heavy tails, rare values and a G with some outliers
    are of the data's scale.
    """
    found = []
    for pair in zip(tf.nest.flatten(real), tf.nest.flatten(fake)):
        if not tf.as_dtype(pair[0].dtype).is_floating:
            continue
        a, b = (np.ravel(np.asarray(leaf, "float64")) for leaf in pair)
        columns = np.ndim(pair[0]) == 2 and pair[0].shape[1] == pair[1].shape[1]
        if any(differ(a, b) for differ in DIFFER):
            (low, high), (least, most) = (np.quantile(v, (0.05, 0.95)) for v in (a, b))
            found.append(
                f"of the samples' numbers 90 % lie in [{least:.3g}, {most:.3g}], and "
                f"of the data's in [{low:.3g}, {high:.3g}]: {oddities.SCALE}"
            )
        elif columns and _standardised(*pair):
            found.append(STANDARDISED)
    return found


def _standardised(real: np.ndarray, fake: np.ndarray) -> bool:
    """Whether one has mean 0 and variance 1, and the other is the like in other units.

    The like has columns of the same shapes, once they are standardised, and some that
    are moved by a deviation or twice as wide, as those of a G that learned little are
    not: they are narrow.
    """
    a, b = (np.asarray(x, "float64") for x in (real, fake))
    moved = {"real": (a, b, 0.1), "fake": (b, a, 0.3)}.values()
    if not any(_is_standard(x, within) and _is_moved(y) for x, y, within in moved):
        return False
    kept = (a.std(0) > 0) & (b.std(0) > 0)
    one, other = (
        np.quantile((x - x.mean(0)) / x.std(0), FINE, axis=0)
        for x in (a[:, kept], b[:, kept])
    )
    return bool(kept.any() and np.abs(one - other).mean() < ALIKE)


def _is_standard(x: np.ndarray, within: float) -> bool:
    """Whether its columns, or all its numbers, have about mean 0 and deviation 1."""
    return any(
        bool((np.abs([v.mean(0), v.std(0) - 1]) < within).all())
        for v in (x, x.reshape(-1, 1))
    )


def _is_moved(x: np.ndarray) -> bool:
    return bool((np.abs(x.mean(0)) > 1).any() or (x.std(0) > 2).any())


def _stretched(real: np.ndarray, fake: np.ndarray) -> bool:
    """Whether all central ranges differ by the factor, in the same direction."""
    tails = [(1 - share) / 2 for share in CENTRAL]
    wide, made = (
        np.quantile(v, np.subtract(1, tails)) - np.quantile(v, tails)
        for v in (real, fake)
    )
    # Most numbers may be the same, as those of a dark margin.
    known = (wide > 0.01 * wide[-1]) & (made > 0.01 * made[-1])
    if not known[-1]:
        return False
    ratio = (made / np.where(known, wide, 1))[known]
    narrow = np.abs(np.quantile(real, (0.05, 0.95))).max() > REACH
    return bool((ratio >= FACTOR).all() or (narrow and (ratio <= 1 / FACTOR).all()))


def _signed(unit: np.ndarray, signed: np.ndarray) -> bool:
    """Whether one lies in [0, 1], and the other is the like in [-1, 1]."""
    inside = unit.min() >= -0.001 and unit.max() <= 1.001
    if not inside or np.mean(np.abs(signed) > 1.1) > 0.01 or np.ptp(unit) == 0:
        return False
    if np.mean(signed < -0.1) < 0.1:
        return False
    one, other = (np.quantile(v, GRID) for v in (unit, signed))
    apart, back = (np.abs(one - v).mean() for v in (other, (other + 1) / 2))
    # The halving alone brings them half as near.
    return bool(back < apart / 4)


def _other_sign(real: np.ndarray, fake: np.ndarray) -> bool:
    return _signed(real, fake) or _signed(fake, real)


def _bounded(real: np.ndarray, fake: np.ndarray) -> bool:
    """Whether the data fill [0, 1] or [-1, 1], beyond which most of the samples lie."""
    for low, high in ((0, 1), (-1, 1)):
        near = 0.02 * (high - low)
        ends = abs(real.min() - low) < near and abs(real.max() - high) < near
        if ends and np.mean((fake < low - 5 * near) | (fake > high + 5 * near)) > 0.5:
            return True
    return False


def _apart(real: np.ndarray, fake: np.ndarray) -> bool:
    """Whether a gap is between nine tenths of either, half as wide as the wider."""
    (a, b), (c, d) = (np.quantile(v, (0.05, 0.95)) for v in (real, fake))
    return bool(a < b and c < d and max(c - b, a - d) > max(b - a, d - c) / 2)


DIFFER = (_stretched, _other_sign, _bounded, _apart)
