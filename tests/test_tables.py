"""Tests for tf_collab.tables."""

import dataclasses
import inspect
import pathlib
import re
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from experiments import celeba, coulomb, mnist, mog2d
from tf_collab import base, names, objectives, plots, policies, sampling, seeds, tables

# As a user of the image programs has them, where this is not about something else.
OPTIONS = tables.with_defaults(
    drs_percentile=80.0,
    drs_per_batch=False,
    mh_thin=5,
    rollout_method="momentum",
    rollout_rate=0.1,
    rollout_steps=50,
    stop=None,
    layer=2,
    num_samples=100,
)
PROGRAMS = {p.Config.EXPERIMENT: p.Config for p in (mog2d, mnist, celeba, coulomb)}
SCORE = tf.constant([-1.5, 0.2, 2.0])


def test_reading_them_starts_neither_tensorflow_nor_keras():
    code = (
        "import sys, tf_collab; tf_collab.tables.colours()\n"
        "sys.exit(bool({'tensorflow', 'keras', 'numpy', 'scipy'} & {*sys.modules}))"
    )
    root = pathlib.Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


@pytest.mark.parametrize("name", tables.OBJECTIVES)
def test_an_objective_is_what_its_row_says(name):
    row = tables.OBJECTIVES[name]
    objective = row.build()
    assert isinstance(objective, base.Objective)
    assert objective.knows_ratio == row.ratio
    # The library's own, up to a default of the experiments'.
    own = getattr(objectives, name)()
    np.testing.assert_array_equal(objective.energy(SCORE), own.energy(SCORE))


USUAL = {"bce": "nsgan", "gan": "nsgan", "vanilla": "nsgan", "SGAN": "nsgan"}
USUAL |= {"BCEWithLogits": "nsgan", "wgan-gp": "wgan_gp", "wasserstein": "wgan_gp"}
USUAL |= {"hinge_loss": "hinge", "ls": "lsgan", "R3GAN": "relativistic"}


@pytest.mark.parametrize("word", USUAL)
def test_what_an_objective_is_called_elsewhere_is_answered_with_its_name(word):
    told = names.known(word, tables.OBJECTIVES, tables.elsewhere(tables.OBJECTIVES))
    assert told.endswith(f"; did you mean {USUAL[word]!r}?")
    assert word not in tables.OBJECTIVES


def test_no_word_from_elsewhere_is_a_name_here_or_is_said_of_two():
    words = [
        word for row in tables.OBJECTIVES.values() for word in row.elsewhere.split()
    ]
    assert len({*words, *tables.OBJECTIVES}) == len(words) + len(tables.OBJECTIVES)


def test_every_objective_has_a_row():
    public = {name: getattr(objectives, name) for name in objectives.__all__}
    builders = {
        name
        for name, function in public.items()
        if inspect.signature(function).return_annotation is base.Objective
    }
    assert {*tables.OBJECTIVES} == builders


def penalised(**options):
    objective = tables.OBJECTIVES["wgan_gp"].build(**options)
    flat, steep = tf.zeros([2, 1]), lambda x, training: 3 * x[:, 0]
    seed = seeds.as_seed(0)
    return float(objective.discriminator_loss(steep, flat, flat, seed=seed, step=0))


def test_an_objective_takes_the_options_of_its_function():
    assert penalised() == pytest.approx(0.1 * (3 - 1) ** 2)
    assert penalised(penalty=2) == pytest.approx(2 * (3 - 1) ** 2)
    build = tables.OBJECTIVES["coulomb"].build
    assert isinstance(build(dimension=4, self_term="keep"), base.Objective)
    with pytest.raises(ValueError, match="loss must be"):
        build(loss="l3")


def fields(config_class):
    return {field.name for field in dataclasses.fields(config_class)}


@pytest.mark.parametrize("name", tables.OBJECTIVES)
def test_an_objective_fits_programs_that_there_are_and_they_have_its_flags(name):
    row = tables.OBJECTIVES[name]
    assert row.programs and {*row.programs} <= {*PROGRAMS}
    for program in row.programs:
        assert {*row.flags} <= fields(PROGRAMS[program])


