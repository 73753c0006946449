"""Metropolis-adjusted Langevin sampling of latents (Roberts and Tweedie, 1996).

For GANs as in REP-GAN (Wang et al., 2021, arXiv:2107.00352).
"""

from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, seeds, tensors
from tf_collab.sampling import latents

__all__ = ["MalaState", "mala"]

GAIN = 0.6  # by which powers of the steps so far the rate is adapted less and less


class MalaState(NamedTuple):
    """What the warm-up found."""

    rate: tf.Tensor  # []


def mala(
    gan: base.GAN,
    *,
    rate: float = 0.01,
    steps: int = 100,
    warm_up: int = 100,
    target: float = 0.57,
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
    if not rate > 0 or steps < 0 or warm_up < 0:
        raise ValueError(
            "mala needs a rate above 0, and 0 steps or more, not "
            f"{rate}, {steps} and warm_up={warm_up}"
        )
    if not 0 < target < 1:
        raise ValueError(f"target is a share between 0 and 1, not {target}")
    on = latents.field(gan, "mala")

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> MalaState:
        del real

        def adapt(
            seed: tf.Tensor, point: latents.Point, index: tf.Tensor, log_rate: tf.Tensor
        ) -> tuple[latents.Point, tf.Tensor]:
            point, taken = _move(on, seed, point, tf.exp(log_rate))
            share = tf.reduce_mean(tf.cast(taken, tf.float32))
            gain = tf.cast(index + 1, tf.float32) ** -GAIN
            return point, log_rate + 2 * gain * (share - target)

        start = tf.math.log(tf.constant(rate))
        _, log_rate, _ = latents.walked(on, z, seed, warm_up, adapt, start)
        return MalaState(tf.exp(log_rate))

    def step(
        seed: tf.Tensor, z: Any, state: MalaState
    ) -> tuple[base.Scored, MalaState, dict[str, tf.Tensor]]:
        def move(
            seed: tf.Tensor, point: latents.Point, index: tf.Tensor, moved: tf.Tensor
        ) -> tuple[latents.Point, tf.Tensor]:
            del index
            point, taken = _move(on, seed, point, state.rate)
            return point, moved + tf.cast(taken, tf.int32)

        never = tf.zeros(tf.shape(tf.nest.flatten(z)[0])[:1], tf.int32)
        last, moved, info = latents.walked(on, z, seed, steps, move, never)
        return base.Scored(last.x, last.score), state, {**info, "moved": moved}

    return base.Proposer(init, step, guide=gan)


def _move(
    on: latents.Field, seed: tf.Tensor, old: latents.Point, rate: tf.Tensor
) -> tuple[latents.Point, tf.Tensor]:
    """The next point, and which rows moved [batch]."""
    noise_seed, take_seed = seeds.split(seed)
    noise = tf.random.stateless_normal(tf.shape(old.at), noise_seed)
    new = on.look(old.at - rate * old.slope + tf.sqrt(2 * rate) * noise)
    there = latents.squared_norm(new.at - old.at + rate * old.slope)
    back = latents.squared_norm(old.at - new.at + rate * new.slope)
    log_odds = old.energy - new.energy + (there - back) / (4 * rate)
    uniform = tf.random.stateless_uniform(tf.shape(log_odds), take_seed)
    # A step to where nothing is finite is never taken.
    taken = tf.math.log(uniform) < log_odds
    return tensors.where(taken, new, old), taken
