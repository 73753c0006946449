"""Calibrators of each label, and chains that stay within one: laws over few states."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

import tf_collab as tc

# By label: the law of reals and of samples over three states, in twentieths.
REAL = np.array([[2, 6, 12], [10, 8, 2]]) / 20
FAKE = np.array([[8, 8, 4], [4, 8, 8]]) / 20
SHARES = np.array([0.7, 0.3])  # of the labels of samples
RATIO = np.log(REAL / FAKE)
SLOPES, OFFSETS = np.array([[2.0], [0.5]]), np.array([[1.5], [-1.0]])


def conditional(score, *, in_turn=False):
    """(u, label) -> (state of that label, label), whose score is looked up."""
    edges, table = np.cumsum(FAKE, axis=1)[:, :-1], tf.constant(score, tf.float32)

    def state(pair):
        u, label = pair
        beyond = u >= tf.gather(tf.constant(edges, tf.float32), label)
        return tf.reduce_sum(tf.cast(beyond, tf.float32), axis=1), label

    def discriminate(x, training=False):
        return tf.gather_nd(table, tf.stack([x[1], tf.cast(x[0], tf.int32)], axis=1))

    frequencies = None if in_turn else SHARES
    prior = tc.priors.labelled(
        tc.priors.uniform(1, low=0.0, high=1.0),
        2,
        frequencies=frequencies,
        in_turn=in_turn,
    )
    g = tc.models.LayeredModel([state])
    return tc.GAN(g, discriminate, prior, tc.objectives.nsgan())


def exact(gan, law):
    """Samples of both labels as frequent as the law says, scored."""
    counts = np.rint(20 * law).astype(int)
    label, state = (
        np.repeat(part.ravel(), counts.ravel()) for part in np.indices((2, 3))
    )
    x = tf.constant(state, tf.float32), tf.constant(label, tf.int32)
    return gan.scored(x)


def counts(drawn):
    found = np.zeros([2, 3], int)
    np.add.at(found, (drawn.x[1], drawn.x[0].astype(int)), 1)
    return found


def drawn(gan, acceptor, n=6000, seed=0):
    sampler = tc.sampling.compose(tc.sampling.direct(gan), acceptor)
    return tc.sampling.draw(
        sampler, gan.prior, n, real=exact(gan, REAL), batch=2000, seed=seed
    )


ACCEPTORS = {
    "drs": lambda gan: tc.sampling.drs(gan, percentile=None, burn_in=500),
    # Each state is left with a probability of 1/3 or more, so 20 proposals leave a
    # trace of 3e-4 of where a chain began.
    "mhgan": lambda gan: tc.sampling.mhgan(gan, thin=20, restart=True),
}


@pytest.mark.parametrize("name", ACCEPTORS)
def test_a_calibrator_of_each_label_mends_what_one_of_both_cannot(name):
    gan = conditional(SLOPES * RATIO + OFFSETS)
    real, fake = exact(gan, REAL), exact(gan, FAKE)
    together = tc.calibrators.platt(real.score.numpy(), fake.score.numpy())
    apart = tc.calibrators.by_label(tc.calibrators.platt, real, fake)
    law = SHARES[:, None] * REAL
    found = {}
    for kind, calibrator in {"together": together, "apart": apart}.items():
        one = gan._replace(calibrator=calibrator)
        of = counts(drawn(one, ACCEPTORS[name](one)))
        found[kind] = stats.chisquare(of.ravel(), (of.sum() * law).ravel()).pvalue
    assert found["apart"] > oracles.LEVEL
    assert found["together"] < oracles.LEVEL
    # The fit of exact proportions is the ratio, but for the penalty on its slope.
    of_all = tc.Scored(real.x, gan.discriminator(real.x))
    ratio = gan._replace(calibrator=apart).log_ratio_of(of_all)
    expected = RATIO[real.x[1].numpy(), real.x[0].numpy().astype(int)]
    np.testing.assert_allclose(ratio, expected, atol=0.01)


def test_chains_within_a_label_need_no_ratio_of_the_labels():
    gan = conditional(RATIO + OFFSETS)  # wrong about labels, right within each
    law = (SHARES[:, None] * REAL).ravel()
    pvalues = []
    for within in (False, True):
        chains = tc.sampling.mhgan(gan, thin=20, restart=True, within_label=within)
        of = counts(drawn(gan, chains)).ravel()
        pvalues.append(stats.chisquare(of, of.sum() * law).pvalue)
    assert pvalues[0] < oracles.LEVEL < pvalues[1]


def test_labels_in_turn_lose_no_proposal_of_a_chain():
    gan = conditional(np.zeros([2, 3]), in_turn=True)
    _, label = gan.prior(5, tc.seeds.as_seed(0))
    np.testing.assert_array_equal(label, [0, 1, 0, 1, 0])
    again = gan.prior.draw(tf.constant(5), tc.seeds.as_seed(0))[1]
    np.testing.assert_array_equal(again, label)
    chains = tc.sampling.mhgan(gan, thin=3, within_label=True)
    found = drawn(gan, chains, n=2000)  # of equal scores each proposal is taken
    assert found.info["accepted"] == 3 * 2000 and found.info["capped"] == 0
    np.testing.assert_array_equal(found.x[1], np.arange(2000) % 2)
    with pytest.raises(ValueError, match="leave frequencies out"):
        tc.priors.labelled(tc.priors.normal(2), 2, frequencies=[1, 2], in_turn=True)


def test_a_chain_within_a_label_begins_at_a_real_of_it():
    gan = conditional(RATIO)
    label = tf.constant([1, 0, 1, 1] * 500)
    candidates = tc.Scored((tf.zeros([2000]), label), tf.zeros([2000]))
    reals = tc.Scored(([0.0] * 4, np.array([1, 0, 1, 0])), np.array([5, 7, 6, 8]))
    acceptor = tc.sampling.mhgan(gan, within_label=True, restart=True)
    state = acceptor.init(tc.seeds.as_seed(0), candidates, reals)
    for own, logits in (0, (7, 8)), (1, (5, 6)):
        of = state.logit.numpy()[label.numpy() == own]
        assert set(of) == set(logits)
        assert stats.binomtest((of == logits[0]).sum(), len(of)).pvalue > oracles.LEVEL
    none = reals._replace(x=([0.0] * 4, np.zeros(4, int)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="starts from a real of"):
        acceptor.init(tc.seeds.as_seed(0), candidates, none)


def test_equal_maps_are_one_calibrator_wherever_a_ratio_is_asked_for():
    from helpers import keras_nets

    prior = tc.priors.labelled(tc.priors.normal(3), 4)
    gan = tc.from_keras(
        keras_nets.conditional_g(),
        keras_nets.conditional_d(),
        prior=prior,
        objective="nsgan",
    )
    one = tc.calibrators.Calibrator(lambda score: 20 * score - 1, differentiable=True)
    found = []
    for calibrator in one, tc.calibrators.ByLabel((one,) * 4):
        own = gan._replace(calibrator=calibrator)
        real = own.scored(own.generator(prior(50, tc.seeds.as_seed(2))))
        rate = tc.sampling.suggest_rate(
            own, tc.policies.ladam, layer="early", real=real
        )
        walk = tc.sampling.refine(
            own,
            tc.policies.ladam(rate),
            layer="early",
            steps=3,
            stop=0.6,
            pick="random",
            xla=False,
        )
        z = prior(20, tc.seeds.as_seed(3))
        refined, _, info = walk.step((0, 1), z, walk.init((0, 2), z, real))
        found.append((rate, refined.x[0], refined.score, info["steps"]))
    assert 0 < tf.reduce_mean(tf.cast(found[0][3], tf.float32)) < 2
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_calibrator_of_labels_says_what_it_lacks():
    x = np.zeros([6, 2]), np.array([0, 0, 0, 2, 2, 2])
    score = np.arange(6.0)
    real, fake = tc.Scored(x, score), tc.Scored(x, score[::-1])
    with pytest.raises(ValueError, match=r"label 1: .*not empty"):
        tc.calibrators.by_label(tc.calibrators.platt, real, fake)
    found = tc.calibrators.ByLabel((tc.calibrators.identity(),) * 3)
    assert found.differentiable
    with pytest.raises(ValueError, match="a map for each label"):
        found(score)
    with pytest.raises(ValueError, match=r"a pair \(x, label\)"):
        conditional(RATIO)._replace(calibrator=found).log_ratio_of(
            tc.Scored(x[0], score)
        )
    hot = np.eye(3)[x[1]]
    for label in (x[1], x[1][:, None], hot):
        np.testing.assert_array_equal(tc.tensors.label((x[0], label)), x[1])
