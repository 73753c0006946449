"""What samplers report to have cost is what nets that count have been asked."""

import collections

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.seed_watching import eagerly

from tf_collab import GAN, Scored, models, objectives, policies, priors, sampling, seeds

REAL = Scored(None, tf.constant([-1.0, 0.0, 1.0]))
DEPTH = 3


def counting_gan():
    """A GAN of three layers and the rows that passed each, forth and back."""
    rows = collections.Counter()

    def counted(name, fn):
        @tf.custom_gradient
        def identity(x):
            if tf.executing_eagerly():  # not where it is traced for its shapes alone
                rows[name, "forward"] += len(x)

            def back(grad):
                rows[name, "backward"] += len(x)
                return grad

            return tf.identity(x), back

        return lambda x, training=False: identity(fn(x))

    gan = oracles.skewed_gan()
    stages = [counted(f"g{i}", fn) for i, fn in enumerate(gan.generator.stages)]
    judge = counted("d", gan.discriminator)
    generator = models.LayeredModel(stages)
    return GAN(generator, judge, priors.normal(2), objectives.nsgan()), rows


def proposers(gan):
    yield 0, sampling.direct(gan)
    for layer in range(DEPTH + 1):
        for pick in ("best", "last", "random"):
            for steps in (0, 4):
                policy = policies.momentum(0.5)
                yield (
                    layer,
                    sampling.refine(
                        gan, policy, layer=layer, steps=steps, pick=pick, xla=False
                    ),
                )


def test_the_report_is_what_the_nets_were_asked():
    gan, rows = counting_gan()
    z = gan.prior(40, seeds.as_seed(0))
    for layer, proposer in proposers(gan):
        with eagerly():
            state = proposer.init(seeds.as_seed(0), z, REAL)
            rows.clear()
            _, _, info = proposer.step(seeds.as_seed(1), z, state)
        told = {name: int(np.sum(v)) for name, v in info.items()}
        assert all(v.shape == [40] for v in info.values())
        # A part of G counts as a pass: up to a cut within it, and from there on.
        first, last = (rows[f"g{i}", "forward"] for i in (0, DEPTH - 1))
        assert told["g_forward"] == (first + last if 0 < layer < DEPTH else first)
        assert told["g_backward"] == rows[f"g{DEPTH - 1}", "backward"]
        assert told["d_forward"] == rows["d", "forward"]
        assert told["d_backward"] == rows["d", "backward"] == told["steps"]


@pytest.mark.parametrize("burn_in", [None, 50])
def test_a_draw_reports_what_all_of_its_blocks_cost(burn_in):
    gan, rows = counting_gan()
    acceptor = sampling.always()
    if burn_in:
        acceptor = sampling.drs(gan, burn_in=burn_in, percentile=50)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    with eagerly():
        found = sampling.draw(sampler, gan.prior, 30, real=REAL, batch=16, seed=0)
    begun = burn_in or 16  # a start that no info tells of
    for name, net in (("g_forward", "g0"), ("d_forward", "d")):
        assert found.info[name] == rows[net, "forward"] - begun
