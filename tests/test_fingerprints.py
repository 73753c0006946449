"""Tests for tf_collab.fingerprints: scores of reals that are of another D."""

import gc

import numpy as np
import pytest
import tensorflow as tf
from helpers.linear_gan import REAL, linear_gan

from tf_collab import Scored, fingerprints, models, policies, sampling


def samplers(gan):
    refine = sampling.refine(gan, policies.sgd(0.1), layer=1, steps=1, xla=False)
    plain = sampling.direct(gan)
    return {
        "refinement": sampling.compose(refine, sampling.always()),
        "hastings": sampling.compose(plain, sampling.mhgan(gan, thin=2)),
    }


def drawn(sampler, gan, real):
    return sampling.draw(sampler, gan.prior, 4, real=real, batch=4, seed=0)


@pytest.mark.parametrize("name", ["refinement", "hastings"])
def test_scores_of_reals_from_before_d_learned_are_refused(name):
    gan = linear_gan()
    real = gan.scored(REAL)
    sampler = samplers(gan)[name]
    drawn(sampler, gan, real)
    kernel = gan.discriminator.trainable_variables[0]
    kernel.assign(1.001 * kernel)
    with pytest.raises(ValueError, match="of another discriminator than the sampler's"):
        drawn(sampler, gan, real)
    drawn(sampler, gan, gan.scored(REAL))
    by_hand = Scored(real.x, tf.constant(real.score.numpy()))  # of which nobody knows
    drawn(sampler, gan, by_hand)


def test_a_choice_among_samples_looks_at_the_scores_of_reals_too():
    gan = linear_gan()
    shaped = gan._replace(discriminator=models.copy(gan.discriminator))
    chain, pool = sampling.mhgan(shaped, thin=2), shaped.scored(REAL)
    sampling.select(chain, pool, real=gan.scored(REAL), batch=4, seed=0)  # equal as yet
    shaped.discriminator.trainable_variables[0].assign_add([[1.0], [0.0]])
    with pytest.raises(ValueError, match="of another discriminator"):
        sampling.select(chain, pool, real=gan.scored(REAL), batch=4, seed=0)


def test_plain_samples_ask_no_d():
    gan = linear_gan()
    real = gan.scored(REAL)
    gan.discriminator.trainable_variables[0].assign_add([[1.0], [0.0]])
    sampler = sampling.compose(sampling.direct(gan), sampling.always())
    assert len(drawn(sampler, gan, real).score) == 4


def test_what_is_forgotten_leaves_nothing():
    gan = linear_gan()
    gc.collect()
    before = len(fingerprints._known)
    scored = [gan.scored(REAL) for _ in range(5)]
    assert len(fingerprints._known) == before + 5
    del scored
    gc.collect()
    assert len(fingerprints._known) == before


def test_a_graph_knows_nothing_and_traces_once():
    gan = linear_gan()
    traces = []

    @tf.function(autograph=False)
    def score(x):
        traces.append(0)
        return gan.scored(x)

    x = tf.constant(REAL, tf.float32)
    first = score(x)
    gan.discriminator.trainable_variables[0].assign_add([[1.0], [0.0]])
    assert np.abs(score(x).score - first.score).max() > 0 and len(traces) == 1
    fingerprints.check(first.score, gan.discriminator)
