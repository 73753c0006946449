"""How good and how diverse samples are, and how sure that is within one draw.

A standard error is the spread over random halves of the samples (the delete-half
jackknife; Shao and Wu, 1989): half of n samples vary about all of them as n samples
vary about the truth. A bootstrap would draw samples twice, which are then each other's
neighbours. Of chains whole chains are in a half.
"""

import functools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import tf_collab as tc
from experiments.images import image_looks, image_metrics
from experiments.stages import data
from experiments.stages.data import Task
from tf_collab import metrics

__all__ = ["AXES", "Judge", "axes", "judge"]

ROUNDS = 40  # halves: a standard error is right within a ninth
LEAST = 20  # samples of which there are halves
Numbers = dict[str, float | None]
# (n samples, the chain of each) -> numbers by name, and their standard errors
Judge = Callable[[Any, np.ndarray], tuple[Numbers, Numbers]]

# What tells of quality, of diversity, of both; the best to show comes first.
AXES = {
    "quality": ("good", "precision", "sliced_wasserstein"),
    "diversity": ("kl", "recall"),
    "both": ("fid", "fd", "modes", "js", "mmd2"),
}
OF_IMAGES = ("precision", "recall", "fid", "fd")  # whose names go on: the protocol


def axes(names: Iterable[str], kind: str) -> list[str]:
    """Those of `names` that tell of quality, of diversity or of both."""
    return [
        name
        for head in AXES[kind]
        for name in names
        if name == head or (head in OF_IMAGES and name.startswith(f"{head}_"))
    ]


def judge(task: Task, n: int) -> Judge:
    """What measures n samples of a task."""
    look: Callable[[Any], np.ndarray] = np.asarray
    numbers: Callable[[np.ndarray], Numbers] = task.measure
    if task.net is not None:
        look, numbers = _of_images(task, n)

    def of(x: Any, chain: np.ndarray) -> tuple[Numbers, Numbers]:
        rows = look(data.without_label(x))
        values = numbers(rows)
        with warnings.catch_warnings():
            # They say that a half is small for its number of features.
            warnings.simplefilter("ignore")
            halves = [numbers(rows[half]) for half in _halves(chain)]
        errors: Numbers = {}
        for name in values if halves else ():
            known = [half[name] for half in halves if half[name] is not None]
            if len(known) == len(halves):
                errors[name] = float(np.std(np.array(known, np.float64), ddof=1))
        if task.pairs is not None:  # too slow for halves: a number without an error
            values = values | task.pairs(rows)
        return values, errors

    return of


def _halves(chain: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of half of the chains, again and again; none of fewer than a few samples."""
    names, of = np.unique(chain, return_inverse=True)
    if len(chain) < LEAST or len(names) < 2:
        return
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        chosen = np.zeros(len(names), bool)
        chosen[rng.permutation(len(names))[: len(names) // 2]] = True
        yield np.flatnonzero(chosen[of])


def _of_images(
    task: Task, n: int
) -> tuple[Callable[[Any], np.ndarray], Callable[[np.ndarray], Numbers]]:
    """Frechet distance to all test images; precision and recall against n of them."""
    assert task.net is not None and task.tests is not None  # as images have them
    (name, net), tests = task.net(), task.tests
    (some,) = tc.data.partition(tests, (min(n, len(tests.pixels)),), seed=0)
    near = image_looks.look(net, some.pixels, keep=True).features
    real = image_looks.look(net, tests.pixels).stats
    assert near is not None  # since they were to be kept

    def look(x: Any) -> np.ndarray:
        features = image_looks.look(net, np.asarray(x), keep=True).features
        assert features is not None
        return features

    def numbers(features: np.ndarray) -> Numbers:
        found = {"fid": metrics.frechet_distance(features, real)}
        found |= metrics.precision_recall_density_coverage(near, features)
        called = functools.partial(image_metrics.called, name=name, net=net, n=n)
        return {called(metric): value for metric, value in found.items()}

    return look, numbers
