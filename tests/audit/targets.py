"""Laws that are known: of data, of a G that adds nothing, and of their ratio.

Each is told twice, to the doubles in NumPy and to the library in TensorFlow. z is x, so
that a walk among latents is seen as it is.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from scipy import stats

from tf_collab import GAN, base, models, objectives, priors

__all__ = [
    "HUMPS",
    "ONE",
    "RISE",
    "Found",
    "Law",
    "Normals",
    "Rise",
    "Sampler",
    "drawn",
    "gan_of",
]

N, SEED = 10_000, 0  # of every test

# (n, seed) -> x [n]: a double, the double without its slip, or one of the library's
Sampler = Callable[[int, int], np.ndarray]


class Found(NamedTuple):
    """How far samples are from a law."""

    distance: float  # largest difference of the distribution functions
    p: float  # chance of such a distance, or a larger one, if the law were theirs


@functools.cache  # several slips have one right sampler
def drawn(sampler: Sampler) -> np.ndarray:
    """N samples, which are independent of each other."""
    return sampler(N, SEED)


class Law(NamedTuple):
    """What samples should follow, by a distribution function of x [n]."""

    cdf: Callable[[np.ndarray], np.ndarray]

    def __call__(self, sampler: Sampler) -> Found:
        """Kolmogorov's test of the samples."""
        test = stats.kstest(drawn(sampler), self.cdf)
        return Found(float(test.statistic), float(test.pvalue))


class Normals(NamedTuple):
    """Data from normal humps; G's own law is N(0, 1)."""

    shares: Any
    means: Any
    stds: Any

    def log_ratio(self, x: np.ndarray) -> np.ndarray:
        """log p_data / p_G."""
        return np.logaddexp.reduce(self._heights(x[..., None]), axis=-1) + x**2 / 2

    def energy(self, x: np.ndarray) -> np.ndarray:
        """Of a latent, which is x: -log p_data, but for a constant."""
        return x**2 / 2 - self.log_ratio(x)

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Derivative of the energy: to each hump, as likely as x is of it."""
        heights = self._heights(x[..., None])
        likely = np.exp(heights - np.logaddexp.reduce(heights, axis=-1, keepdims=True))
        return (likely * (x[..., None] - self.means) / np.square(self.stds)).sum(-1)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Of the data."""
        return stats.norm.cdf(x[..., None], self.means, self.stds) @ self.shares

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Data."""
        hump = rng.choice(len(self.shares), n, p=self.shares)
        return rng.normal(np.take(self.means, hump), np.take(self.stds, hump))

    def propose(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Samples of G."""
        return rng.normal(size=n)

    def prior(self) -> base.Prior:
        """That of G."""
        return priors.normal(1)

    def logit(self, x: tf.Tensor) -> tf.Tensor:
        """`log_ratio` in TensorFlow."""
        scaled = (x[..., None] - np.float32(self.means)) / np.float32(self.stds)
        heights = np.float32(np.log(self.shares) - np.log(self.stds)) - scaled**2 / 2
        return tf.reduce_logsumexp(heights, axis=-1) + x**2 / 2

    def _heights(self, x: np.ndarray) -> np.ndarray:
        scaled = (x - self.means) / self.stds
        return np.log(self.shares) - np.log(self.stds) - scaled**2 / 2


class Rise(NamedTuple):
    """Data whose density rises as exp(by * x) on [0, 1]; G's own law is uniform."""

    by: float

    def log_ratio(self, x: Any) -> Any:
        """log p_data / p_G, of an array or a tensor."""
        return self.by * x - math.log(math.expm1(self.by) / self.by)

    logit = log_ratio

    def cdf(self, x: np.ndarray) -> np.ndarray:
        """Of the data."""
        return np.expm1(self.by * x) / math.expm1(self.by)

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Of the data."""
        return np.log1p(levels * math.expm1(self.by)) / self.by

    def propose(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Samples of G."""
        return rng.uniform(size=n)

    def prior(self) -> base.Prior:
        """That of G."""
        return priors.uniform(1, low=0.0, high=1.0)


def gan_of(
    target: Normals | Rise,
    score: Callable[[tf.Tensor, bool], tf.Tensor] | None = None,
    calibrator: base.ScoreMap | None = None,
) -> GAN:
    """A GAN of x [batch, 1] whose D is the ratio, or `score(x, training)`."""

    def discriminate(x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return target.logit(x[:, 0]) if score is None else score(x[:, 0], training)

    g = models.LayeredModel([tf.identity])
    return GAN(g, discriminate, target.prior(), objectives.nsgan(), calibrator)


HUMPS = Normals((0.5, 0.5), (-0.6, 0.9), (0.12, 0.5))  # a sharp and a broad one
ONE = Normals((1.0,), (0.5,), (0.6,))
RISE = Rise(2.0)
