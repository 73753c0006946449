"""Samplers are compared on latents that they share, by samples that are independent."""

import numpy as np
import pytest
from helpers import linear_gan, seed_watching, small_cases

import tf_collab as tc
from tf_collab.front import moves, verdict
from tf_collab.front.collaboration import Collaboration
from tf_collab.tables import SAMPLERS

PLAN = small_cases.PLAN
CHAINS = [name for name, row in SAMPLERS.items() if row.chain]


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


@pytest.mark.parametrize("method", CHAINS)
def test_a_sample_that_a_chain_never_leaves_is_judged_once(method, monkeypatch):
    """However many samples a draw makes at once: each is of a chain of its own."""
    monkeypatch.setattr(moves, "BATCH", 3)
    case, gan = small_cases.case_of(), linear_gan.linear_gan()
    x = small_cases.reals(4, 100)
    score = np.zeros(100, "f4")
    score[0] = 1e3
    pool = tc.sampling.Samples(x, score, 1.0, {})
    dials, row = small_cases.dials_of(gan), SAMPLERS[method]
    kept = verdict._kept(case, dials, row, pool, "law")
    assert len(kept.score) == 100 // verdict.THIN[row.refines]
    assert np.count_nonzero(kept.score == 1e3) == 1


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
