"""The 2-D experiment: targets in the plane, dense nets, coverage of the modes."""

from typing import Any

import keras
import tensorflow as tf

import tf_collab as tc
from experiments import mog2d, planar_figures, planar_gans, study
from tf_collab import metrics

__all__ = ["study_of"]


def study_of(run, config: mog2d.Config, seeds: dict[str, tf.Tensor]) -> study.Study:
    """What the flags name."""
    del run
    sizes = {} if config.scale is None else {"scale": config.scale}
    if config.dataset == "Imbal-8Gaussians":
        sizes["ratio"] = config.ratio
    target: Any = tc.data.MIXTURES[config.dataset](**sizes)
    held_out, reference = (
        target.batch(config.num_samples, seed)
        for seed in tc.seeds.split(seeds["reals"])
    )
    gan = planar_gans.make(config)

    def batch_at(step):
        return target.batch(config.batch_size, tc.seeds.fold_in(seeds["data"], step))

    def measure(x):
        if not isinstance(target, tc.data.Mixture):
            distance = metrics.sliced_wasserstein(x, reference.numpy())
            return {"sliced_wasserstein": distance}
        return metrics.mode_coverage(x, target, real=reference.numpy())

    def figures(setting, at, tuned):
        planar_figures.figures(setting, at, tuned, reference.numpy(), target.limit)

    return study.Study(
        gan=gan,
        batch_at=batch_at,
        held_out=held_out,
        optimizer=keras.optimizers.SGD,
        measure=measure,
        protocol="good<4sd",
        figures=figures,
        rows=config.num_samples,
        notes=tuple(planar_gans.check(gan, config, held_out)),
    )
