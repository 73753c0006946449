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
GRID = np.linspace(0.05, 0.95, 19)


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
        if any(differ(a, b) for differ in DIFFER):
            (low, high), (least, most) = (np.quantile(v, (0.05, 0.95)) for v in (a, b))
            found.append(
                f"of the samples' numbers 90 % lie in [{least:.3g}, {most:.3g}], and "
                f"of the data's in [{low:.3g}, {high:.3g}]: {oddities.SCALE}"
            )
    return found


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
