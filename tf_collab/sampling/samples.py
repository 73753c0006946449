"""The samples that a draw keeps, whatever it draws them from."""

import warnings
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, fingerprints, oddities, tensors

__all__ = ["UNCAPPED", "Samples", "add", "check_groups", "check_own", "doubt", "kept"]


# What is wrong with x, and with the score, of a sample that was kept, and the cause.
_NOT_FINITE = (
    "are not finite numbers: their generator, or in refinement the discriminator's "
    "gradient, gives NaN or infinity, or refinement moves too far",
    "have scores that are not finite: their discriminator gives NaN or infinity",
)


class Samples(NamedTuple):
    """The samples that were kept, and what drawing them took."""

    x: Any  # [n, *data] array, or a structure of such arrays
    score: np.ndarray  # [n]
    efficiency: float  # kept / proposed; the burn-in counts as proposed
    info: dict[str, float]  # the sum of every info over all proposals

    def __repr__(self) -> str:
        x = tensors.described(self.x)
        return f"Samples(x {x}, efficiency {self.efficiency:.3g}, info {self.info})"


def check_groups(group: int, batch: int) -> None:
    """ValueError unless a batch is made of whole groups."""
    if batch % group:
        raise ValueError(
            f"this sampler judges {group} rows together, and a batch of {batch} is not "
            f"made of whole groups: take {max(1, batch // group) * group}"
        )


def check_own(gan: base.GAN | None, real: base.Scored) -> None:
    """ValueError where it is known that reals have the scores of another D."""
    if gan is not None:
        fingerprints.check(real.score, gan.discriminator)


UNCAPPED = (
    "a larger thin helps, or a discriminator (or calibrator) that puts fewer samples "
    "below the reals"
)


def doubt(
    judge: base.GAN | None,
    real: base.Scored,
    fake: base.Scored,
    kept: int,
    sums: dict[str, float],
    guide: base.GAN | None = None,
) -> None:
    """Warns of samples that were drawn by a doubtful ratio."""
    asked = [gan for gan in (judge, guide) if gan is not None]
    told = [sentence for gan in asked for sentence in oddities.stale(gan)]
    if judge is not None:
        reals = base.Scored(getattr(real, "x", None), checks.scores_of(real))
        told += oddities.sure(judge, reals, fake)
    told += oddities.strayed(sums) + oddities.restless(sums)
    capped = sums.get("capped", 0.0)
    if capped >= 10 and capped > 0.05 * (capped + kept):
        told.append(
            f"{capped / (capped + kept):.0%} of the outputs of the chains were capped: "
            "their chain took none of its proposals, gave no sample and began anew; "
            + UNCAPPED
        )
    for sentence in dict.fromkeys(told):
        warnings.warn(sentence, base.Doubt, stacklevel=3)


def kept(verdict: base.Verdict) -> base.Scored:
    """What is kept of a batch, as arrays; FloatingPointError if it is not finite."""
    keep = verdict.keep.numpy()
    scored = base.Scored(verdict.x, verdict.score)
    for part, fault in zip(scored, _NOT_FINITE):
        bad = np.count_nonzero(keep & ~tensors.finite(part).numpy())
        if bad:
            raise FloatingPointError(
                f"{bad} of {np.count_nonzero(keep)} samples kept {fault}"
            )
    return tf.nest.map_structure(lambda leaf: leaf.numpy()[keep], scored)


def add(info: dict[str, tf.Tensor], sums: dict[str, float]) -> None:
    """Adds the info of a batch to the sums, which are in float64."""
    for name, value in info.items():
        sums[name] = sums.get(name, 0.0) + float(np.sum(value.numpy(), dtype="f8"))
