"""Metrics of samples and of a discriminator's probabilities; NumPy in, floats out."""

from tf_collab.metrics.bootstrap import Resampled, effective_size, resampled_mmd
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
from tf_collab.metrics.features import (
    Classifier,
    FeatureExtractor,
    as_classifier,
    from_keras,
    random_conv,
)
from tf_collab.metrics.frechet import (
    FeatureStats,
    frechet_distance,
    load_stats,
    save_stats,
)
from tf_collab.metrics.inception import ScoreSums, inception_score
from tf_collab.metrics.kernel import (
    Kernel,
    cubic_kernel,
    gaussian_kernel,
    kid,
    median_distance,
    mmd,
    multiscale_kernel,
)
from tf_collab.metrics.modes import mode_coverage, mode_spread
from tf_collab.metrics.neighbours import precision_recall_density_coverage
from tf_collab.metrics.ngrams import NgramModel, ngram_js
from tf_collab.metrics.pretrained import inception_v3
from tf_collab.metrics.ratios import Interval, RatioReport, ratio_mean, ratio_report
from tf_collab.metrics.sliced import sliced_wasserstein
from tf_collab.metrics.telling import Told, told_apart, told_share

__all__ = [
    "Classifier",
    "FeatureExtractor",
    "FeatureStats",
    "Interval",
    "Kernel",
    "NgramModel",
    "RatioReport",
    "ReliabilityBins",
    "Resampled",
    "ScoreSums",
    "Told",
    "as_classifier",
    "brier",
    "calibration_report",
    "cubic_kernel",
    "dawid_z",
    "ece",
    "effective_size",
    "frechet_distance",
    "from_keras",
    "gaussian_kernel",
    "inception_score",
    "inception_v3",
    "js",
    "kid",
    "kl",
    "load_stats",
    "mce",
    "median_distance",
    "mmd",
    "mode_coverage",
    "mode_spread",
    "multiscale_kernel",
    "ngram_js",
    "precision_recall_density_coverage",
    "random_conv",
    "ratio_mean",
    "ratio_report",
    "reliability_bins",
    "resampled_mmd",
    "save_stats",
    "sliced_wasserstein",
    "told_apart",
    "told_share",
]