@pytest.mark.parametrize("name", tables.POLICIES)
def test_a_policy_is_what_its_row_says(name):
    row = tables.POLICIES[name]
    policy, own = row.build(0.3), getattr(policies, name)(0.3)
    assert policy.needs_ratio == row.needs_ratio
    h, grad = tf.ones([2, 3]), tf.constant([[1.0, -2.0, 0.5]] * 2)
    deltas = [
        one.update(grad, one.init(h), gap=lambda: tf.zeros([2]))[0]
        for one in (policy, own)
    ]
    np.testing.assert_array_equal(*deltas)


def test_every_policy_has_a_row():
    assert {*tables.POLICIES} == {*policies.__all__}


@pytest.mark.parametrize("name", tables.SAMPLERS)
def test_a_samplers_parts_are_what_its_row_says(name):
    row, gan = tables.SAMPLERS[name], oracles.skewed_gan()
    acceptor = row.acceptor(gan, OPTIONS)
    assert isinstance(acceptor, base.Acceptor)
    assert isinstance(row.proposer(gan, OPTIONS, xla=False), base.Proposer)
    assert acceptor.thin == (OPTIONS.mh_thin if "mh_thin" in row.flags else 1)
    assert acceptor.burn_in in (0, OPTIONS.num_samples)
    assert row.chain or acceptor.thin == 1
    critic = oracles.skewed_gan(objectives.hinge())
    parts = lambda: (row.proposer(critic, OPTIONS), row.acceptor(critic, OPTIONS))
    if row.needs_ratio:
        with pytest.raises(ValueError, match="not a density ratio"):
            parts()
    else:
        parts()


@pytest.mark.parametrize("name", tables.USUAL)
def test_a_sampler_draws_what_the_suite_of_the_paper_does(name):
    row, gan = tables.SAMPLERS[name], oracles.skewed_gan()
    refine = sampling.refine(gan, policies.sgd(0.1), layer=1, steps=1, xla=False)
    proposer = refine if row.refines else row.proposer(gan, OPTIONS)
    mine = sampling.compose(proposer, row.acceptor(gan, OPTIONS))
    rejector = sampling.drs(gan, percentile=80, burn_in=100)
    theirs = sampling.suite(gan, gan, refine, rejector=rejector, thin=5)[name].sampler
    real = base.Scored(None, SCORE)
    drawn = [
        sampling.draw(sampler, gan.prior, 20, real=real, batch=10, seed=1)
        for sampler in (mine, theirs)
    ]
    np.testing.assert_array_equal(drawn[0].x, drawn[1].x)
    assert drawn[0].info == drawn[1].info


# The function of each row beside the paper's, and what flags unlike all defaults make
# of its options.
WALK = {"walk_rate": 0.02, "walk_steps": 3}
GIVEN = {
    "obrs": ({"obrs_budget": 2.0}, {"budget": 2.0, "burn_in": 100}),
    "sir": ({"sir_pool": 3}, {"pool": 3}),
    "isir": ({"isir_particles": 4}, {"particles": 4}),
    "ddls": (
        {**WALK, "temperature": 0.5, "sharpness": 2.0},
        {"rate": 0.02, "steps": 3, "temperature": 0.5, "sharpness": 2.0},
    ),
    "mala": (
        {**WALK, "walk_warm_up": 0},
        {"rate": 0.02, "steps": 3, "warm_up": 0},
    ),
    "hmc": (
        {**WALK, "walk_warm_up": 2, "hmc_leaps": 7},
        {"rate": 0.02, "steps": 3, "warm_up": 2, "leaps": 7},
    ),
    "ex2": (
        {**WALK, "walk_warm_up": 2, "isir_particles": 4, "ex2_local": 2},
        {"rate": 0.02, "steps": 3, "warm_up": 2, "particles": 4, "local": 2},
    ),
    "dgflow": (
        {**WALK, "dgflow_divergence": "js", "dgflow_noise": 0.2},
        {"rate": 0.02, "steps": 3, "divergence": "js", "noise": 0.2},
    ),
    "smc": (
        {"walk_rate": 0.02, "walk_warm_up": 2, "smc_temperatures": 4, "smc_moves": 2},
        {"rate": 0.02, "warm_up": 2, "temperatures": 4, "moves": 2},
    ),
    "dot": (
        {**WALK, "dot_slope": 0.7, "dot_projection": "paper", "dot_space": "data"},
        {
            "rate": 0.02,
            "steps": 3,
            "slope": 0.7,
            "projection": "paper",
            "space": "data",
        },
    ),
}


