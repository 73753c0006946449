"""Where z comes from: `prior(n, seed) -> z`."""

from collections.abc import Callable

import tensorflow as tf

__all__ = ["normal", "uniform"]


def normal(*shape: int) -> Callable[..., tf.Tensor]:
    """Independent standard normals, `[n, *shape]`."""
    return lambda n, seed: tf.random.stateless_normal([n, *shape], seed)


def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Callable:
    """Independent uniforms on [low, high), `[n, *shape]`."""
    if not low < high:
        raise ValueError(f"a uniform prior needs low < high, not {low} and {high}")
    return lambda n, seed: tf.random.stateless_uniform(
        [n, *shape], seed, minval=low, maxval=high
    )
