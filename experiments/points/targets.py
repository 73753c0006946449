"""Experiments in the plane: their targets, and how samples cover them."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

import tf_collab as tc
from experiments.points import point_figures, point_gans
from experiments.stages import study
from tf_collab import metrics

__all__ = ["on_points", "study_of"]

PAIRED = 4096  # samples of each side at most whose kernel is taken pair by pair


def study_of(run, config, seeds: dict[str, tf.Tensor]) -> study.Study:
    """What the flags of mog2d name."""
    made = on_points(run, config, seeds, lambda shape: point_gans.make(config))
    notes = point_gans.check(made.gan, config, made.held_out)
    return made._replace(notes=tuple(notes))


def on_points(
    run,
    config,
    seeds: dict[str, tf.Tensor],
    make: Callable[[list[int]], tc.GAN],
    *,
    radius: float = 4.0,
    kernel: metrics.Kernel | None = None,
    **target_options: float,
) -> study.Study:
    """A GAN on the target that the flags name; `make` is told the shape of a point.

    Samples are good within `radius` standard deviations of a mode. With a `kernel`
    its squared MMD is measured too.
    """
    del run
    options = target_options | config.target(config.dataset)
    target: Any = tc.data.MIXTURES[config.dataset](**options)
    held_out, reference = (
        target.batch(config.num_samples, seed)
        for seed in tc.seeds.split(seeds["reals"])
    )

    def batch_at(step):
        return target.batch(config.batch_size, tc.seeds.fold_in(seeds["data"], step))

    def measure(x):
        real = reference.numpy()
        if isinstance(target, tc.data.Mixture):
            found = metrics.mode_coverage(x, target, real=real, radius=radius)
        else:
            found = {"sliced_wasserstein": metrics.sliced_wasserstein(x, real)}
        if kernel is None:
            return found
        # Reals come mode by mode.
        some = [part[:: -(-len(part) // PAIRED)] for part in (real, x)]
        return found | {"mmd2": metrics.mmd(*some, kernel=kernel)}

    def figures(setting, at, tuned):
        point_figures.figures(setting, at, tuned, reference.numpy(), target.limit)

    return study.Study(
        gan=make([2]),
        batch_at=batch_at,
        held_out=held_out,
        optimizer=keras.optimizers.SGD,
        measure=measure,
        protocol=f"good<{radius:g}sd",
        figures=figures,
        rows=config.num_samples,
    )
