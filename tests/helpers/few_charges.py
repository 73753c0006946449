"""A few charges in float64, and what may be lost in summing over them."""

import numpy as np
import tensorflow as tf

ULP = 2.0**-53  # float64's relative rounding error
KERNELS = [{"dimension": d, "epsilon": e} for d, e in [(3, 1.0), (3, 2.0), (5, 1.5)]]
# A mean of kernels, at most 1 here, is off by a rounding for each of some hundred
# operations; by a thousand where distances are products in 64 dimensions.
SLACK = 1000 * ULP


def particles(m, n=8, k=6, seed=0):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.normal(size=[n, m])), tf.constant(rng.normal(size=[k, m]))


def kernel_matrix(a, b, dimension=3, epsilon=1.0):
    """Plummer's [n, m]."""
    squared = ((a[:, None] - b) ** 2).sum(axis=-1)
    return (squared + epsilon**2) ** (-(dimension - 2) / 2)
