"""Tests for tf_collab.sampling.drawing."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import GAN, Scored, base, models, objectives, policies, priors, sampling

GAN_ = oracles.skewed_gan()
REAL = Scored(None, tf.constant([-1.0, 0.0, 1.0]))
IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio


def sampler_of(acceptor):
    refine = sampling.refine(
        GAN_, policies.adam(0.1), layer=1, steps=2, pick="random", xla=False
    )
    return sampling.compose(refine, acceptor)


SAMPLERS = {
    "always": sampler_of(sampling.always()),
    "drs": sampler_of(sampling.drs(GAN_, burn_in=64, percentile=50)),
    "drs, per batch": sampler_of(sampling.drs(GAN_, burn_in=64, per_batch=True)),
    "mhgan": sampler_of(sampling.mhgan(GAN_, thin=3)),
    "mhgan, restart": sampler_of(sampling.mhgan(GAN_, thin=3, restart=True)),
}


def blocks(sampler, stop, *, seed=5, **options):
    drawn = sampling.draws(
        sampler, GAN_.prior, real=REAL, batch=16, seed=seed, **options
    )
    return list(itertools.islice(drawn, stop))


def same(a, b):
    tf.nest.map_structure(np.testing.assert_array_equal, a, b)


def thrifty(share):
    """A sampler that keeps the first `share` of every batch."""

    def step(seed, z, state):
        n = z.shape[0]
        keep = tf.range(n) < round(share * n)
        verdict = base.Verdict(z, tf.reduce_sum(z, axis=1), keep)
        return verdict, state, {"calls": tf.fill([n], 2), "batches": tf.constant(1)}

    return base.Sampler(lambda seed, z, real: (), step)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_draw_broken_off_goes_on_as_if_unbroken(name):
    whole = blocks(SAMPLERS[name], 7)
    assert [index for index, *_ in whole] == list(range(7))
    for broken in (1, 4):
        state = whole[broken - 1][2]
        rest = blocks(SAMPLERS[name], 7 - broken, first=broken, state=state)
        same(rest, whole[broken:])


def test_the_same_seed_gives_the_same_samples_and_another_does_not():
    def drawn(seed):
        sampler = SAMPLERS["mhgan"]
        return sampling.draw(sampler, GAN_.prior, 20, real=REAL, batch=16, seed=seed)

    first, again, other = drawn(3), drawn(3), drawn(4)
    same(first, again)
    assert (first.x != other.x).all()


def test_blocks_differ():
    found = np.concatenate([v.x for _, v, _, _ in blocks(SAMPLERS["always"], 5)])
    assert len(np.unique(found, axis=0)) == len(found)


@pytest.mark.parametrize("burn_in", [None, 3, 40])
def test_latents_are_asked_for_a_burn_in_or_a_batch_then_for_each_block(burn_in):
    asked = []

    def prior(n, seed):
        asked.append(n)
        return GAN_.prior(n, seed)

    acceptor = sampling.drs(GAN_, burn_in=burn_in) if burn_in else sampling.always()
    sampler = sampling.compose(sampling.direct(GAN_), acceptor)
    drawn = sampling.draws(sampler, prior, real=REAL, batch=16, seed=0)
    list(itertools.islice(drawn, 2))
    assert asked == [burn_in or 16, 16, 16]


def test_nothing_is_traced_twice():
    traces = []

    def trace(z):
        traces.append(1)
        return z

    gan = GAN_._replace(generator=models.LayeredModel([trace]))
    sampler = sampling.compose(sampling.direct(gan), sampling.mhgan(gan, thin=1))
    options = {"real": REAL, "batch": 8}
    sampling.draw(sampler, gan.prior, 30, seed=0, **options)
    after_one = len(traces)
    sampling.draw(sampler, gan.prior, 30, seed=1, **options)
    assert len(traces) == after_one
    assert sampler.step.experimental_get_tracing_count() == 1
    assert sampler.init.experimental_get_tracing_count() == 1


def test_the_samples_are_the_first_n_kept_in_order():
    n, sampler = 25, SAMPLERS["drs"]
    found = sampling.draw(sampler, GAN_.prior, n, real=REAL, batch=16, seed=5)
    kept = [v.x.numpy()[v.keep.numpy()] for _, v, _, _ in blocks(sampler, 40)]
    np.testing.assert_array_equal(found.x, np.concatenate(kept)[:n])
    np.testing.assert_allclose(found.score, GAN_.discriminator(found.x), rtol=1e-6)
    assert found.x.dtype == found.score.dtype == np.float32
    assert found.score.shape == (n,)


def test_the_efficiency_counts_all_kept_and_the_burn_in_as_proposed():
    sampler = SAMPLERS["drs"]
    found = sampling.draw(sampler, GAN_.prior, 25, real=REAL, batch=16, seed=5)
    keeps, count = [], 0
    while sum(keeps) < 25:
        count += 1
        keeps = [v.keep.numpy().sum() for _, v, _, _ in blocks(sampler, count)]
    assert count > 1  # else the batches would not be counted
    assert found.efficiency == sum(keeps) / (64 + 16 * count)


def test_info_is_summed_over_all_that_was_proposed():
    found = sampling.draw(
        thrifty(0.5), priors.normal(2), 20, real=REAL, batch=10, seed=0
    )
    assert found.info == {"calls": 80.0, "batches": 4.0}
    assert found.efficiency == 0.5


def test_a_draw_that_keeps_too_little_raises_and_says_so():
    options = {"real": REAL, "batch": 100, "seed": 0}
    prior = priors.normal(1)
    with pytest.raises(RuntimeError, match=r"only 0 of 500 proposals .*=0\.2"):
        sampling.draw(thrifty(0.0), prior, 1, min_efficiency=0.2, **options)
    with pytest.raises(RuntimeError, match="only 50 of 500"):
        sampling.draw(thrifty(0.1), prior, 1000, min_efficiency=0.2, **options)
    enough = sampling.draw(thrifty(0.2), prior, 1000, min_efficiency=0.2, **options)
    assert len(enough.x) == 1000


def test_a_chain_that_keeps_one_in_thin_keeps_enough():
    # A proposal better than all before it, so each is accepted: 1 of 20 is given.
    def step(seed, z, state):
        return Scored(z, tf.fill(z.shape[:1], state)), state + 1.0, {}

    rising = base.Proposer(lambda seed, z, real: tf.constant(9.0), step)
    sampler = sampling.compose(rising, sampling.mhgan(IDENTITY, thin=20))
    found = sampling.draw(
        sampler, priors.normal(1), 40, real=REAL, batch=4, seed=0, min_efficiency=0.9
    )
    assert found.efficiency == 1 / 20 and found.info["capped"] == 0


@pytest.mark.parametrize("n, batch", [(0, 1), (1, 0), (-3, 5)])
def test_counts_below_one_are_refused(n, batch):
    with pytest.raises(ValueError, match=f"not {n} and {batch}"):
        sampling.draw(thrifty(1), priors.normal(1), n, real=REAL, batch=batch, seed=0)


def test_what_is_no_sampler_and_reals_without_scores_are_refused():
    options = {"batch": 5, "seed": 0}
    prior = GAN_.prior
    with pytest.raises(ValueError, match=r"drawn from a Sampler, .* not from Proposer"):
        sampling.draw(sampling.direct(GAN_), prior, 5, real=REAL, **options)
    x = tf.zeros([5, 2])
    for name in ("drs", "mhgan"):
        with pytest.raises(ValueError, match=r"as gan.scored\(x\) returns"):
            sampling.draw(SAMPLERS[name], prior, 5, real=x, **options)
    braked = sampling.refine(GAN_, policies.ladam(0.1), layer=1, steps=1)
    with pytest.raises(ValueError, match=r"not scores of shape \[5, 1\]"):
        sampler = sampling.compose(braked, sampling.always())
        real = Scored(x, tf.zeros([5, 1]))
        sampling.draw(sampler, prior, 5, real=real, **options)
    with pytest.raises(ValueError, match=r"as gan.scored\(x\) returns"):
        sampling.select(sampling.always(), x, real=REAL, **options)


FORMS = {
    "float64": lambda score: np.asarray(score, "float64"),
    "list": lambda score: np.asarray(score).tolist(),
    "tensor": lambda score: tf.cast(score, tf.float64),
    "whole": lambda score: np.asarray(score, "int64"),
}


@pytest.mark.parametrize("form", FORMS)
def test_scores_may_be_any_numbers(form):
    real = Scored(None, FORMS[form](REAL.score))
    x, whole = np.arange(30.0), np.arange(30.0, dtype="float32") % 5
    acceptor = sampling.mhgan(GAN_, thin=3)
    same(
        *(
            sampling.draw(SAMPLERS["drs"], GAN_.prior, 4, real=one, batch=8, seed=0)
            for one in (REAL, real)
        )
    )
    same(
        *(
            sampling.select(acceptor, one, real=real, batch=10, seed=0)
            for one in (Scored(x, whole), Scored(x, FORMS[form](whole)))
        )
    )


@pytest.mark.parametrize(
    "score, told",
    [
        (None, "Scored without scores"),
        ([[1.0], [2.0, 3.0]], "that cannot become an array"),
        (["a", "b"], "of type string"),
        ([1j, 2j], "of type complex128"),
        (3.0, r"of shape \[\]"),
    ],
)
def test_what_are_no_scores_is_one_sentence(score, told):
    sampler = SAMPLERS["mhgan"]
    with pytest.raises(ValueError, match=f"as gan.scored.x. returns, not .*{told}"):
        sampling.draw(sampler, GAN_.prior, 4, real=Scored(None, score), batch=8, seed=0)
    with pytest.raises(ValueError, match="a score for each of its rows, not 2 scores"):
        pool = Scored(np.zeros([3, 1]), [1.0, 2.0])
        acceptor = sampling.mhgan(GAN_, thin=3)
        sampling.select(acceptor, pool, real=REAL, batch=1, seed=0)


def test_structures_are_drawn_leaf_by_leaf():
    def prior(n, seed):
        label = tf.random.stateless_uniform([n], seed, 0, 10, tf.int32)
        return {"z": tf.cast(label, tf.float32), "label": label}

    gan = GAN(
        models.LayeredModel([lambda z: z]),
        lambda x, training=False: x["z"] - 4.5,
        prior,
        objectives.nsgan(),
    )
    acceptor = sampling.drs(gan, burn_in=1500, percentile=50)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    found = sampling.draw(sampler, prior, 50, real=REAL, batch=40, seed=0)
    np.testing.assert_array_equal(found.x["z"], found.x["label"])
    assert found.x["label"].dtype == np.int32 and len(found.x["label"]) == 50


def test_progress_counts_what_is_kept_after_each_batch():
    told = []
    options = {"real": REAL, "batch": 10, "seed": 0}
    sampling.draw(
        thrifty(0.3), GAN_.prior, 7, progress=lambda *c: told.append(c), **options
    )
    assert told == [(3, 7), (6, 7), (7, 7)]


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_draw_that_is_given_its_beginning_is_the_same_without_a_burn_in(name):
    options = {"real": REAL, "batch": 16, "seed": 5}
    own = sampling.draw(SAMPLERS[name], GAN_.prior, 30, **options)
    state = sampling.begin(SAMPLERS[name], GAN_.prior, **options)
    begun = SAMPLERS[name]._replace(init=None)  # which has nothing to begin with
    given = sampling.draw(begun, GAN_.prior, 30, state=state, **options)
    assert np.array_equal(given.x, own.x) and given.info == own.info
    # A burn-in counts as proposed where it is the draw's own: 1 / efficiency is
    # proposals a sample, and these differ by the burn-in a sample.
    more = 1 / own.efficiency - 1 / given.efficiency
    assert (more == 0) == (begun.burn_in == 0) and more >= 0
    if begun.burn_in:
        kept = begun.burn_in / more
        assert kept == pytest.approx(round(kept)) and kept >= 30
