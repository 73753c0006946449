"""Tuning: every choice has held-out reals of its own, and every D its own ratio."""

import warnings

import numpy as np
import pytest
from helpers import seed_watching, small_cases

import tf_collab as tc
from tf_collab.front import dials, moves, ratios
from tf_collab.front.splits import Splits


@pytest.fixture(scope="module")
def tuning():
    """A case, what was found, the parts of reals that were asked for, all doubts."""
    with pytest.MonkeyPatch.context() as patch, seed_watching.eagerly():
        patch.setattr("tf_collab.front.plan.LOOKS", 1)
        get, asked = Splits.__getitem__, set()
        patch.setattr(
            Splits, "__getitem__", lambda s, name: asked.add(name) or get(s, name)
        )
        case = small_cases.case_of()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = dials.tuned(case, small_cases.PLAN)
        doubts = [w for w in caught if issubclass(w.category, tc.Doubt)]
        return case, found, asked, doubts


def test_the_verdicts_reals_choose_nothing(tuning):
    _, _, asked, _ = tuning
    assert asked == {"calibrator", "diagnosis", "dials"}


def test_d_learns_in_a_way_that_the_library_has_no_doubt_of(tuning):
    # A calibrator may be doubted: a D that two steps taught knows little.
    of_learning = [w for w in tuning[3] if " D: " not in str(w.message)]
    assert not of_learning


@pytest.mark.parametrize("kind", ["calibrated", "shaped"])
def test_a_calibrator_is_fitted_to_scores_of_its_d_and_chosen_on_others(tuning, kind):
    case, found, *_ = tuning
    gan, ratio = getattr(found, kind), ratios.Ratio(*getattr(found, f"{kind}_ratio"))
    real, others = (case.real(gan, part).score for part in ("calibrator", "diagnosis"))
    plain = tc.sampling.direct(gan)
    walk = moves.every(plain if kind == "calibrated" else found.move.refine(gan))
    with seed_watching.eagerly():
        drawn = case.samples(gan, walk, small_cases.PLAN.ratio, "ratio")
    fake, other_fakes = np.split(drawn.score, 2)
    assert np.allclose(ratio.real, real) and np.allclose(ratio.fake, fake, atol=1e-5)
    logits = [np.asarray(gan.log_ratio(s), "f8") for s in (others, other_fakes)]
    loss = np.logaddexp(0, -logits[0]).mean() + np.logaddexp(0, logits[1]).mean()
    assert np.isclose(ratio.loss, loss, rtol=1e-4)


def test_the_rate_is_that_of_the_least_distance_before_and_after_shaping(tuning):
    case, found, *_ = tuning
    tried = case.ledger["screen layer 0"]["tried"]
    rate, _ = min(tried, key=lambda pair: pair[1])
    known = {by: case.ledger[f"rate times {by}"] for by in (0.5, 2.0)}
    known[1.0] = case.ledger[f"shape look {found.shape_steps}"]
    assert len(tried) == 2 and len({*known.values()}) == 3
    assert found.move.rate == rate * min(known, key=known.__getitem__)
