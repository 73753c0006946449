"""Whether data have another form than the one that D knows: other units, or a negative.

Where D scores reals below samples, a form of them that it scores clearly higher and
that brings them far nearer to samples is likely the one that it learned.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import as_given
from tf_collab.front.judging import Judge
from tf_collab.front.rows import Rows

__all__ = ["flaws"]

NEARER = 0.5  # of the distance to samples is left, at most

Form = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of reals, beside samples


def _moved(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """With the samples' mean and deviation, of each column or channel."""
    axes = tuple(range(real.ndim - 1))
    scaled = (real - real.mean(axes)) / np.maximum(real.std(axes), 1e-12)
    return scaled * fake.std(axes) + fake.mean(axes)


def _negative(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    return real.min() + real.max() - real


def _transposed(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    square = real.ndim == 4 and real.shape[1] == real.shape[2]
    return np.swapaxes(real, 1, 2) if square else real


def _last_first(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    return real[..., ::-1]


FORMS: dict[str, Form] = {
    "With the mean and the deviation of samples": _moved,
    "As their negative": _negative,
    "With height and width exchanged": _transposed,
    "With columns or channels in the opposite order": _last_first,
}


def flaws(gan: tc.GAN, judge: Judge, held: Rows, plain: tc.Scored) -> list[str]:
    """A sentence where reals in another form fit D and samples, and as given neither.

    A D that is upside down, of a G whose samples have other moments than the data, is
    not told from data in other units: the sentence names both.
    """
    real = held.take(slice(as_given.ROWS)).x
    below, noise = as_given.above(as_given.scores(gan, real), plain.score)
    if below >= 0.5 - noise:
        return []
    looks = judge.features(plain.x)
    far = judge.distance(judge.features(real), looks)
    fit = {}
    for words, form in FORMS.items():
        other = _changed(form, real, plain.x)
        share, _ = as_given.above(as_given.scores(gan, other), plain.score)
        near = judge.distance(judge.features(other), looks)
        if share > below + noise and near < NEARER * far:
            fit[words] = share
    if not fit:
        return []
    best = max(fit, key=lambda words: fit[words])
    return [
        f"D scores held-out reals above plain samples in {below:.0%} of pairs. {best} "
        f"they are above them in {fit[best]:.0%}, and nearer to them: give data in the "
        "form that the GAN was trained on, or, if they are in it, D with its sign "
        "turned, as keras.Sequential([d, keras.layers.Rescaling(-1)]) of logits is"
    ]


def _changed(form: Form, real: Any, fake: Any) -> Any:
    """With the first leaf of floats in this form: what is beside it are labels."""
    leaves = [np.asarray(leaf) for leaf in tf.nest.flatten(real)]
    wide = (i for i, x in enumerate(leaves) if x.dtype.kind == "f" and x.ndim > 1)
    if (at := next(wide, None)) is None:
        return real
    beside = np.asarray(tf.nest.flatten(fake)[at])
    leaves[at] = form(leaves[at], beside).astype(leaves[at].dtype)
    return tf.nest.pack_sequence_as(real, leaves)
