"""Plain sampling: the samples of G as they are."""

from typing import Any

import tensorflow as tf

from tf_collab import base

__all__ = ["direct"]


def direct(gan: base.GAN) -> base.Proposer:
    """Proposes `G(z)` [batch, *data], in inference mode."""

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> tuple[()]:
        del seed, z, real
        return ()

    def step(
        seed: tf.Tensor, z: Any, state: tuple[()]
    ) -> tuple[base.Scored, tuple[()], dict[str, tf.Tensor]]:
        del seed
        scored = gan.scored(gan.generator(z, training=False))
        one = tf.ones_like(scored.score, tf.int32)
        calls = {"g_forward": one, "d_forward": one}
        still = {"steps": 0 * one, "g_backward": 0 * one, "d_backward": 0 * one}
        return scored, state, calls | still

    return base.Proposer(init, step)
