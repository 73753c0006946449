"""The skeletons of docs/extending.md keep the laws; its rows are drawn by name."""

import importlib.util
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf
from conformance import nets, test_objectives, test_samplers
from conformance import tables as conformance
from helpers import oracles
from scipy import stats

import tf_collab as tc
from tf_collab import (
    objectives,
    sampling,
    seeds,
    tables,
)
from tf_collab.cpu import compilation

DOCS = pathlib.Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "extending.md").read_text(encoding="utf8")


def skeleton(name):
    path = DOCS / "skeletons" / f"skeleton_{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLER, OBJECTIVE, DATA = map(skeleton, ("sampler", "objective", "data"))
NET, EXPERIMENT = map(skeleton, ("net", "experiment"))


def row(name):
    """The row that the page shows."""
    (block,) = re.findall(rf'```python\n("{name}": .*?)```', PAGE, re.DOTALL)
    return eval(f"{{{block}}}", vars(tables))[name]


def test_the_page_names_every_skeleton_and_no_file_that_is_not_there():
    files = {path.name for path in (DOCS / "skeletons").glob("*.py")}
    assert {*re.findall(r"\(skeletons/(\w+\.py)\)", PAGE)} == files
    root = DOCS.parent
    for path in re.findall(r"`((?:tf_collab|tests|experiments|docs)/[\w/.]*)`", PAGE):
        assert (root / path).exists(), path
    for module in re.findall(r"`(\w+\.md)`|\]\((\w+\.md)\)", PAGE):
        assert (DOCS / "".join(module)).exists(), module


# A sampler.


def test_the_acceptor_keeps_the_laws():
    acceptor = SAMPLER.soft_threshold(conformance.GAN, burn_in=32)
    state = acceptor.init(seeds.as_seed(0), test_samplers.candidates(0), REAL)
    case = "soft_threshold", acceptor, state
    test_samplers.test_an_acceptor_judges_every_candidate(case)
    test_samplers.test_a_chain_or_a_verdict_depends_on_its_own_slot_or_group_only(case)
    test_samplers.test_what_is_kept_was_proposed_here_or_before(case)
    for proposer in conformance.PROPOSERS.values():
        sampler = sampling.compose(proposer, acceptor)
        test_samplers.test_a_sampler_keeps_its_structure_and_is_traced_once(sampler)
        test_samplers.test_a_sampler_repeats_with_its_seed(sampler)


REAL = test_samplers.REAL


def test_the_kept_samples_have_the_law_that_the_docstring_says():
    proposal, logit = np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.25, 1.5])
    gan = oracles.states_gan(proposal, logit)
    acceptor = SAMPLER.soft_threshold(gan)  # the median is the second state
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    n = 5000
    kept = sampling.draw(sampler, gan.prior, n, real=REAL, batch=1000, seed=0)
    law = proposal * oracles.sigmoid(logit - 0.25)
    counts = np.bincount(kept.x.astype(int), minlength=3)
    assert stats.chisquare(counts, n * law / law.sum()).pvalue > oracles.LEVEL


@pytest.mark.parametrize("bad", [-1, 101])
def test_a_percentile_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=f"from 0 to 100, not {bad}"):
        SAMPLER.soft_threshold(conformance.GAN, percentile=bad)


# An objective.


def test_the_objective_keeps_the_laws():
    for name, law in vars(test_objectives).items():
        if name.startswith("test_"):
            law(OBJECTIVE.symmetric())


def test_the_best_d_gives_the_ratio():
    real, fake = np.array([6, 1, 1]) / 8, np.array([1, 2, 5]) / 8
    table = tf.Variable(((real - fake) / (real + fake)).astype("float32"))
    states = [np.repeat(range(3), (8 * p).astype(int)) for p in (real, fake)]
    objective = OBJECTIVE.symmetric()
    with tf.GradientTape() as tape:
        value = objective.discriminator_loss(
            lambda x, training: tf.gather(table, x),
            *states,
            seed=seeds.as_seed(0),
            step=0,
        )
    slope = tf.convert_to_tensor(tape.gradient(value, table))
    np.testing.assert_allclose(slope, np.zeros(3), atol=1e-6)
    ratio = objective.log_ratio(table)
    np.testing.assert_allclose(ratio, np.log(real / fake), rtol=1e-5)


