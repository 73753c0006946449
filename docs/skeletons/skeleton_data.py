"""Points about a circle: a target in the plane (write here whose it is)."""

import math
from typing import NamedTuple

import tensorflow as tf

from tf_collab import seeds

__all__ = ["Circle", "circle"]


class Circle(NamedTuple):
    """Points with a normal radius and a uniform direction."""

    radius: float
    noise: float  # standard deviation of the radius

    def batch(self, n: int, seed: tf.Tensor) -> tf.Tensor:
        """Independent points `[n, 2]` float32, a pure function of the seed."""
        angle_seed, radius_seed = seeds.split(seed)
        angle = 2 * math.pi * tf.random.stateless_uniform([n], angle_seed)
        radius = self.radius + self.noise * tf.random.stateless_normal([n], radius_seed)
        return tf.stack([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)

    @property
    def limit(self) -> float:
        """Half the side of a square that shows all of it."""
        return 1.1 * self.radius + 6 * self.noise


def circle(*, scale: float = 1.0) -> Circle:
    """A circle of radius `scale`."""
    return Circle(scale, 0.05 * scale)
