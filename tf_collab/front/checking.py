"""Whether D's ratio is that of the data to the samples, and a calibrator where not."""

from typing import NamedTuple

import numpy as np

import tf_collab as tc
from tf_collab.front import ratios
from tf_collab.front.forecasting import carried
from tf_collab.metrics import Interval

__all__ = ["Check", "Ratios", "check", "checked"]

CARRIERS = 30  # samples, of which fewer carry no interval of the mean ratio
TOO_SURE = 0.8  # that the whole interval of the slope is below


class Check(NamedTuple):
    """How far log ratios are from those of the data to the samples."""

    slope: Interval  # of the log odds against the log ratio: 1 is calibrated
    mean: Interval  # E_G[exp(d)], which is 1 for a ratio of two laws
    carriers: float  # samples that carry this mean: an effective size
    samples: int

    @property
    def share(self) -> float:
        """Of the samples, those that carry the ratio."""
        return self.carriers / self.samples

    @property
    def sound(self) -> bool:
        """Whether neither is surely another than 1."""
        return 1 in self.slope and (1 in self.mean or self.carriers < CARRIERS)

    @property
    def too_sure(self) -> bool:
        """Whether the ratio is far too sure, as that of a D that learned by heart."""
        return self.slope.low > 0 and self.slope.high < TOO_SURE

    @property
    def backwards(self) -> bool:
        """Whether the ratio is surely higher where samples are than where reals are."""
        return self.slope.high < 0

    @property
    def blind(self) -> bool:
        """Whether the ratio may be noise: its slope is about 0, and surely no 1."""
        return self.slope.low <= 0 <= self.slope.high < TOO_SURE


class Ratios(NamedTuple):
    """The ratio as it is given, and the one to sample by."""

    gan: tc.GAN  # by whose ratio samples are to be chosen
    kind: str  # own, platt or beta
    given: Check | None  # on all rows; None where D gives no ratio
    used: Check  # on the rows that the calibrator was not fitted to


def check(real: np.ndarray, fake: np.ndarray) -> Check:
    """Of log ratios of held-out reals [n] and of samples [m].

    Where no real lies among the samples no slope is known: it is infinite, from -inf
    to inf.
    """
    slope = Interval(np.inf, -np.inf, np.inf)
    if max(real.min(), fake.min()) < min(real.max(), fake.max()):
        slope = tc.metrics.ratio_report(real, fake).slope
    return Check(slope, tc.metrics.ratio_mean(fake), carried(fake), len(fake))


def checked(gan: tc.GAN, real: tc.Scored, fake: tc.Scored) -> Ratios:
    """Keeps a sound ratio, and fits a calibrator in place of another or of none.

    It is fitted to each other row, and checked by the rest. A calibrator with a map
    for each label stays.
    """
    given = None
    if gan.calibrator is not None or gan.objective.knows_ratio:
        given = check(*(gan.log_ratio_of(part).numpy() for part in (real, fake)))
        if given.sound or getattr(gan.calibrator, "needs_label", False):
            return Ratios(gan, ratios.OWN, given, given)
    bare = gan._replace(calibrator=None)
    fit, diagnosis = zip(*(tc.calibrators.halves(part.score) for part in (real, fake)))
    ratio = ratios.fitted(bare, fit, diagnosis)
    gan = ratios.calibrated(bare, ratio, "given")
    used = check(*(gan.log_ratio(score).numpy() for score in diagnosis))
    return Ratios(gan, ratio.kind, given, used)