# A data set.


def test_the_points_have_their_law_and_fit_into_the_square():
    target = DATA.circle(scale=2.0)
    n = 10_000
    x = target.batch(n, seeds.as_seed(0)).numpy()
    radius, angle = np.linalg.norm(x, axis=1), np.arctan2(x[:, 1], x[:, 0])
    assert x.shape == (n, 2) and x.dtype == np.float32
    assert stats.kstest(radius, stats.norm(2.0, 0.1).cdf).pvalue > oracles.LEVEL
    law = stats.uniform(-np.pi, 2 * np.pi)
    assert stats.kstest(angle, law.cdf).pvalue > oracles.LEVEL
    assert np.abs(x).max() < target.limit
    np.testing.assert_array_equal(x, target.batch(n, seeds.as_seed(0)))
    other = target.batch(n, seeds.as_seed(1)).numpy()
    assert (x != other).any(axis=1).all()


# A network.


@pytest.mark.parametrize("kind", ["SmallGenerator", "SmallDiscriminator"])
def test_the_networks_keep_the_laws(kind, tmp_path):
    make, x = lambda seed: getattr(NET, kind)(seed=seed), conformance.inputs([2])
    net, other = (nets.stirred(make, [2], seed) for seed in (0, 50))
    for law in nets.LAWS:
        law(net, x)
    nets.comes_back_from_a_checkpoint(net, other, x, tmp_path)
    nets.comes_back_from_a_file(net, x, tmp_path)
    nets.begins_by_its_seed(make)
    nets.ends_in_float32_in_mixed_precision(make, x)
    assert net(x).shape == ([8, 2] if kind == "SmallGenerator" else [8])


# An experiment, and the page's rows in it.

TINY = {"niters": 2, "tune_iters": 2, "num_samples": 60, "rollout_steps": 2}


def run(**options):
    return EXPERIMENT.run(EXPERIMENT.Config(**TINY, mh_thin=2, **options))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Steps and samples are few, and compiling would take longer than they do."""
    monkeypatch.setattr(compilation, "worthwhile", lambda *nets: False)
    tf.get_logger().setLevel("ERROR")  # each sampler is traced anew


def test_the_experiment_measures_every_usual_sampler():
    found = run(drs_percentile=None)
    assert found.keys() == tables.USUAL.keys()
    for measured in found.values():
        assert 0 <= measured["good"] <= 1 and 0 < measured["efficiency"] <= 1
    assert found["standard"]["efficiency"] == found["refinement"]["efficiency"] == 1


def test_the_pages_rows_are_all_that_new_methods_need(monkeypatch):
    monkeypatch.setattr(
        sampling, "soft_threshold", SAMPLER.soft_threshold, raising=False
    )
    monkeypatch.setattr(objectives, "symmetric", OBJECTIVE.symmetric, raising=False)
    sampler, objective = row("soft_threshold"), row("symmetric")
    assert sampler.seed not in {other.seed for other in tables.SAMPLERS.values()}
    assert sampler.colour not in tables.colours().values()
    assert (objective.build().log_ratio is not None) == objective.ratio
    monkeypatch.setitem(tables.SAMPLERS, "soft_threshold", sampler)
    monkeypatch.setitem(tables.FLAGS, "soft_percentile", row("soft_percentile"))
    monkeypatch.setitem(tables.OBJECTIVES, "symmetric", objective)
    assert tc.tables.colours()["soft_threshold"] == sampler.colour
    found = run(method=("standard", "soft_threshold"), gan="symmetric")
    assert found["soft_threshold"]["efficiency"] < found["standard"]["efficiency"]


@pytest.mark.filterwarnings("ignore::tf_collab.Doubt")  # of D after a few steps
def test_the_experiment_calibrates_a_d_without_a_ratio():
    found = run(gan="coulomb", method=("hastings",))
    assert 0 < found["hastings"]["efficiency"] < 1
