"""Doubts say of which method, and of which D, they are."""

import warnings

import numpy as np
import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab.front import foretelling, gradients, judging, quiet, verdict
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.rows import Rows
from tf_collab.sampling import samples


def doubting(call, sentence):
    def asked(*given, **how):
        warnings.warn(sentence, tc.Doubt, stacklevel=2)
        return call(*given, **how)

    return asked


def test_doubts_begin_with_their_subject_also_where_the_block_fails():
    told = []
    with quiet.kept(told.append), pytest.raises(KeyError), quiet.of("a"):
        with quiet.of("b"):
            warnings.warn("one", tc.Doubt, stacklevel=1)
        raise KeyError(warnings.warn("two", tc.Doubt, stacklevel=1))
    assert told == ["a: b: one", "a: two"]


def test_it_is_raised_where_the_block_is_and_other_warnings_as_ever():
    with pytest.warns(tc.Doubt, match="^a: one$") as told, quiet.of("a"):
        warnings.warn("one", tc.Doubt, stacklevel=1)
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match="^another$"), quiet.of("a"):
        warnings.warn("another", UserWarning, stacklevel=1)


def test_a_verdict_names_the_method_and_its_d(monkeypatch):
    """Of the rows whose acceptors judge pools, each in a sentence of its own."""
    for name in ("select", "draw"):
        call = getattr(tc.sampling, name)
        monkeypatch.setattr(tc.sampling, name, doubting(call, f"{name} 3 %"))
    told, case = [], small_cases.case_of()
    found = small_cases.dials_of(case.gan)
    with quiet.quiet(told.append):
        verdict.judged(case, small_cases.PLAN, found, case.splits["dials"], "law")
    assert [each for each in told if "select" in each] == [
        "rejection, by the calibrated D: select 3 %",
        "hastings, by the calibrated D: select 3 %",
        "collaborative, by the shaped D: select 3 %",
    ]
    assert [each for each in told if "draw" in each] == [
        "standard: draw 3 %",
        "refinement, by the shaped D: draw 3 %",
    ]


@pytest.mark.parametrize(
    "method, subject",
    [("standard", "standard"), ("hastings", "hastings, by the calibrated D")],
)
def test_a_draw_names_the_method_and_its_d(method, subject, monkeypatch):
    monkeypatch.setattr(tc.sampling, "draw", doubting(tc.sampling.draw, "capped"))
    gan = linear_gan.linear_gan()
    c = Collaboration(None, small_cases.outcome_of(small_cases.dials_of(gan)))
    with pytest.warns(tc.Doubt, match=f"^{subject}: capped$"):
        c.draw(3, method=method)
    assert c.report().count(f"{subject}: capped") == 1


def test_advice_names_the_walk(monkeypatch):
    walked = doubting(gradients.walked, "a doubt")
    monkeypatch.setattr(gradients, "walked", walked)
    held = Rows(small_cases.reals(3, 100), None, ())
    gan, judge = linear_gan.linear_gan(), judging.judge(held)
    advice = foretelling.advised(gan, held, judge, 8, n=250)
    assert "refinement, by the given D: a doubt" in str(advice)
    assert np.isfinite(advice.passes)


def test_advice_that_nobody_can_follow_here_is_not_given():
    told = []
    for keeping in (quiet.quiet, quiet.kept):  # a ledger keeps by the latter
        with keeping(told.append):
            warnings.warn(f"80 %: {samples.UNCAPPED}", tc.Doubt, stacklevel=1)
    assert told == [f"80 %: {quiet.KEPT}"] * 2
    assert "thin" not in quiet.KEPT
