"""Whether held-out rows are of the law of x_train: on others nothing is worth much."""

import warnings
from collections.abc import Callable

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
    of a judge of both, which has learned nothing from either. By the same shuffles a
    row's nearest neighbour is not on its own side too often (Schilling, 1986): so rows
    that come in groups are noticed where `groups` do not name them. Where they do, rows
    are not shuffled, since it is not known which rows of x_train belong together.
    """
    if held.groups is not None:
        return []
    rng = np.random.default_rng(0)
    some = [part.take(rng.permutation(len(part))[:ROWS]) for part in (train, held)]
    both = tf.nest.map_structure(_joined, *(part.x for part in some))
    judge = judging.judge(Rows(both, None, ()))
    looks = judge.features(both)
    found = []
    side = np.arange(len(looks)) < len(some[0])
    if _rare(_apart(judge.kernel(looks, looks)), side, rng):
        found.append(
            f"{name} is not of the law of x_train (of {SHUFFLES} shuffles of their "
            "rows none sets them as far apart), or rows of one are copies or "
            f"neighbours of each other: what is compared is about {name}, so that no "
            "sampler is recommended: take both from one shuffle of all reals"
        )
    elif _rare(_beside(looks), side, rng):
        found.append(
            f"rows of {name} are nearest to each other more often than in any of "
            f"{SHUFFLES} shuffles: they come in groups, such as frames of a film, so "
            "that intervals are too narrow and no sampler is recommended: name the "
            "groups with groups=..., a number for each row"
        )
    if train.labels is not None and held.labels is not None:
        found += _labels(train.labels, held.labels, name, rng)
    return found


def _rare(
    statistic: Callable[[np.ndarray], np.ndarray],
    side: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    """Whether no shuffle of the sides [rows] has a statistic [sides] as large."""
    now = statistic(side[None])
    for size in (LOOK, *[SHUFFLES // 20] * 20):
        if (statistic(rng.permuted(np.tile(side, (size, 1)), axis=1)) >= now).any():
            return False
    return True


def _apart(gram: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """MMD**2 of the two sides, but for what all shuffles share."""
    gram = gram - np.diag(np.diag(gram))

    def statistic(sides):
        n = sides.sum(axis=1, keepdims=True)
        sides = np.where(sides, 1 / n, -1 / (len(gram) - n))
        return np.einsum("ij,ij->i", sides @ gram, sides)

    return statistic


def _beside(looks: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """How many rows have their nearest neighbour on their own side.

    Of several that are as near it is one by chance, whichever its side.
    """
    order = np.random.default_rng(0).permutation(len(looks))
    squares = np.sum(looks**2, axis=1)
    gaps = squares[:, None] + squares - 2 * looks @ looks.T
    np.fill_diagonal(gaps, np.inf)
    nearest = order[gaps[:, order].argmin(axis=1)]
    return lambda sides: (sides[:, nearest] == sides).sum(axis=1)


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