def handed(name, options, monkeypatch):
    """What a row hands to the function of its name, which it calls once."""
    told, function = [], getattr(sampling, name)
    with monkeypatch.context() as patch:
        patch.setattr(sampling, name, lambda gan, **given: told.append(given))
        row = tables.SAMPLERS[name]
        (row.proposer if row.walks else row.acceptor)(None, options)
    usual = inspect.signature(function).parameters
    (given,) = told
    assert {*given} <= {*usual}
    return given, {option: usual[option].default for option in given}


@pytest.mark.parametrize("name", sorted(tables.SAMPLERS.keys() - tables.USUAL.keys()))
def test_a_rows_flags_reach_its_function_and_have_its_defaults(name, monkeypatch):
    flags, expected = GIVEN[name]
    assert {*flags} == {*tables.SAMPLERS[name].flags}
    options = types.SimpleNamespace(**vars(OPTIONS) | flags)
    assert handed(name, options, monkeypatch)[0] == expected
    many = tables.with_defaults(num_samples=50_000)
    given, usual = handed(name, many, monkeypatch)
    assert given == usual


def test_the_table_has_each_divergence():
    choices = tables.FLAGS["dgflow_divergence"].choices
    assert {*choices} == {*sampling.DIVERGENCES}


def test_the_table_has_all_that_dot_knows():
    assert {*tables.FLAGS["dot_projection"].choices} == {*sampling.PROJECTIONS}
    assert {*tables.FLAGS["dot_space"].choices} == {*sampling.SPACES}


def test_every_flag_is_of_a_sampler():
    named = {flag for row in tables.SAMPLERS.values() for flag in row.flags}
    move = {"rollout_method", "rollout_rate", "rollout_steps", "stop", "collab_layer"}
    assert named == {*tables.FLAGS} | move


def test_refined_candidates_are_those_of_the_flags():
    gan, real = oracles.skewed_gan(), base.Scored(None, SCORE)
    for layer, at in ((1, 1), (None, gan.generator.depth)):
        options = types.SimpleNamespace(**vars(OPTIONS) | {"layer": layer})
        mine = tables.refined(gan, options, pick="last", xla=False)
        policy = policies.momentum(0.1)
        own = sampling.refine(gan, policy, layer=at, steps=50, pick="last", xla=False)
        z = gan.prior(8, seeds.as_seed(0))
        found = [
            walk.step(seeds.as_seed(2), z, walk.init(seeds.as_seed(1), z, real))[0].x
            for walk in (mine, own)
        ]
        np.testing.assert_array_equal(*found)


def test_a_burn_in_is_no_longer_than_a_run_of_images_can_afford():
    options = types.SimpleNamespace(**vars(OPTIONS) | {"num_samples": 50_000})
    acceptor = tables.SAMPLERS["rejection"].acceptor(oracles.skewed_gan(), options)
    assert acceptor.burn_in == 10_000


@pytest.mark.parametrize("name", tables.SAMPLERS)
def test_a_row_cites_its_paper_and_names_flags_that_every_program_has(name):
    row = tables.SAMPLERS[name]
    number = "" if name in ("sir", "smc") else r", arXiv:\d{4}\.\d{4,5}"
    authors = r"(Del )?\w+( and \w+| et al\.)?"
    assert re.fullmatch(rf"{authors}, \d{{4}}{number}", row.paper)
    assert re.fullmatch(r"#[0-9A-F]{6}", row.colour)
    for config_class in PROGRAMS.values():
        assert {*row.flags} <= fields(config_class)


class Watched:
    """Options that remember what was read."""

    def __init__(self):
        self.seen = set()

    def __getattr__(self, name):
        self.seen.add("collab_layer" if name == "layer" else name)
        return getattr(OPTIONS, name)


@pytest.mark.parametrize("name", tables.SAMPLERS)
def test_a_row_reads_its_own_flags_and_its_words_tell_them(name):
    row, watched = tables.SAMPLERS[name], Watched()
    row.words(watched)
    assert watched.seen == {*row.flags}
    for part in (row.proposer, row.acceptor):
        part(oracles.skewed_gan(), watched)
    assert watched.seen - {"num_samples"} == {*row.flags}


