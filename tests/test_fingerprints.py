"""Tests for tf_collab.fingerprints: scores of reals that are of another D."""

import gc
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.linear_gan import REAL, linear_gan

from tf_collab import (
    Doubt,
    Scored,
    calibrators,
    checks,
    fingerprints,
    models,
    policies,
    sampling,
)


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


@pytest.mark.parametrize("what", ["a frozen kernel", "averages"])
def test_weights_that_do_not_learn_tell_ds_apart_too(what):
    d = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    d.add(keras.layers.Dense(1))
    d.trainable = what == "averages"
    gan = linear_gan()._replace(discriminator=models.scorer(d))
    real = gan.scored(REAL)
    fingerprints.check(real.score, gan.discriminator)
    moved = d.layers[1].kernel if what == "a frozen kernel" else d.layers[0].moving_mean
    moved.assign(moved + 1)
    with pytest.raises(ValueError, match="of another discriminator"):
        fingerprints.check(real.score, gan.discriminator)


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


FAKE = np.random.default_rng(3).normal(size=[16, 2])


def calibrated(gan):
    """By what its D gives now, halved and as arrays."""
    real, _ = calibrators.halves(gan.scored(REAL).score.numpy())
    return gan._replace(calibrator=calibrators.platt(real, gan.scored(FAKE).score))


def of_another(sentence):
    return "fitted to scores of another discriminator" in str(sentence)


def doubts(act):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        act()
    return [str(each.message) for each in found if each.category is Doubt]


def uses(gan):
    """By name what asks a calibrator."""
    chain = sampling.mhgan(gan, thin=2)
    plain = sampling.compose(sampling.direct(gan), chain)
    braked = sampling.refine(gan, policies.ladam(0.1), layer=1, steps=1, xla=False)
    real = gan.scored(REAL)
    return {
        "hastings": lambda: drawn(plain, gan, real),
        "a choice": lambda: sampling.select(chain, real, real=real, batch=4, seed=0),
        "ladam": lambda: drawn(sampling.compose(braked, sampling.always()), gan, real),
    }


def test_a_calibrator_of_another_ds_scores_is_told_where_it_is_used():
    gan = calibrated(linear_gan())
    for act in uses(gan).values():
        assert not any(map(of_another, doubts(act)))
    assert not any(map(of_another, checks.check(gan, REAL.astype("f4"))))
    gan.discriminator.trainable_variables[0].assign_add([[0.1], [0.0]])
    for act in uses(gan).values():
        assert sum(map(of_another, doubts(act))) == 1
    assert sum(map(of_another, checks.check(gan, REAL.astype("f4")))) == 1
    again = calibrated(gan._replace(calibrator=None))
    assert not any(map(of_another, doubts(uses(again)["hastings"])))


def test_a_calibrator_that_nobody_asks_is_not_told():
    gan = calibrated(linear_gan())
    gan.discriminator.trainable_variables[0].assign_add([[0.1], [0.0]])
    refinement = samplers(gan)["refinement"]  # by steepest descent, all are kept
    assert doubts(lambda: drawn(refinement, gan, gan.scored(REAL))) == []
    by_hand = gan._replace(calibrator=lambda score: 2 * score)  # of which nobody knows
    assert not any(map(of_another, doubts(uses(by_hand)["hastings"])))


def test_a_fit_to_reals_of_one_d_and_fakes_of_another_is_told():
    gan = linear_gan()
    before = gan.scored(REAL).score
    assert doubts(lambda: calibrators.platt(before, gan.scored(FAKE).score)) == []
    gan.discriminator.trainable_variables[0].assign_add([[0.1], [0.0]])
    now = gan.scored(FAKE).score
    (told,) = doubts(lambda: calibrators.platt(before.numpy(), now))
    assert "of reals and of fakes are of two discriminators" in told


def test_a_proposer_and_an_acceptor_of_two_ds_are_told():
    gan = linear_gan()
    shaped = gan._replace(discriminator=models.copy(gan.discriminator))
    walk = sampling.refine(shaped, policies.sgd(0.1), layer=1, steps=1, xla=False)
    fitted = shaped._replace(calibrator=tf.identity)
    # The same variables in another layer, as models.scorer makes one at each call.
    twin = shaped._replace(discriminator=models.LayeredModel([shaped.discriminator]))
    for same in (shaped, fitted, twin):
        acceptor = sampling.mhgan(same)
        assert doubts(lambda acceptor=acceptor: sampling.compose(walk, acceptor)) == []
    (told,) = doubts(lambda: sampling.compose(walk, sampling.mhgan(gan)))
    assert "refines by one D and the acceptor reads" in told
    assert doubts(lambda: sampling.compose(walk, sampling.always())) == []
    sampling.compose(sampling.direct(gan), sampling.mhgan(shaped))


def test_of_scores_that_are_known_by_their_numbers_the_newest_stay(monkeypatch):
    monkeypatch.setattr(fingerprints, "NEWEST", 3)
    monkeypatch.setattr(fingerprints, "_numbers", {})
    for i in range(5):
        fingerprints.note([float(i)], i)
    assert [fingerprints.known([i]) for i in range(5)] == [None, None, 2, 3, 4]


def test_calibrators_by_label_are_known_too():
    gan = linear_gan()
    label = np.arange(16) % 2
    real, fake = (gan.scored(x)._replace(x=(x, label)) for x in (REAL, FAKE))
    by_label = calibrators.by_label(calibrators.platt, real, fake)
    assert by_label.fingerprint == fingerprints.of(gan.discriminator)
