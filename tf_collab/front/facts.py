"""Whose a tuning is: what a folder must have been begun with to go on."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front.judging import FAR, Judge
from tf_collab.front.rows import Rows

__all__ = ["facts_of"]


def facts_of(
    gan: tc.GAN, train: Rows, held: Rows, judge: Judge, seed: int
) -> dict[str, Any]:
    """By the words with which a folder that was begun with others is refused.

    Data and weights by their bytes; what is a function by what it says of a few
    rows, in three digits, since its last ones hang on the machine.
    """
    some = train.take(slice(64)).x
    looks = judge.features(some)
    scored = gan.scored(some)
    z = gan.prior(64, tc.seeds.as_seed(seed))
    return {
        "version": tc.__version__,
        "seed": seed,
        "generator": _digest(gan.generator.variables),
        "cuts of the generator": gan.generator.depth,
        "discriminator": _digest(gan.discriminator.variables),
        "scores": _gist([scored.score]),
        "objective": _gist([gan.objective.energy(scored.score)]),
        "prior": _gist(tf.nest.flatten(z)),
        "leaves to hold": [str(key) for key in gan.hold],
        "batch statistics": gan.batch_statistics,
        "x_train": _digest(tf.nest.flatten(train.x)),
        "held_out": _digest([*tf.nest.flatten(held.x), *_given(held.groups)]),
        "judge": [judge.about, _gist([looks, judge.kernel(looks, looks)]), FAR],
    }


def _given(array: Any) -> list[Any]:
    return [] if array is None else [array]


def _digest(arrays: Iterable[Any]) -> str:
    sums = hashlib.sha256()
    for array in map(np.ascontiguousarray, arrays):
        sums.update(repr((array.shape, array.dtype.str)).encode())
        sums.update(array.tobytes())
    return sums.hexdigest()[:16]


def _gist(arrays: Iterable[Any]) -> list[str]:
    """Means and spreads."""
    found = [np.asarray(array, np.float64) for array in arrays]
    return [f"{value:.3g}" for each in found for value in (each.mean(), each.std())]
