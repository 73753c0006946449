"""Langevin sampling of latents, DDLS (Che et al., 2020, arXiv:2003.06060)."""

import math

import tensorflow as tf

from tf_collab import base
from tf_collab.sampling import latents, moving

__all__ = ["ddls"]


def ddls(
    gan: base.GAN,
    *,
    rate: float = 0.005,
    steps: int = 200,
    temperature: float = 1.0,
    sharpness: float = 1.0,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents that went `steps` times down their energy, with noise.

    `z <- z - rate * grad E(z) + sqrt(2 * rate * temperature) * noise`; the paper's
    step size is twice `rate`. At a temperature and a sharpness of 1 the law goes to the
    one that the ratio tells, as the rate falls and the steps grow; `adjusted` walks
    correct what a rate above 0 does. The temperature acts on prior and D alike, the
    sharpness on D alone: numbers of a walk need both beside them. A cold walk moves
    samples to the tops of their own modes, and leaves each mode its share.

    Info has the squared norm of the latents before and after, as standard normals: a
    walk that only shrinks them truncates the prior. Raises ValueError if an option is
    out of range, if the prior has no density, or if D gives no log ratio.

    Examples:
        >>> walk = tc.sampling.ddls(gan, rate=0.01, steps=5)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20
        6.0
    """
    if not rate > 0 or steps < 0:
        raise ValueError(f"ddls needs a rate above 0 and steps, not {rate}, {steps}")
    if not temperature >= 0 or not sharpness >= 0:
        raise ValueError(
            "temperature and sharpness are 0 or more, not "
            f"{temperature} and {sharpness}"
        )
    on = latents.field(gan, "ddls", sharpness)
    kick = math.sqrt(2 * rate * temperature)

    def there(point: latents.Point, normal: tf.Tensor) -> tf.Tensor:
        return point.at - rate * point.slope + kick * normal

    return moving.noisy(gan, on, steps, there, xla)