# The protocol lines of runs that there are: no version may spell them otherwise.
WORDS = {
    "standard": ({}, ""),
    "rejection": ({}, "gamma at 80.0"),
    "rejection, authors'": (
        {"drs_percentile": 100.0, "drs_per_batch": True},
        "gamma at 100.0 per batch",
    ),
    "rejection, exact": ({"drs_percentile": None}, "gamma 0"),
    "hastings": ({"mh_pool": True}, "thin 5"),
    "refinement": ({}, "momentum 0.1 x 50 on layer 2"),
    "refinement, data": (
        {"layer": None, "stop": 0.5},
        "momentum 0.1 x 50 on data, stop 0.5",
    ),
    "collaborative": ({}, "thin 5, momentum 0.1 x 50 on layer 2"),
    "collaborative, pool": (
        {"mh_pool": True, "layer": 0},
        "thin 5 over the refined samples, momentum 0.1 x 50 on layer 0",
    ),
    "obrs": ({}, "budget 5.0"),
    "sir": ({}, "pool 10"),
    "isir": ({}, "particles 10"),
    "ddls": ({}, "rate 0.005, steps 200, temperature 1.0, sharpness 1.0"),
    "mala": ({"walk_rate": 0.005}, "rate 0.005, steps 100, warm-up 100"),
    "hmc": ({"walk_steps": 3}, "rate 0.1, leaps 5, steps 3, warm-up 40"),
    "ex2": ({}, "particles 10, local 3, rate 0.01, steps 60, warm-up 60"),
    "dgflow": ({}, "divergence kl, rate 0.1, noise 0.01, steps 25"),
    "smc": ({}, "temperatures 10, moves 3, rate 0.01, warm-up 100"),
    "dot": (
        {},
        "slope None, space latent, projection tangent, rate 0.01, steps 100",
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_a_samplers_words_are_those_of_old_results(case):
    given, words = WORDS[case]
    options = types.SimpleNamespace(**vars(OPTIONS) | given)
    assert tables.SAMPLERS[case.partition(",")[0]].words(options) == words


def test_seeds_and_colours_tell_rows_apart():
    rows = tables.SAMPLERS.values()
    for kinds in ({row.seed for row in rows}, {row.colour for row in rows}):
        assert len(kinds) == len(rows)


def test_seeds_stay_what_they_are():
    names = ("standard", "rejection", "hastings", "refinement", "collaborative")
    names += (
        "obrs",
        "sir",
        "isir",
        "ddls",
        "mala",
        "hmc",
        "dgflow",
        "ex2",
        "dot",
        "smc",
    )
    assert [tables.SAMPLERS[name].seed for name in names] == [*range(15)]


def test_one_row_of_each_judge_takes_every_proposal():
    firsts = {name: row for name, row in tables.SAMPLERS.items() if row.first}
    judges = {row.judge for row in tables.SAMPLERS.values()}
    assert sorted(row.judge for row in firsts.values()) == sorted(judges)
    gan = oracles.skewed_gan()
    x = gan.generator(gan.prior(100, seeds.as_seed(0)))
    for row in firsts.values():
        acceptor = row.acceptor(gan, OPTIONS)
        state = acceptor.init(seeds.as_seed(0), gan.scored(x), gan.scored(x))
        verdict, _, _ = acceptor.step(seeds.as_seed(1), gan.scored(x), state)
        assert verdict.keep.numpy().all()
        # So its judge's candidates are those of every row of this judge.
        for other in tables.SAMPLERS.values():
            assert row.judge != other.judge or row.refines == other.refines


def test_the_order_of_rows_carries_no_meaning(monkeypatch):
    rows = [{"method": name, "step": 1, "js": 0.1} for name in tables.SAMPLERS]

    def drawn():
        colours = tables.colours()
        fig = plots.metric_curves(rows, metric="js", x="step", colours=colours)
        return {line.get_label(): line.get_color() for line in fig.axes[0].lines}

    before = drawn()
    turned = dict(reversed(tables.SAMPLERS.items()))
    monkeypatch.setattr(tables, "SAMPLERS", turned)
    assert drawn() == before == {name: row.colour for name, row in turned.items()}
