"""Tests for tf_collab.objectives.likelihood."""

import numpy as np
import tensorflow as tf

from tf_collab import objectives, seeds

OBJECTIVE = objectives.kale()
# Shares of three states, so that a D is a table of three scores.
REAL, FAKE = np.array([6, 1, 1]) / 8, np.array([1, 2, 5]) / 8


def of_table(table):
    look = lambda state, training: tf.gather(table, state)
    real, fake = (np.repeat(range(3), (8 * p).astype(int)) for p in (REAL, FAKE))
    return OBJECTIVE.discriminator_loss(look, real, fake, seed=seeds.as_seed(0), step=0)


def test_the_best_d_is_the_log_ratio_and_the_bound_the_divergence():
    best = np.log(REAL / FAKE).astype("f4")
    least = of_table(tf.constant(best))
    np.testing.assert_allclose(least, -np.sum(REAL * np.log(REAL / FAKE)), rtol=1e-5)
    others = np.random.default_rng(1).normal(size=(50, 3)).astype("f4")
    assert all(of_table(tf.constant(best + t)) > least for t in others)
    assert of_table(tf.constant(best + 1)) > least  # its constant is known
    assert OBJECTIVE.knows_ratio
    np.testing.assert_array_equal(OBJECTIVE.log_ratio(best), best)


def test_g_descends_what_d_climbs():
    score = tf.constant([0.3, -1.2, 2.0])
    found = OBJECTIVE.generator_loss(lambda x, training: x, None, score)
    np.testing.assert_allclose(found, -np.mean(np.exp(score)), rtol=1e-6)
