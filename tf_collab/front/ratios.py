"""Which calibrator a discriminator needs: fitted on one part, chosen on another."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import quiet

__all__ = ["Ratio", "calibrated", "fitted"]

# Kinds that rise smoothly, so that refinement and chains may follow them.
FITS = {"platt": tc.calibrators.platt, "beta": tc.calibrators.beta}
OWN = "own"


class Ratio(NamedTuple):
    """A calibrator by what it was fitted on, so that a file can hold it."""

    kind: str  # own: the objective's ratio as it is
    real: list[float]  # scores
    fake: list[float]
    loss: float  # log loss on the rows that chose it; that of knowing nothing is 1.386


def fitted(
    gan: tc.GAN,
    fit: tuple[np.ndarray, np.ndarray],
    diagnosis: tuple[np.ndarray, np.ndarray],
) -> Ratio:
    """The kind of least log loss on the diagnosis' scores (of reals and of fakes).

    The objective's own ratio is one of them where it has one; beta calibration takes a
    classifier's logits.
    """
    has_ratio = gan.objective.knows_ratio
    kinds = [OWN, "platt", "beta"] if has_ratio else ["platt"]
    real, fake = (np.asarray(score, np.float64).tolist() for score in fit)
    tried = [Ratio(kind, real, fake, 0.0) for kind in kinds]
    # The one that is taken is fitted again, and then doubted.
    with quiet.kept(lambda doubt: None):
        losses = [_loss(calibrated(gan, ratio, "tried"), *diagnosis) for ratio in tried]
    best = int(np.argmin(losses))
    return tried[best]._replace(loss=losses[best])


def calibrated(gan: tc.GAN, ratio: Any, which: str) -> tc.GAN:
    """The GAN with the calibrator that a Ratio, or its fields as a list, tells of.

    Doubts of the fit name the D, as "calibrated" or "shaped".
    """
    ratio = Ratio(*ratio)
    if ratio.kind == OWN:
        return gan
    with quiet.of(f"the {which} D"):
        fit = FITS[ratio.kind]
        calibrator = fit(np.array(ratio.real), np.array(ratio.fake))
    return gan._replace(calibrator=calibrator)


def _loss(gan, real, fake):
    """-log D(real) - log(1 - D(fake)), in the mean of each."""
    scores = (tf.constant(score, tf.float32) for score in (real, fake))
    real, fake = (gan.log_ratio(score).numpy().astype("f8") for score in scores)
    return float(np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean())
