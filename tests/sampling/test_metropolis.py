"""Tests for tf_collab.sampling.metropolis."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import GAN, Scored, objectives, sampling, seeds

IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
NEVER, ALWAYS = -1e9, 1e9  # scores that lose and win against any ordinary one


def scored(score, x=None):
    score = tf.constant(score, tf.float32)
    x = range(score.shape[0]) if x is None else x
    return Scored(tf.constant(x, tf.int32), score)


def chain(rows, *, real=(0.0,), **options):
    """Judges rows of scores one after the other; x is the number of the row."""
    acceptor = sampling.mhgan(IDENTITY, **options)
    rows = np.array(rows, np.float32)
    n = rows.shape[1]
    state = acceptor.init(seeds.as_seed(0), scored(rows[0]), scored(real))
    for i, row in enumerate(rows):
        candidates = scored(row, np.full(n, i + 1))
        verdict, state, info = acceptor.step(seeds.as_seed(i + 1), candidates, state)
        yield verdict, state, {name: value.numpy() for name, value in info.items()}


def test_the_law_after_k_proposals_is_that_of_the_transition_matrix():
    n, k, start = 100_000, 3, 0.8
    proposal, logit = np.array([0.5, 0.3, 0.2]), np.log([0.4, 1.0, 2.5])
    drawn = np.random.default_rng(0).choice(3, size=[k, n], p=proposal)
    acceptor = sampling.mhgan(IDENTITY, thin=k)
    state = acceptor.init(seeds.as_seed(0), scored(logit[drawn[0]]), scored([start]))
    accepted = []
    for i, states in enumerate(drawn):
        candidates = scored(logit[states], states)
        verdict, state, info = acceptor.step(seeds.as_seed(i + 1), candidates, state)
        accepted.append(info["accepted"].numpy().sum())
    matrix = oracles.metropolis_matrix(proposal, logit, start)
    laws = [np.linalg.matrix_power(matrix, i)[0] for i in range(k + 1)]
    # State 0 of the matrix is the start: chains that accepted nothing give no output.
    x, keep = verdict.x.numpy(), verdict.keep.numpy()
    found = np.bincount(np.where(keep, x + 1, 0), minlength=4)
    assert stats.chisquare(found, n * laws[k]).pvalue > oracles.LEVEL
    assert laws[k][0] > 0.01  # else the test says little of such chains
    assert (verdict.score.numpy()[keep] == logit[x[keep]].astype("f4")).all()
    # Acceptances from a law over (start, states); a proposal of the state where the
    # chain stands is accepted too.
    against = np.array([start, *logit])
    accepts = np.minimum(1, np.exp(logit[None] - against[:, None])) @ proposal
    for i in range(k):
        rate = laws[i] @ accepts
        sigma = math.sqrt(rate * (1 - rate) / n)
        assert accepted[i] / n == pytest.approx(rate, abs=4 * sigma)


def test_a_long_thin_chain_turns_a_gaussian_into_another():
    mean, std = 0.5, 0.6
    gan = oracles.gaussian_gan(mean, std)
    # No state is left with probability less than exp(-maximum) = 0.49, so 20
    # proposals leave a trace of less than 1e-5 of where a chain was.
    sampler = sampling.compose(sampling.direct(gan), sampling.mhgan(gan, thin=20))
    real = Scored(None, gan.discriminator(tf.constant([[mean]])))
    found = sampling.draw(sampler, gan.prior, 20_000, real=real, batch=4000, seed=0)
    law = stats.norm(mean, std)
    assert stats.kstest(found.x[:, 0], law.cdf).pvalue > oracles.LEVEL
    assert found.efficiency == pytest.approx(1 / 20, rel=1e-3)


def test_it_gives_a_state_after_every_thin_proposals():
    rows = np.full([7, 2], ALWAYS) * np.arange(1, 8)[:, None]
    keeps = [verdict.keep.numpy().tolist() for verdict, _, _ in chain(rows, thin=3)]
    no, yes = [False, False], [True, True]
    assert keeps == [no, no, yes, no, no, yes, no]


def test_chains_go_on_from_where_they_stood():
    rows = [[5.0]] + [[NEVER]] * 3
    outputs = [v.x.numpy()[0] for v, _, _ in chain(rows, thin=2) if v.keep.numpy()[0]]
    assert outputs == [1, 1]


def test_restarted_chains_go_back_to_a_real_after_each_output():
    # The first proposal wins against the real of 0; after the output a second real
    # has to be beaten, which a proposal of 3 does, though it is far below 50.
    rows = [[50.0], [3.0]]
    goes_on = [v.x.numpy()[0] for v, _, _ in chain(rows, thin=1)]
    restarts = list(chain(rows, thin=1, restart=True))
    assert goes_on == [1, 1]
    assert [v.x.numpy()[0] for v, _, _ in restarts] == [1, 2]
    assert not any(state.moved.numpy()[0] for _, state, _ in restarts)


def test_restarts_and_starts_are_spread_over_the_reals():
    real, n = np.array([0.0, 1.0, 2.0]), 3000
    steps = chain([[ALWAYS] * n], real=real, thin=1, restart=True)
    ((_, state, _),) = steps
    acceptor = sampling.mhgan(IDENTITY)
    start = acceptor.init(seeds.as_seed(0), scored(np.zeros(n)), scored(real))
    for logit in (state.logit.numpy(), start.logit.numpy()):
        counts = [(logit == value).sum() for value in real]
        assert sum(counts) == n
        assert stats.chisquare(counts).pvalue > oracles.LEVEL
    assert (state.logit.numpy() != start.logit.numpy()).any()


@pytest.mark.parametrize("restart", [False, True])
def test_a_chain_that_accepts_nothing_is_capped_then_takes_what_comes(restart):
    rows = [[NEVER], [NEVER], [2 * NEVER], [3 * NEVER]]
    steps = list(chain(rows, thin=2, restart=restart))
    assert [v.keep.numpy()[0] for v, _, _ in steps] == [False, False, False, True]
    assert [info["capped"][0] for _, _, info in steps] == [0, 1, 0, 0]
    assert [info["accepted"][0] for _, _, info in steps] == [0, 0, 1, 0]
    assert steps[3][0].x.numpy()[0] == 3


def test_a_capped_chain_starts_from_a_real_where_it_is_to():
    rows = [[NEVER], [NEVER], [2 * NEVER], [ALWAYS]]
    steps = list(chain(rows, thin=2, restart=True, capped="restart"))
    assert [info["capped"][0] for _, _, info in steps] == [0, 1, 0, 0]
    assert [info["accepted"][0] for _, _, info in steps] == [0, 0, 0, 1]
    assert steps[3][0].keep.numpy()[0]


@pytest.mark.parametrize(
    "how", [{"capped": "restart"}, {"capped": "real", "restart": True}]
)
def test_capped_chains_do_not_restart_alone(how):
    with pytest.raises(ValueError, match='capped is "accept", or "restart" of chains'):
        sampling.mhgan(IDENTITY, **how)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_ratio_that_is_not_finite_is_a_rejection(bad):
    rows = [[5.0], [bad], [bad]]
    steps = list(chain(rows, thin=1))
    assert [info["accepted"][0] for _, _, info in steps] == [1, 0, 0]
    assert [v.score.numpy()[0] for v, _, _ in steps] == [5.0] * 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("restart", [False, True])
def test_a_capped_chain_waits_for_a_ratio_that_is_finite(restart, bad):
    steps = list(chain([[NEVER], [bad], [NEVER]], thin=1, restart=restart))
    assert [info["accepted"][0] for _, _, info in steps] == [0, 0, 1]
    assert [info["capped"][0] for _, _, info in steps] == [1, 1, 0]


def test_reals_are_never_returned():
    n = 500
    acceptor = sampling.mhgan(IDENTITY, thin=1, restart=True)
    real = scored([0.5, 3.0], x=[-77, -78])
    rng = np.random.default_rng(0)
    state = acceptor.init(seeds.as_seed(0), scored(np.zeros(n)), real)
    outputs = []
    for i in range(20):
        candidates = scored(rng.normal(size=n), x=np.full(n, i + 1))
        verdict, state, _ = acceptor.step(seeds.as_seed(i), candidates, state)
        outputs.append(verdict.x.numpy()[verdict.keep.numpy()])
    assert set(np.concatenate(outputs)) == set(range(1, 21))


def test_thin_below_one_and_a_score_that_is_no_ratio_are_refused():
    with pytest.raises(ValueError, match="not 0"):
        sampling.mhgan(IDENTITY, thin=0)
    with pytest.raises(ValueError, match="calibrator"):
        sampling.mhgan(IDENTITY._replace(objective=objectives.lsgan()))
