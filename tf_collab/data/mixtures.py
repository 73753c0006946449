"""The 2-D targets of collaborative sampling: rings, a grid and the swiss roll."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import seeds

__all__ = [
    "MIXTURES",
    "Mixture",
    "SwissRoll",
    "grid",
    "imbalanced_ring",
    "ring",
    "swiss_roll",
]


class Mixture(NamedTuple):
    """Isotropic Gaussians in the plane."""

    centres: np.ndarray  # [modes, 2]
    std: float  # of each coordinate, the same for all modes
    weights: np.ndarray  # [modes], sums to 1

    def batch(self, n: int, seed: tf.Tensor) -> tf.Tensor:
        """A stratified batch `[n, 2]` float32, sorted by mode; n is a Python number.

        Each mode gets the whole part of its share. The mode of each remaining sample is
        drawn, with equal probabilities, and these samples come last, as in the authors'
        data.
        """
        counts = np.floor(n * self.weights + 1e-6).astype(int)
        rest_seed, noise_seed = seeds.split(seed)
        modes, rest = len(counts), n - counts.sum()
        drawn = tf.random.stateless_uniform([rest], rest_seed, 0, modes, tf.int32)
        mode = tf.concat([np.repeat(np.arange(modes), counts), drawn], axis=0)
        noise = self.std * tf.random.stateless_normal([n, 2], noise_seed)
        return tf.gather(self.centres.astype("float32"), mode) + noise

    @property
    def limit(self) -> float:
        """Half the side of a square that shows all of it."""
        return float(np.abs(self.centres).max() * 1.2 + 6 * self.std)


class SwissRoll(NamedTuple):
    """Points `(t cos t, t sin t)` with noise, in place of modes with centres."""

    scale: float = 10.0  # `scale / 15` of the usual size
    noise: float = 0.25  # standard deviation, before scaling

    def batch(self, n: int, seed: tf.Tensor) -> tf.Tensor:
        """Independent points `[n, 2]` float32."""
        turn_seed, noise_seed = seeds.split(seed)
        t = 1.5 * np.pi * (1 + 2 * tf.random.stateless_uniform([n], turn_seed))
        roll = tf.stack([t * tf.cos(t), t * tf.sin(t)], axis=1)
        noise = self.noise * tf.random.stateless_normal([n, 2], noise_seed)
        return (roll + noise) * (self.scale / 15)

    @property
    def limit(self) -> float:
        """Half the side of a square that shows all of it."""
        return 1.1 * self.scale


def ring(*, scale: float = 10.0) -> Mixture:
    """Eight equal Gaussians on a circle of radius scale / 1.414."""
    turns = np.array([0, 1, 7, 4, 2, 6, 3, 5]) * np.pi / 4  # the authors' order
    centres = np.stack([np.cos(turns), np.sin(turns)], axis=1) * scale / 1.414
    return Mixture(centres, 0.02 * scale / 1.414, np.full(8, 1 / 8))


def imbalanced_ring(*, scale: float = 10.0, ratio: float = 0.9) -> Mixture:
    """The ring with the share `ratio` (0 to 1) of all data in its first two modes."""
    weights = np.array([ratio / 2] * 2 + [(1 - ratio) / 6] * 6)
    return ring(scale=scale)._replace(weights=weights)


def grid(*, scale: float = 1.0, std: float = 0.05) -> Mixture:
    """Twenty-five equal Gaussians with centres {-2..2}**2 * scale.

    `std` is not scaled. The toy data of Coulomb GANs have scale 10.5 and std 1.
    """
    line = np.arange(-2.0, 3.0) * scale
    centres = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return Mixture(centres, std, np.full(25, 1 / 25))


def swiss_roll(*, scale: float = 10.0) -> SwissRoll:
    """The swiss roll at `scale / 15` of its usual size."""
    return SwissRoll(scale=scale)


MIXTURES = {
    "Imbal-8Gaussians": imbalanced_ring,
    "8Gaussians": ring,
    "25Gaussians": grid,
    "swissroll": swiss_roll,
}
