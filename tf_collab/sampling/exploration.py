"""Walks that explore and exploit, Ex2MCMC (Samsonov et al., 2022, arXiv:2111.02702).

A jump of iterated SIR among fresh latents brings a walk to other modes; the steps of
Metropolis-adjusted Langevin after it settle there.
"""

import math
from typing import Any

import tensorflow as tf

from tf_collab import base, seeds, tensors
from tf_collab.sampling import adjusted, adjusting, latents, moving, resampling

__all__ = ["ex2"]


def ex2(
    gan: base.GAN,
    *,
    particles: int = 10,
    local: int = 3,
    rate: float = 0.01,
    steps: int = 60,
    warm_up: int = 60,
    target: float = 0.67,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents after `steps` moves of `mala`, a jump before `local`.

    In a jump a walk goes to one of `particles` latents, its own and fresh ones of the
    prior, with odds `exp(log_ratio(G(z)))`; the slope at the place it goes to is taken
    anew, which the authors' code does not, so that their steps leave another law. Both
    kinds of move leave the density exp(-E) as it is. In `warm_up` moves, on latents
    that are thrown away, the rate is adapted until the share taken is `target`; then it
    is fixed. Each proposal is the end of a walk of its own, where the authors keep all
    points of a long one.

    Info is that of `mala`, with the passes of jumps. Raises ValueError if an option is
    out of range, if the prior has no density, or if D gives no log ratio.

    Examples:
        >>> walk = tc.sampling.ex2(gan, particles=4, steps=6, warm_up=3)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["g_forward"] / 20, kept.info["g_backward"] / 20
        (15.0, 9.0)
    """
    if particles < 2 or local < 1:
        raise ValueError(
            "ex2 chooses among 2 particles or more, and takes 1 step or more after a "
            f"jump, not {particles} and {local}"
        )

    on = latents.field(gan, "ex2")

    def fresh(seed: tf.Tensor, at: tf.Tensor) -> tuple:
        z_seed, key_seed = seeds.split(seed)
        n = tensors.batch_size(at)
        return gan.prior(n, z_seed), resampling.gumbel(key_seed, n)

    def meet(
        point: latents.Point, dice: tuple, index: tf.Tensor, key: tf.Tensor
    ) -> tuple[latents.Point, tf.Tensor]:
        del index
        z, noise = dice
        scored = gan.scored(gan.generator(z, training=False))
        other = resampling.keyed(noise, gan.log_ratio_of(scored))
        go = other > key
        at = tensors.where(go, on.begin(z), point.at)
        return point._replace(at=at), tf.where(go, other, key)

    # The last ones are met where the steps are made, in one program.
    late = min(particles - 1, moving.AT_ONCE)
    early = particles - 1 - late
    met = moving.mover(on, fresh, meet, most=early, xla=xla)

    def chance(seed: tf.Tensor, old: latents.Point) -> tuple[latents.Point, tuple]:
        own_seed, fresh_seed = seeds.split(seed)
        own = gan.log_ratio_of(base.Scored(old.x, old.score))
        noise = resampling.gumbel(own_seed, tensors.batch_size(old.score))
        key = resampling.keyed(noise, own)
        if early:
            old, key = met(old, fresh_seed, key, 0, early)
        each = [
            fresh(seeds.fold_in(fresh_seed, early + i), old.at) for i in range(late)
        ]
        return old, (key, tf.nest.map_structure(lambda *v: tf.stack(v, axis=1), *each))

    def go(point: latents.Point, luck: tuple) -> latents.Point:
        key, dice = luck

        def one(i: tf.Tensor, at: tf.Tensor, key: tf.Tensor) -> tuple:
            now = tf.nest.map_structure(lambda leaf: leaf[:, i], dice)
            there, key = meet(point._replace(at=at), now, i, key)
            return i + 1, tf.ensure_shape(there.at, at.shape), key

        _, at, _ = tf.while_loop(
            lambda i, *_: i < late, one, (0, point.at, key), parallel_iterations=1
        )
        return on.look(at)  # with the slope there, for those that stay too

    walk = adjusting.adjusted(
        gan,
        "ex2",
        adjusted.LANGEVIN,
        rate=rate,
        steps=steps,
        warm_up=warm_up,
        target=target,
        xla=xla,
        jump=adjusting.Jump(chance, go),
        local=local,
    )
    jumps = math.ceil(steps / local)
    more = dict.fromkeys(("g_backward", "d_backward"), jumps)
    more |= dict.fromkeys(("g_forward", "d_forward"), jumps * particles)

    def step(
        seed: tf.Tensor, z: Any, state: adjusting.AdjustedState
    ) -> tuple[base.Scored, adjusting.AdjustedState, dict[str, tf.Tensor]]:
        scored, state, info = walk.step(seed, z, state)
        return scored, state, info | {name: info[name] + n for name, n in more.items()}

    return walk._replace(step=step)
