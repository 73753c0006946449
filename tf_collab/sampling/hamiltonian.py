"""Hamiltonian Monte Carlo among latents (Duane et al., 1987; Neal, arXiv:1206.1901)."""

import tensorflow as tf

from tf_collab import base
from tf_collab.sampling import adjusting, latents, moving

__all__ = ["hmc"]


def hmc(
    gan: base.GAN,
    *,
    rate: float = 0.1,
    leaps: int = 5,
    steps: int = 20,
    warm_up: int = 40,
    target: float = 0.65,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents after `steps` flights of `leaps` leaps each.

    A flight begins with a fresh normal momentum and follows the energy by leapfrogs of
    size `rate`; its end is taken with the probability that leaves the density exp(-E)
    as it is. In `warm_up` flights, of latents that are thrown away, the rate is adapted
    until the share taken is `target` (0.65 is the best for many dimensions, Beskos et
    al., 2013); then it is fixed.

    Info is that of `mala`. Raises ValueError if an option is out of range, if the prior
    has no density, or if D gives no log ratio.

    Examples:
        >>> walk = tc.sampling.hmc(gan, steps=2, leaps=3, warm_up=2)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20
        7.0
    """
    if leaps < 1:
        raise ValueError(f"a flight of hmc is of 1 leap or more, not {leaps}")

    def propose(
        on: latents.Field, momentum: tf.Tensor, old: latents.Point, rate: tf.Tensor
    ) -> tuple[latents.Point, tf.Tensor]:
        def leap(
            count: tf.Tensor, point: latents.Point, speed: tf.Tensor
        ) -> tuple[tf.Tensor, latents.Point, tf.Tensor]:
            half = speed - rate / 2 * point.slope
            point = on.look(point.at + rate * half)
            return count + 1, point, half - rate / 2 * point.slope

        start = (0, old, momentum)
        _, new, last = tf.while_loop(lambda count, *_: count < leaps, leap, start)
        kinetic = (latents.squared_norm(momentum) - latents.squared_norm(last)) / 2
        return new, old.energy - new.energy + kinetic

    flight = adjusting.Propose(moving.normal, propose, looks=leaps)
    return adjusting.adjusted(
        gan,
        "hmc",
        flight,
        rate=rate,
        steps=steps,
        warm_up=warm_up,
        target=target,
        xla=xla,
    )
