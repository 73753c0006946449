"""How good samples, or a discriminator's probabilities, are; NumPy in, floats out."""

from tf_collab.metrics.calibration import (
    ReliabilityBins,
    brier,
    calibration_report,
    dawid_z,
    ece,
    mce,
    reliability_bins,
)
from tf_collab.metrics.divergence import js, kl
from tf_collab.metrics.modes import mode_coverage, mode_spread
from tf_collab.metrics.sliced import sliced_wasserstein

__all__ = [
    "ReliabilityBins",
    "brier",
    "calibration_report",
    "dawid_z",
    "ece",
    "js",
    "kl",
    "mce",
    "mode_coverage",
    "mode_spread",
    "reliability_bins",
    "sliced_wasserstein",
]
