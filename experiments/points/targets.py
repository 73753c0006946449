"""Targets in the plane, and how samples cover them."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.stages import data
from experiments.stages.data import Task
from tf_collab import metrics

__all__ = ["Target", "make"]

PAIRED = 4096  # samples of each side at most whose kernel is taken pair by pair


class Target(NamedTuple):
    """A task in the plane, and what its pictures need."""

    task: Task
    reference: np.ndarray  # [n, 2], reals that samples are compared with
    limit: float  # of the square that is shown


def make(
    config: Any,
    seeds: dict[str, tf.Tensor],
    *,
    radius: float = 4.0,
    kernel: metrics.Kernel | None = None,
    **target_options: float,
) -> Target:
    """The target that the flags name.

    Samples are good within `radius` standard deviations of a mode. With a `kernel`
    its squared MMD is measured too.
    """
    options = target_options | config.target(config.dataset)
    target: Any = tc.data.MIXTURES[config.dataset](**options)
    held_out, reference = (
        data.shuffled(
            target.batch(config.num_samples, seed).numpy(), tc.seeds.fold_in(seed, 0)
        )
        for seed in tc.seeds.split(seeds["reals"])
    )

    def batch_at(step: tf.Tensor) -> tf.Tensor:
        return target.batch(config.batch_size, tc.seeds.fold_in(seeds["data"], step))

    def measure(x: np.ndarray) -> dict[str, float | None]:
        if isinstance(target, tc.data.Mixture):
            return metrics.mode_coverage(x, target, real=reference, radius=radius)
        return {"sliced_wasserstein": metrics.sliced_wasserstein(x, reference)}

    def pairs(x: np.ndarray) -> dict[str, float | None]:
        return {"mmd2": metrics.mmd(reference[:PAIRED], x[:PAIRED], kernel=kernel)}

    task = Task(
        batch_at=batch_at,
        held_out=tf.constant(held_out),
        measure=measure,
        protocol=f"good<{radius:g}sd",
        rows=config.num_samples,
        pairs=None if kernel is None else pairs,
    )
    return Target(task, reference, target.limit)
