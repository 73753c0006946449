"""Plain sampling: G as it is."""

import tensorflow as tf

from tf_collab import base

__all__ = ["direct"]


def direct(gan: base.GAN) -> base.Proposer:
    """Proposes `G(z)`, in inference mode."""

    def init(seed, z, real):
        del seed, z, real
        return ()

    def step(seed, z, state):
        del seed
        scored = gan.scored(gan.generator(z, training=False))
        one = tf.ones_like(scored.score, tf.int32)
        calls = {"g_forward": one, "d_forward": one}
        still = {"steps": 0 * one, "g_backward": 0 * one, "d_backward": 0 * one}
        return scored, state, calls | still

    return base.Proposer(init, step)
