"""Whether held-out rows are of the law of x_train: on others nothing is worth much."""

import warnings

import numpy as np
import tensorflow as tf

from tf_collab import base
from tf_collab.front import judging
from tf_collab.front.rows import Rows

__all__ = ["check", "doubts"]

ROWS = 400  # of each that are compared
SHUFFLES = 20_000  # that are all to be passed: a level of 1 in 20 000
OTHERS = 0.1  # of the labels that differ; fewer matter little, however sure they are
NAMED = 49  # labels, the most frequent ones: the others count as one
LOOK = 200  # shuffles after which most are cleared


def check(train: Rows, held: Rows, *, name: str = "held_out") -> list[str]:
    """Raises doubts, which it returns."""
    found = doubts(train, held, name=name)
    for doubt in found:
        warnings.warn(doubt, base.Doubt, stacklevel=3)
    return found


def doubts(train: Rows, held: Rows, *, name: str = "held_out") -> list[str]:
    """Sentences where held-out rows, or their labels, are surely of another law.

    Rows of both are shuffled: that no shuffle sets them as far apart as they are has a
    chance below 1 in 20 000 for a fair split, of any size and law. The distance is that
    of a judge of both, which has learned nothing from either.
    """
    rng = np.random.default_rng(0)
    some = [part.take(rng.permutation(len(part))[:ROWS]) for part in (train, held)]
    both = tf.nest.map_structure(_joined, *(part.x for part in some))
    judge = judging.judge(Rows(both, None, ()))
    looks = judge.features(both)
    found = []
    if _far(judge.kernel(looks, looks), len(some[0]), rng):
        found.append(
            f"{name} is not of the law of x_train (of {SHUFFLES} shuffles of their "
            "rows none sets them as far apart), or rows of one are copies or "
            f"neighbours of each other: what is compared is about {name}, so that no "
            "sampler is recommended: take both from one shuffle of all reals"
        )
    if train.labels is not None and held.labels is not None:
        found += _labels(train.labels, held.labels, name, rng)
    return found


def _far(gram: np.ndarray, n: int, rng: np.random.Generator) -> bool:
    """Whether the first n rows are farther from the others than after any shuffle."""
    gram = gram - np.diag(np.diag(gram))
    side = np.where(np.arange(len(gram)) < n, 1 / n, -1 / (len(gram) - n))
    now = side @ gram @ side
    for size in (LOOK, *[SHUFFLES // 20] * 20):
        sides = rng.permuted(np.tile(side, (size, 1)), axis=1)
        if (np.einsum("ij,ij->i", sides @ gram, sides) >= now).any():
            return False
    return True


def _labels(
    train: np.ndarray, held: np.ndarray, name: str, rng: np.random.Generator
) -> list[str]:
    """Of shares of labels that no deal of both among the two gives.

    Not of small differences: benchmarks whose test split is balanced have them.
    """
    known, at = np.unique(np.concatenate([train, held]), return_inverse=True)
    sides = np.split(np.ravel(at), [len(train)])
    counts = np.array([np.bincount(side, minlength=len(known)) for side in sides])
    names = [f"label {label}" for label in known]
    order = np.argsort(-counts.sum(axis=0), kind="stable")
    first, rest = np.sort(order[:NAMED]), order[NAMED:]
    if len(rest):
        pooled = counts[:, rest].sum(axis=1, keepdims=True)
        counts = np.concatenate([counts[:, first], pooled], axis=1)
        names = [*(names[i] for i in first), "the rest of the labels"]
    shares = counts / counts.sum(axis=1, keepdims=True)
    gaps = np.abs(shares[0] - shares[1])
    if gaps.sum() / 2 < OTHERS:
        return []
    total = counts.sum(axis=0)
    expected = total * len(held) / total.sum()
    far = lambda count: ((count - expected) ** 2 / expected).sum(axis=-1)
    dealt = rng.multivariate_hypergeometric(
        total, len(held), size=SHUFFLES, method="marginals"
    )
    if (far(dealt) >= far(counts[1])).any():
        return []
    worst = gaps.argmax()
    return [
        f"{names[worst]} is {shares[0, worst]:.0%} of x_train's and "
        f"{shares[1, worst]:.0%} of {name}'s, which chance does not make: what is "
        f"compared is about {name}, so that no sampler is recommended"
    ]


def _joined(a, b):
    both = np.concatenate([a, b])
    # Pictures that reach a little beyond black and white are judged all the same.
    return np.clip(both, -1, 1) if both.ndim == 4 and both.dtype.kind == "f" else both
