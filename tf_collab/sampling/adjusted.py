"""Metropolis-adjusted Langevin sampling of latents (Roberts and Tweedie, 1996).

For GANs as in REP-GAN (Wang et al., 2021, arXiv:2107.00352).
"""

import tensorflow as tf

from tf_collab import base
from tf_collab.sampling import adjusting, latents, moving

__all__ = ["LANGEVIN", "mala"]


def mala(
    gan: base.GAN,
    *,
    rate: float = 0.01,
    steps: int = 100,
    warm_up: int = 100,
    target: float = 0.57,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents after `steps` moves, each of them taken or refused.

    z' is z - rate * grad E(z) + sqrt(2 * rate) * noise, and is taken with the
    probability that leaves the density exp(-E) as it is, whatever the rate; a latent
    that stays keeps its gradient. In `warm_up` steps, on latents that are thrown away,
    the rate is adapted until the share taken is `target`; then it is fixed. With
    warm_up=0, rate=0.005 and steps=640 this is REP-GAN.

    Info counts moves as `moved`, and has the squared norm of the latents before and
    after, as standard normals. Raises ValueError if an option is out of range, if the
    prior has no density, or if D gives no log ratio.

    Examples:
        >>> walk = tc.sampling.mala(gan, steps=5, warm_up=5)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20
        6.0
    """
    return adjusting.adjusted(
        gan,
        "mala",
        LANGEVIN,
        rate=rate,
        steps=steps,
        warm_up=warm_up,
        target=target,
        xla=xla,
    )


def _propose(
    on: latents.Field, noise: tf.Tensor, old: latents.Point, rate: tf.Tensor
) -> tuple[latents.Point, tf.Tensor]:
    """A Langevin step, and the log odds of Metropolis and Hastings."""
    new = on.look(old.at - rate * old.slope + tf.sqrt(2 * rate) * noise)
    there = latents.squared_norm(new.at - old.at + rate * old.slope)
    back = latents.squared_norm(old.at - new.at + rate * new.slope)
    return new, old.energy - new.energy + (there - back) / (4 * rate)


LANGEVIN = adjusting.Propose(moving.normal, _propose)
