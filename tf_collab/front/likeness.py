"""Whether held-out rows are of the law of x_train: on others nothing is worth much."""

import warnings

import numpy as np
import tensorflow as tf

from tf_collab import base
from tf_collab.front import judging, permutations
from tf_collab.front.permutations import SHUFFLES
from tf_collab.front.rows import Rows

__all__ = ["check", "doubts"]

ROWS = 400  # of each that are compared
OTHERS = 0.1  # of the labels, or of a range, that differ; less matters little
NAMED = 49  # labels, the most frequent ones: the others count as one


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
    of a judge of both, which has learned nothing from either. By such shuffles a
    held-out row's nearest neighbour is not held out too often (Schilling, 1986): so
    groups are noticed that `groups` do not name. Where they do, rows are not shuffled,
    since it is not known which rows of x_train belong together.
    """
    if held.groups is not None:
        return []
    rng = np.random.default_rng(0)
    some = [part.take(rng.permutation(len(part))[:ROWS]) for part in (train, held)]
    both = tf.nest.map_structure(_joined, *(part.x for part in some))
    judge = judging.judge(Rows(both, None, ()))
    looks = judge.features(both)
    found = []
    side = np.arange(len(looks)) >= len(some[0])
    if permutations.apart(judge.kernel(looks, looks), side, rng):
        found.append(
            f"{name} is not of the law of x_train, or rows of one are copies or "
            f"neighbours of each other: none of {SHUFFLES} shuffles of their rows sets "
            f"them as far apart. {_ranges(some[0], some[1], name)}No sampler is "
            "recommended. Take both from one shuffle of all reals, or, where rows of "
            f"{name} come in groups (frames of a film), give groups=..., a number for "
            "each row"
        )
    elif permutations.grouped(looks, side, rng):
        found.append(
            f"rows of {name} are nearest to each other more often than in any of "
            f"{SHUFFLES} shuffles with x_train's. They come in groups, as frames of a "
            "film do, or x_train has several versions of each row. Intervals would be "
            "too narrow, so that no sampler is recommended. Give groups=..., a number "
            f"for each row of {name}, or x_train without the versions"
        )
    if train.labels is not None and held.labels is not None:
        found += _labels(train.labels, held.labels, name, rng)
    return found


def _ranges(train: Rows, held: Rows, name: str) -> str:
    """Where most numbers of both lie, if that differs by a tenth."""
    (low, high), (least, most) = (
        np.quantile(judging.pixels(part.x), (0.05, 0.95)) for part in (train, held)
    )
    if max(abs(least - low), abs(most - high)) <= OTHERS * (high - low):
        return ""
    return (
        f"Of x_train's numbers 90 % lie in [{low:.3g}, {high:.3g}], and of {name}'s in "
        f"[{least:.3g}, {most:.3g}]. "
    )


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
