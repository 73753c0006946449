"""Numbers of a Coulomb GAN's field, and of how well D knows it."""

import functools
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.stages.data import Task
from tf_collab import objectives
from tf_collab.objectives import pairs

__all__ = ["SOME", "Kernel", "measured"]

SOME = 1024  # samples of each kind that make the field which is shown and measured


class Kernel(TypedDict):
    """The field's, at a step."""

    dimension: float
    epsilon: float


def measured(
    gan: tc.GAN, task: Task, x: np.ndarray, config: Any, kernel: Kernel
) -> dict[str, float]:
    """Scalars of one GAN step: potentials, D beside them, distances, energy, weights.

    `d_error` is to the potentials of batches as large as in training, which D learns
    from, `d_r2` the share of their variance that D knows; `d_r2_field` is that of the
    potential of all samples, without their own. `field_energy` is half the kernel's
    squared MMD, F of the paper.
    """
    real, fake = task.held_out[:SOME], tf.convert_to_tensor(x[:SOME])
    potentials = functools.partial(objectives.potentials, **kernel)
    every = potentials(real, fake, self_term="keep")
    phi = potentials(real, fake, self_term="drop")
    scores = [task.score(gan, part) for part in (real, fake)]
    apart = max(1, min(len(real), len(fake)) // config.batch_size)
    learned: list[tf.Tensor] = []
    known: list[tf.Tensor] = []
    for i in range(apart):
        parts = real[i::apart], fake[i::apart]
        learned += potentials(*parts, self_term=config.self_term)
        known += [score[i::apart] for score in scores]
    error, share = _known(learned, known)
    values = {
        "potential_real": tf.reduce_mean(phi[0]),
        "potential_fake": tf.reduce_mean(phi[1]),
        "d_error": error,
        "d_r2": share,
        "d_r2_field": _known(phi, scores)[1],
        "field_energy": (tf.reduce_mean(every[0]) - tf.reduce_mean(every[1])) / 2,
        "g_weight_norm": tf.linalg.global_norm(gan.generator.trainable_variables),
        "d_weight_norm": tf.linalg.global_norm(gan.discriminator.trainable_variables),
    }
    for name, a, b in (("xx", fake, fake), ("xy", fake, real), ("yy", real, real)):
        own: Literal["drop"] | None = "drop" if a is b else None
        points, others = pairs.as_points(a, b)
        mean = pairs.kernel_mean(points, others, tf.sqrt, own=own)
        values[f"distance_{name}"] = tf.reduce_mean(mean)
    return {name: float(value) for name, value in values.items()}


def _known(
    potentials: Sequence[tf.Tensor], scores: Sequence[tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean squared error of scores, and 1 - it in potentials' variance."""
    phi, score = (tf.concat(parts, axis=0) for parts in (potentials, scores))
    error = tf.reduce_mean(tf.square(score - phi))
    return error, 1 - error / tf.math.reduce_variance(phi)
