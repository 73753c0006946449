"""Tests for experiments.benchmarking.spending, on a GAN whose nets are arithmetic."""

import types

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles, recording

from experiments.benchmarking import baselines, spending, subjects
from experiments.stages.data import Task
from tf_collab import objectives, sampler_dials, seeds, tables

N = 20
ROWS = {**tables.SAMPLERS, **baselines.BASELINES}
ROWS = {name: row for name, row in ROWS.items() if row.dial is not None}
SURE = [name for name, row in ROWS.items() if not row.dial.chancy]
CHANCY = [name for name, row in ROWS.items() if row.dial.chancy]


@pytest.fixture(scope="module", autouse=True)
def quickly():
    with recording.eagerly(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(spending, "OUTPUTS", 4)
        yield


def subject(gan=None, layer=2):
    gan = gan or oracles.skewed_gan()
    x = gan.generator(gan.prior(120, seeds.as_seed(5)))
    order = tf.argsort(oracles.skewed_gan().discriminator(x))
    task = Task(
        batch_at=lambda step: None,
        held_out=tf.gather(x, order[60:]),  # D is right about these
        measure=lambda x: {},
        protocol="",
        rows=N,
        chains=5,
    )
    moves = {"rollout_method": "sgd", "rollout_rate": 0.1, "stop": None}
    return subjects.Subject(
        types.SimpleNamespace(xla=False, seeds={"probe": seeds.as_seed(7)}),
        task,
        judges={"calibrated": gan, "shaped": gan},
        d_steps={"calibrated": 0, "shaped": 0},
        moves={**moves, "layer": layer},
        line={},
        fits={},
    )


def spend(name, budget, of=None, n=N):
    rival = spending.Rival(name, ROWS[name])
    return spending.spend(of or subject(), rival, budget, n, seeds.as_seed(3))


def dearer(name, of, flags):
    """The flags of a sampler after these, for more passes."""
    base = of.options(N, spending.chains(of.task, N))
    settings = [ROWS[name].dial.flags(base, more) for more in np.arange(2, 300, 0.25)]
    return next(s for s in settings[settings.index(flags) :] if s != flags)


ENOUGH = {"hmc": 60.0, "mala": 40.0, "ddls": 20.0, "dgflow": 20.0, "ex2": 60.0}
ENOUGH["smc"] = 60.0
ENOUGH["dot"] = 2000 * 2 / N + 20.0  # pairs for its slope, and a walk


@pytest.mark.parametrize("name", [name for name in SURE if name != "standard"])
def test_a_sample_costs_the_budget_at_most_and_the_next_setting_costs_more(name):
    of, budget = subject(), ENOUGH.get(name, 12.0)
    drawn = spend(name, budget, of)
    assert 0 < drawn.cost <= budget and len(drawn.samples.score) == N
    assert np.isfinite(drawn.samples.x).all()
    rival, base = spending.Rival(name, ROWS[name]), of.options(N, 5)
    given = rival, base, dearer(name, of, drawn.flags), 1e6, N, seeds.as_seed(3)
    cost, _ = spending._once(of, *given)
    assert cost > budget


@pytest.mark.parametrize("layer, cost", [(None, 2 + 3), (0, 2 + 6), (2, 3 + 6)])
def test_refinement_costs_a_step_more_at_each_layer(layer, cost):
    drawn = spend("refinement", cost, subject(layer=layer))
    assert (drawn.cost, drawn.flags) == (cost, {"rollout_steps": 1})
    below = spend("refinement", cost - 0.1, subject(layer=layer))
    assert below == f"its least cost is above {cost - 0.1:g}"


@pytest.mark.parametrize("name", CHANCY)
def test_where_chance_has_its_price_the_cost_is_within_the_budget_and_near(name):
    drawn = spend(name, 8.0, n=100)
    assert spending.NEAR * 8 <= drawn.cost <= 8
    assert spend(name, 2.1) == "its least cost is above 2.1"


def counted(gan):
    """The same, and a list of how many rows its D was asked about each time."""
    rows = []

    def discriminate(x, training=False):
        rows.append(int(x.shape[0]))
        return gan.discriminator(x)

    return gan._replace(discriminator=discriminate), rows


@pytest.mark.parametrize("name", [*CHANCY, "isir"])
def test_what_comes_before_the_first_proposal_is_counted(name):
    gan, rows = counted(oracles.skewed_gan())
    of = subject(gan)
    options = of.options(N, 5)
    flags = {"drs_percentile": 10.0, "drs_per_batch": False, "isir_particles": 4}
    options = types.SimpleNamespace(**{**vars(options), **flags, "obrs_budget": 1.5})
    rows.clear()
    cost, _ = spending._once(
        of, spending.Rival(name, ROWS[name]), options, {}, 1e6, N, seeds.as_seed(3)
    )
    # Each row goes through both nets; the reals through D alone.
    assert cost * N == 2 * (sum(rows) - 60)


@pytest.mark.parametrize("name", CHANCY)
def test_a_burn_in_takes_a_tenth_of_the_budget_and_no_more_than_its_row_asks(name):
    gan, options = oracles.skewed_gan(), subject().options(100, 5)
    of = ROWS[name].dial.latents
    asked = ROWS[name].acceptor(gan, options).burn_in
    assert [of(options, passes) for passes in (5.0, 10.0, 1e6)] == [25, 50, asked]
    drawn = spend(name, 8.0, subject(gan), n=100)
    plain = drawn.samples.info["d_forward"]
    assert drawn.cost * 100 == 2 * (plain + 40)


def test_of_settings_within_the_budget_the_dearest_counts(monkeypatch):
    costs = []

    def once(subject, rival, base, flags, budget, n, seed):
        costs.append(flags["obrs_budget"] ** 2)  # which the dial does not foresee
        drawn = types.SimpleNamespace(cost=costs[-1])
        return costs[-1], drawn if costs[-1] <= budget else None

    monkeypatch.setattr(spending, "_once", once)
    found = spend("obrs", 8.0).cost
    within = [cost for cost in costs if cost <= 8]
    assert costs[0] > 8 and len(within) > 1
    assert found == max(within) >= spending.NEAR * 8


def test_a_try_ends_where_the_budget_is_used_up():
    gan, rows = counted(oracles.skewed_gan())
    of = subject(gan)
    options = of.options(N, 5)
    rows.clear()
    given = spending.Rival("obrs", ROWS["obrs"]), options, {"obrs_budget": 1000.0}
    cost, drawn = spending._once(of, *given, 8.0, N, seeds.as_seed(3))
    batch = 2  # a tenth of the samples
    assert drawn is None and cost > 8
    assert 2 * (sum(rows) - 60) <= 8 * N + 2 * batch


def test_chains_that_begin_anew_do_not_resemble_their_past():
    z = np.random.default_rng(0).normal(size=[20, 2]).astype("float32")
    score = z.sum(axis=1)
    real = types.SimpleNamespace(x=z, score=score)
    gan, options = oracles.skewed_gan(), subject().options(N, 5)
    options.mh_thin = 1
    acceptor = baselines.BASELINES["hastings afresh"].acceptor(gan, options)
    candidates = types.SimpleNamespace(x=tf.constant(z), score=tf.constant(score))
    state = acceptor.init(seeds.as_seed(0), candidates, real)
    for seed in range(3):
        _, state, _ = acceptor.step(seeds.as_seed(seed), candidates, state)
        assert not state.moved.numpy().any()  # each is at a real again


@pytest.mark.parametrize("name", ["mala", "hmc"])  # of ex2 jumps look otherwise
def test_a_warm_up_is_what_its_dial_says(name):
    gan, rows = counted(oracles.skewed_gan())
    row, options = ROWS[name], subject().options(N, 5)
    options.walk_warm_up = 3
    proposer = row.proposer(gan, options)
    begin = row.dial.latents(options, 50.0)
    z = gan.prior(begin, seeds.as_seed(0))
    proposer.init(seeds.as_seed(1), z, None)
    look = sampler_dials.passes({"g_forward": 1, "d_forward": 1} | BACK)
    assert row.dial.start(options, begin) == look * sum(rows)


BACK = {"g_backward": 1, "d_backward": 1}


def test_equal_seeds_give_equal_samples_and_others_do_not():
    rival, of = spending.Rival("isir", ROWS["isir"]), subject()
    one, same, other = (
        spending.spend(of, rival, 20, N, seeds.as_seed(seed)).samples.x
        for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_each_sample_of_a_chain_is_known_as_its_own():
    assert np.array_equal(spend("isir", 12).chain, [*range(5)] * 4)
    assert np.array_equal(spend("best", 12).chain, np.arange(N))


def test_a_d_without_a_ratio_is_given_one_once():
    of = subject(oracles.skewed_gan(objectives.hinge()))
    assert spend("sir", 6, of).gan.calibrator is not None
    assert spend("isir", 6, of).gan is of.fits["calibrated"]
    assert spend("best", 6, of).gan.calibrator is None  # it asks for the energy
    options = of.options(N, 5)
    options.rollout_steps = 1
    assert of.judge(ROWS["collaborative"], options).calibrator is not None


def test_the_best_of_each_pool_is_kept():
    gan = oracles.skewed_gan()
    acceptor = baselines.best(gan, types.SimpleNamespace(best_of=3))
    score = tf.constant([1.0, 3.0, 2.0, float("nan"), -1.0, -5.0])
    verdict, _, _ = acceptor.step(None, types.SimpleNamespace(x=score, score=score), ())
    assert verdict.keep.numpy().tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize("norm", [0.1, 0.6, 0.98])
def test_a_truncated_prior_is_as_short_as_it_is_asked_to_be(norm):
    from tf_collab import priors

    z = priors.truncated(1, at=baselines.truncation(norm))(100_000, (0, 1)).numpy()
    # The square is from 0 to 9 or less, and its spread below that of a normal's.
    assert np.mean(z**2) == pytest.approx(norm, abs=4 * np.sqrt(2 / 1e5))


@pytest.mark.parametrize("norm", [0.0, 1.0, 1.3])
def test_what_is_not_shorter_is_not_truncated(norm):
    with pytest.raises(ValueError, match="does not shrink its latents"):
        baselines.truncation(norm)
