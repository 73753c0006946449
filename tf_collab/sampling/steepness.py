"""How steep D is, by pairs of samples (Tanaka, 2019, arXiv:1910.06832)."""

from collections.abc import Callable

import tensorflow as tf

from tf_collab import seeds
from tf_collab.sampling import latents

__all__ = ["PAIRS", "REPEATS", "slope"]

PAIRS, REPEATS = 100, 10  # of which the paper takes the mean of 10 maxima


def slope(
    seed: tf.Tensor,
    draw: Callable[[int, tf.Tensor], tf.Tensor],
    height: Callable[[tf.Tensor], tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor]:
    """The largest |difference of height| / distance of some pairs: mean and spread, [].

    `draw(n, seed)` gives places [n, ...], and `height` of places is [n]. A maximum is
    over `PAIRS`, the standard deviation over `REPEATS` of them. A pair of one place, or
    with a height that is not finite, does not count.
    """

    def steepest(index: tf.Tensor, found: tf.TensorArray) -> tuple:
        at = draw(2 * PAIRS, seeds.fold_in(seed, index))
        one, other = tf.split(height(at), 2)
        apart = tf.sqrt(latents.squared_norm(at[:PAIRS] - at[PAIRS:]))
        steep = tf.math.divide_no_nan(tf.abs(one - other), apart)
        steep = tf.where(tf.math.is_finite(steep), steep, 0.0)
        return index + 1, found.write(index, tf.reduce_max(steep))

    start = (0, tf.TensorArray(tf.float32, REPEATS, element_shape=[]))
    _, found = tf.while_loop(lambda index, *_: index < REPEATS, steepest, start)
    maxima = found.stack()
    unbiased = (REPEATS / (REPEATS - 1)) ** 0.5
    return tf.reduce_mean(maxima), unbiased * tf.math.reduce_std(maxima)
