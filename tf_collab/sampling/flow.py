"""Gradient flow of a divergence, DGflow (Ansari et al., 2021, arXiv:2012.00780)."""

import math
from collections.abc import Callable

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.sampling import latents, moving

__all__ = ["DIVERGENCES", "dgflow"]

MOST = 10.0  # of a weight with an exponential; ours, the paper has no bound

# The weight r * f''(r) of a sample by its log ratio d, at r = p_model / p_data = e^-d,
# for the divergence that is the mean of f(r) over the data.
DIVERGENCES: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "kl": tf.ones_like,
    "js": tf.sigmoid,
    "log_d": lambda d: tf.sigmoid(-d),
    "reverse_kl": lambda d: _bounded(d),
    "hellinger": lambda d: _bounded(d / 2 - math.log(2)),  # squared
    "pearson": lambda d: _bounded(math.log(2) - d),  # chi squared
    "jeffreys": lambda d: tf.minimum(1 + _bounded(d), MOST),
}


def dgflow(
    gan: base.GAN,
    *,
    divergence: str = "kl",
    rate: float = 0.1,
    noise: float = 0.01,
    steps: int = 25,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents that went `steps` times along D's slope, with noise.

    `z <- z + rate * w * grad log_ratio(G(z)) + sqrt(2 * rate * noise) * normal`, where
    w is the sample's weight for that divergence of `DIVERGENCES` (algorithm 1 of the
    paper, whose `noise` is gamma). Latents stay in the support of a prior that tells
    it. The ratio is that of G's own samples: as they move it is no longer theirs, and
    a D that was shaped on moved samples mends that. It is a transport: each mode keeps
    its share. Info has the squared norm of the latents before and after.

    Raises ValueError if an option is out of range, or if D gives no log ratio; for
    divergences but "kl" also if it gives one up to a constant.

    Examples:
        >>> walk = tc.sampling.dgflow(gan, divergence="js", steps=5)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20
        6.0
    """
    if divergence not in DIVERGENCES:
        known = ", ".join(DIVERGENCES)
        raise ValueError(f"divergence is one of {known}, not {divergence!r}")
    if not rate > 0 or not noise >= 0 or steps < 0:
        raise ValueError(
            "dgflow needs a rate above 0, and noise and steps of 0 or more, not "
            f"{rate}, {noise} and {steps}"
        )
    # Raises here, not later, if D gives none, or not the constant that a weight needs.
    gan.log_ratio if divergence == "kl" else gan.log_odds  # noqa: B018
    weight = DIVERGENCES[divergence]
    clip = getattr(gan.prior, "clip", None) or tf.identity
    kick = math.sqrt(2 * rate * noise)

    def there(point: latents.Point, normal: tf.Tensor) -> tf.Tensor:
        z, by_sample = point.at, weight(-point.energy)
        along = rate * tensors.expand(by_sample, z) * point.slope
        return clip(z - along + kick * normal)

    begin = lambda z: latents.whole(z, "dgflow")
    on = latents.looking(gan, begin, lambda z, log_ratio: -log_ratio)
    return moving.noisy(gan, on, steps, there, xla)


def _bounded(log_weight: tf.Tensor) -> tf.Tensor:
    return tf.exp(tf.minimum(log_weight, math.log(MOST)))
