"""Samplers are compared on latents that they share, by samples that are independent."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import linear_gan, seed_watching, small_cases

import tf_collab as tc
from tf_collab.front import moves, samplers, verdict
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.rows import Rows
from tf_collab.tables import USUAL

PLAN = small_cases.PLAN
CHAINS = [name for name, row in USUAL.items() if row.chain]


@pytest.fixture(scope="module", autouse=True)
def small():
    with pytest.MonkeyPatch.context() as patch, seed_watching.eagerly():
        patch.setattr(verdict, "FEWEST", 10)
        yield


@pytest.mark.parametrize("batch", [250, 40], ids=["in one batch", "in several"])
def test_a_refinement_that_moves_nothing_differs_from_plain_by_nothing(
    batch, monkeypatch
):
    monkeypatch.setattr(moves, "BATCH", batch)
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    dials = small_cases.dials_of(gan, rate=1e-9)
    told = verdict.judged(case, PLAN, dials, case.splits["dials"], "law")
    (line,) = (line for line in told if line.method == "refinement")
    found = line.difference, line.better, line.worse
    assert np.allclose(found, 0, atol=1e-6) and line.high - line.low > 0.01
    assert line.errors["standard"] < 1e-6 < 1e-3 < line.errors["rejection"]


@pytest.mark.parametrize("method", CHAINS)
def test_a_sample_that_a_chain_never_leaves_is_judged_once_an_order(method):
    """However many samples a draw makes at once: each is of a chain of its own."""
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    score = np.zeros(100, "f4")
    score[0] = 1e3
    pool = tc.sampling.Samples(small_cases.reals(4, 100), score, 1.0, {})
    row = USUAL[method]
    kept = samplers.kept(case, small_cases.dials_of(gan), row, pool, "law")
    assert np.isclose(kept.sum(), 100 // samplers.THIN[row.refines])
    assert kept[0] == 1 == kept.max()


@pytest.mark.parametrize("method", CHAINS)
def test_each_order_puts_other_rows_in_one_chain(method):
    """Two rows that a chain never leaves, of one chain in the order of the pool.

    Of one chain they are in one order of ten, and then the first is left: 1.9 are kept
    in the mean of 16 orders, with a deviation of 0.07.
    """
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    row, score = USUAL[method], np.zeros(100, "f4")
    two = [0, 100 // samplers.THIN[row.refines]]
    score[two] = 1e3
    pool = tc.sampling.Samples(small_cases.reals(4, 100), score, 1.0, {})
    kept = samplers.kept(case, small_cases.dials_of(gan), row, pool, "law")
    assert kept[two].sum() > 1.9 - 5 * 0.07


@pytest.mark.parametrize("method", [m for m, row in USUAL.items() if row.needs_ratio])
def test_what_is_kept_is_kept_as_often_as_a_draw_keeps_it(method, monkeypatch):
    """The share of scores above the median: in one draw, and by the pool's weights.

    A share of n kept has a standard error of at most .5 / sqrt(n); four are allowed.
    """
    monkeypatch.setattr(samplers, "ORDERS", 40)
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    dials, row = small_cases.dials_of(gan), USUAL[method]
    x = small_cases.reals(4, 400)
    score = np.random.default_rng(0).normal(size=400).astype("f4")
    pool = tc.sampling.Samples(x, score, 1.0, {})
    kept = samplers.kept(case, dials, row, pool, "law")
    acceptor = samplers.acceptor(row, gan, 400)
    drawn = tc.sampling.select(
        acceptor,
        tc.Scored(x, score),
        real=case.real(gan),
        batch=400 // acceptor.thin,
        seed=7,
    )
    high, n = score > np.median(score), len(drawn.score)
    share = np.mean(drawn.score > np.median(score))
    assert share > 0.55 and kept.sum() == pytest.approx(n, abs=4 * np.sqrt(n))
    assert kept[high].sum() / kept.sum() == pytest.approx(share, abs=2 / np.sqrt(n))


def _scored(score):
    score = tf.constant(score, tf.float32)
    return tc.Scored(score[:, None], score)


@pytest.mark.parametrize("method", CHAINS)
def test_a_late_sample_of_a_draw_is_of_the_law_of_an_early_one(method):
    """By a ratio whose tail is heavy, so that chains which went on would climb it.

    A fifth or more of the chains are capped. A share of m has a standard error of at
    most .5 / sqrt(m).
    """
    gan = linear_gan.linear_gan()
    accepts = samplers.acceptor(USUAL[method], gan, 1)
    score = np.random.default_rng(0).normal(0, 3, 4000 * accepts.thin * 4)
    parts = np.split(score, 4 * accepts.thin)
    real = _scored(np.full(50, 6.0))
    state, kept = accepts.init((0, 0), _scored(parts[0]), real), []
    for i, part in enumerate(parts):
        found, state, _ = accepts.step((1, i), _scored(part), state)
        kept.append(found.score.numpy()[found.keep.numpy()])
    early, *_, late = filter(len, kept)
    share = lambda part: np.mean(part > np.quantile(score, 0.95))
    assert max(len(early), len(late)) < 0.8 * 4000
    error = np.hypot(*(0.5 / np.sqrt(len(part)) for part in (early, late)))
    assert abs(share(late) - share(early)) < 4 * error


def test_a_distance_is_that_of_the_rows_that_are_kept(monkeypatch):
    pools = {}

    def some(case, dials, row, pool, name):
        pools[row.refines] = pool
        kept = np.ones(len(pool.score))
        kept[30:] = not row.needs_ratio
        return kept

    monkeypatch.setattr(samplers, "kept", some)
    case = small_cases.case_of()
    dials = small_cases.dials_of(linear_gan.linear_gan())
    told = verdict.judged(case, PLAN, dials, case.splits["dials"], "law")
    lines = {line.method: line for line in told}
    reals = case.judge.features(case.splits["dials"].x)
    looks = case.judge.features(pools[False].x)
    for method, rows in (("standard", looks), ("rejection", looks[:30])):
        line = lines[method]
        assert np.isclose(line.distance, case.judge.distance(reals, rows), atol=1e-6)
        assert line.n == len(rows)
        assert (line.kept, line.cost) == (
            len(rows) / len(looks),
            2 * len(looks) / len(rows),
        )


def test_labels_stay_beside_the_numbers_of_samples(monkeypatch):
    """A ratio for each label keeps what it would keep of the samples themselves."""
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    label = np.arange(90, dtype="i4") % 2
    ratio = lambda score, label: tf.where(label == 0, score - 1e3, score)
    ratio.needs_label = True
    dials = small_cases.dials_of(gan._replace(calibrator=ratio))
    x = small_cases.reals(4, 90)
    pool = tc.sampling.Samples((x, label), np.zeros(90, "f4"), 1.0, {})
    monkeypatch.setattr(
        type(case), "real", lambda *a: tc.Scored((x, label), tf.zeros([90]))
    )
    kept = samplers.kept(case, dials, USUAL["rejection"], pool, "law")
    assert kept[label == 0].max() == 0 and kept[label == 1].min() > 0


def test_a_second_verdict_is_on_samples_of_its_own():
    gan = linear_gan.linear_gan()
    found = small_cases.outcome_of(small_cases.dials_of(gan))._replace(calls=60_000)
    c = Collaboration(small_cases.case_of(), found)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("FEWEST", 20), ("MOST", 60), ("STEPS", 1)):
            patch.setattr(f"tf_collab.front.plan.{name}", value)
        fresh = small_cases.reals(5, 80)
        one, two = (c.judge(fresh, seed=seed) for seed in (1, 2))
    assert all(a.distance != b.distance for a, b in zip(one, two, strict=True))


def test_reals_in_groups_make_intervals_of_groups():
    """Ten near copies of each real say no more than one of them."""
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    x = np.repeat(small_cases.reals(6, 15), 10, axis=0)
    half = []
    for groups in (None, np.arange(150) // 10):
        reals = Rows(x, None, (), groups)
        told = verdict.judged(case, PLAN, small_cases.dials_of(gan), reals, "law")
        (plain,) = (line for line in told if line.method == "standard")
        half.append(plain.high - plain.low)
    assert half[1] > 1.5 * half[0]


def test_groups_of_fresh_reals_reach_the_verdict(monkeypatch):
    found = small_cases.outcome_of(small_cases.dials_of(linear_gan.linear_gan()))
    c = Collaboration(small_cases.case_of(), found._replace(calls=60_000))
    monkeypatch.setattr(verdict, "judged", lambda *given: seen.append(given[3]) or [])
    seen, names = [], np.repeat([*"abcdefgh"], 10)
    c.judge(small_cases.reals(5, 80), groups=names)
    assert [*map("abcdefgh".__getitem__, seen[0].groups)] == [*names]


def test_a_verdict_afresh_is_of_the_size_that_is_asked_for(monkeypatch):
    gan, seen = linear_gan.linear_gan(), []
    found = small_cases.outcome_of(small_cases.dials_of(gan))._replace(calls=60_000)
    c = Collaboration(small_cases.case_of(), found)
    monkeypatch.setattr(verdict, "judged", lambda *a: seen.append(a[1].calls) or [])
    for asked in ({}, {"calls": 90_000}):
        c.judge(small_cases.reals(5, 80), **asked)
    assert seen == [60_000, 90_000]
