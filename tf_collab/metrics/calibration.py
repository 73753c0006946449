"""How far probabilities are from frequencies (Dawid, 1997; Guo et al., 2017).

`prob` [n] are the probabilities that D, or a calibrator, gives to samples being real.
`label` [n] is 1 for real and 0 for generated. Every function raises ValueError if they
are anything else.
"""

from typing import NamedTuple

import numpy as np

from tf_collab import reals

__all__ = [
    "ReliabilityBins",
    "brier",
    "calibration_report",
    "dawid_z",
    "ece",
    "mce",
    "reliability_bins",
]


class ReliabilityBins(NamedTuple):
    """Probabilities and frequencies in bins of equal width on [0, 1]."""

    mean_prob: np.ndarray  # [bins], mean probability; nan where empty
    frequency: np.ndarray  # [bins], share of label 1; nan where empty
    count: np.ndarray  # type: ignore[assignment]  # [bins], number of samples


def brier(prob: np.ndarray, label: np.ndarray) -> float:
    """The mean squared error of the probabilities, 0 (perfect) to 1.

    A probability of 1/2 for every sample gives 1/4.
    """
    prob, label = _checked(prob, label)
    return float(np.mean((prob - label) ** 2))


def reliability_bins(
    prob: np.ndarray, label: np.ndarray, *, bins: int = 20
) -> ReliabilityBins:
    """Probabilities and frequencies in `bins` bins of equal width on [0, 1]."""
    prob, label = _checked(prob, label)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, but is {bins}.")
    index = np.minimum((prob * bins).astype(int), bins - 1)  # 1.0 is in the last bin
    count = np.bincount(index, minlength=bins)
    size = np.where(count, count, np.nan)
    mean_prob = np.bincount(index, prob, bins) / size
    return ReliabilityBins(mean_prob, np.bincount(index, label, bins) / size, count)


def ece(prob: np.ndarray, label: np.ndarray, *, bins: int = 20) -> float:
    """Expected calibration error, 0 to 1: the gap of a bin, averaged over samples."""
    mean_prob, frequency, count = reliability_bins(prob, label, bins=bins)
    gap = np.nan_to_num(np.abs(mean_prob - frequency))  # empty bins weigh 0
    return float(count @ gap / count.sum())


def mce(prob: np.ndarray, label: np.ndarray, *, bins: int = 20) -> float:
    """Maximum calibration error, 0 to 1: the largest gap of any bin with samples."""
    mean_prob, frequency, _ = reliability_bins(prob, label, bins=bins)
    return float(np.nanmax(np.abs(mean_prob - frequency)))


def dawid_z(prob: np.ndarray, label: np.ndarray) -> float | None:
    """Dawid's Z: N(0, 1) if calibrated, above 0 if the probabilities are too low.

    None if every probability is exactly 0 or 1, which leaves no variance.
    """
    prob, label = _checked(prob, label)
    variance = np.sum(prob * (1 - prob))
    return float(np.sum(label - prob) / np.sqrt(variance)) if variance else None


def calibration_report(
    prob_real: np.ndarray, prob_fake: np.ndarray
) -> dict[str, float | None]:
    """The four diagnostics of the probabilities of reals [n] and of fakes [n].

    The keys are d_brier, d_ece, d_mce and d_z. Raises ValueError if the numbers of
    reals and fakes differ.

    Examples:
        >>> real, fake = (np.repeat([0.8, 0.2], n) for n in ([80, 20], [20, 80]))
        >>> round(tc.metrics.calibration_report(real, fake)["d_ece"], 6)
        0.0
    """
    prob_real, prob_fake = (
        reals.as_float64(prob, "Probabilities") for prob in (prob_real, prob_fake)
    )
    if prob_real.shape != prob_fake.shape:
        # A log ratio becomes a probability for a prior of one half.
        raise ValueError(
            "Calibration is judged on as many real as generated samples, "
            f"but got shapes {list(prob_real.shape)} and {list(prob_fake.shape)}."
        )
    prob = np.concatenate([np.atleast_1d(prob_real), np.atleast_1d(prob_fake)])
    label = np.repeat([1.0, 0.0], len(prob) // 2)
    return {
        "d_brier": brier(prob, label),
        "d_ece": ece(prob, label),
        "d_mce": mce(prob, label),
        "d_z": dawid_z(prob, label),
    }


def _checked(prob: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    prob = reals.as_float64(prob, "Probabilities")
    label = reals.as_float64(label, "Labels")
    if prob.ndim != 1 or prob.shape != label.shape or not prob.size:
        raise ValueError(
            "Probabilities and labels must be two vectors of one length, at least 1, "
            f"but their shapes are {list(prob.shape)} and {list(label.shape)}."
        )
    reals.check_finite(prob, "probabilities")
    if not np.all((prob >= 0) & (prob <= 1)):
        raise ValueError("Probabilities must be from 0 to 1: give a sigmoid of logits.")
    if not np.all((label == 0) | (label == 1)):
        raise ValueError("Labels must be 1 for real and 0 for generated.")
    return prob, label
