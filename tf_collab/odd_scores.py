"""What works in somebody's D and is likely meant otherwise, in sentences."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base, batchwise

__all__ = ["CRITIC", "averages", "critic", "frozen"]

CRITIC = "was trained as a critic"


def critic(gan: base.GAN, real: np.ndarray, fake: np.ndarray) -> list[str]:
    """Scores of reals and samples that, as log ratios, are all far on one side.

    Told where both medians are beyond 5 on the same side: a D that learned by its
    ratio would give a real or a sample seven times the loss of knowing nothing.
    """
    if gan.calibrator is not None or not gan.objective.knows_ratio:
        return []
    of_real, of_fake = (
        float(np.median(gan.log_ratio(tf.constant(score, tf.float32))))
        for score in (real, fake)
    )
    if not (min(of_real, of_fake) > 5 or max(of_real, of_fake) < -5):
        return []
    side = "real" if of_real > 0 else "fake"
    return [
        f"scores of {of_real:.2g} for reals and {of_fake:.2g} for samples (medians) "
        f"call both of them surely {side}, read as log ratios: if the discriminator "
        f"{CRITIC}, give the objective that it had, as wgan_gp, else fit "
        "a calibrator"
    ]


def averages(gan: base.GAN, real: Any, fake: Any, score: Callable) -> list[str]:
    """Of batch-norm whose moving averages fit neither the reals nor the samples.

    Told where the mean score of either kind is 1.5 spreads of that kind or more from
    where each batch's own statistics put it, both of kinds apart and of both in one
    batch: a D that learned from mixed batches is well away from the former alone.
    """
    if gan.batch_statistics or len(tf.nest.flatten(real)[0]) < 16:
        return []

    def by_batch(x: Any) -> np.ndarray:
        with batchwise.normalised(gan.discriminator):
            return score(x)

    both = tf.nest.map_structure(
        lambda a, b: tf.concat([a, tf.cast(b, a.dtype)], 0), real, fake
    )
    try:
        apart = by_batch(real), by_batch(fake)
        mixed = np.split(by_batch(both), [len(apart[0])])
    except ValueError:  # it has no batch-norm, or none that can look at its batch
        return []
    plain = score(real), score(fake)
    if not all(np.isfinite(s).all() for s in (*apart, *mixed)):
        return []
    if min(map(_shift, [*plain, *plain], [*apart, *mixed])) < 1.5:
        return []
    by_averages, by_own = (
        " and ".join(f"{scores.mean():.2g}" for scores in pair)
        for pair in (plain, apart)
    )
    return [
        "batch-norm's moving averages in the discriminator fit neither reals nor "
        f"samples, which score {by_averages} by them and {by_own} by each batch's own "
        "statistics: give batch_statistics=True, or train D on until they have settled"
    ]


def frozen(d: Any) -> list[str]:
    if not isinstance(d, keras.layers.Layer) or not d.weights or d.trainable_weights:
        return []
    return [
        "the discriminator is frozen as a whole: it can judge and refine, but not be "
        "tuned before models.thaw(discriminator)"
    ]


def _shift(a: np.ndarray, b: np.ndarray) -> float:
    """Between two means, over the larger of the two spreads."""
    return abs(a.mean() - b.mean()) / max(a.std(), b.std(), 1e-30)
