"""A few charges in float64, and what may be lost in summing over them."""

import numpy as np
import tensorflow as tf

ULP = 2.0**-53  # float64's relative rounding error
# A mean of kernels, at most 1 here, is off by a rounding for each of some hundred
# operations; by a thousand where distances are products in 64 dimensions.
SLACK = 1000 * ULP


def particles(m, n=8, k=6, seed=0):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.normal(size=[n, m])), tf.constant(rng.normal(size=[k, m]))


def inverse_distance(a, b):
    """The default kernel [n, m]."""
    return 1 / np.sqrt(((a[:, None] - b) ** 2).sum(axis=-1) + 1)
