"""Which weights gave scores: so that those of another D, or of one that has learned
since, are told apart.

A table beside the scores knows it, not a field of `Scored`: that goes through graphs,
where a field would be a tensor or trace anew, and is made by hand. So only the very
tensor that `gan.scored` gave outside of a graph is refused; of any other nothing is
said. A calibrator is fitted to arrays, which are known by the numbers in them.
"""

import weakref
import zlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["check", "known", "note", "of", "remember", "same"]

VALUES = 1000  # of each array of weights, from all over it
NEWEST = 1000  # scores that are known by their numbers
_known: dict[int, tuple[weakref.ref, int]] = {}
_numbers: dict[int, int] = {}  # a digest of scores -> the fingerprint of their D


def of(discriminator: Any) -> int | None:
    """A number that nearly every step of learning changes; None of no Keras layer."""
    if not isinstance(discriminator, keras.layers.Layer):
        return None
    found = 0
    for v in discriminator.weights:
        flat = np.ravel(np.asarray(v))
        found = zlib.crc32(flat[:: max(1, flat.size // VALUES)].tobytes(), found)
    return found


def remember(score: tf.Tensor, discriminator: Any) -> None:
    """That these scores are of this D as it is; nothing of a graph's tensor."""
    if not hasattr(score, "numpy") or (told := of(discriminator)) is None:
        return
    key = id(score)
    _known[key] = weakref.ref(score, lambda _: _known.pop(key, None)), told
    note(score, told)


def note(scores: Any, told: int | None) -> None:
    """That arrays with the numbers of these scores are of the D of a fingerprint."""
    if told is None:
        return
    _numbers.pop(key := _digest(scores), None)
    _numbers[key] = told
    if len(_numbers) > NEWEST:
        del _numbers[next(iter(_numbers))]


def known(scores: Any) -> int | None:
    """The fingerprint of the D that gave an array of scores, where it is known."""
    return _numbers.get(_digest(scores))


def same(a: Any, b: Any) -> bool:
    """Whether two Ds are one: the same object, or layers with the same variables."""
    if a is b:
        return True
    if not (isinstance(a, keras.layers.Layer) and isinstance(b, keras.layers.Layer)):
        return False
    ours, theirs = ([id(v) for v in d.weights] for d in (a, b))
    return bool(ours) and ours == theirs


def check(score: Any, discriminator: Any) -> None:
    """ValueError where the scores are known, and of other weights than D has now."""
    known = _known.get(id(score))
    if known is None or known[0]() is not score:
        return
    now = of(discriminator)
    if now is not None and now != known[1]:
        raise ValueError(
            "the scores of reals are of another discriminator than the sampler's, or "
            "of the same before it learned: score them again by the GAN of the "
            "sampler, as gan.scored(x)"
        )


def _digest(scores: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(scores, np.float32).tobytes())
