"""Minutes become passes once, and a tuning that goes on has those it began with."""

import pytest
from helpers import small_cases

from tf_collab.front import budget, plan


def test_minutes_are_measured_once_though_a_tuning_is_killed(tmp_path, monkeypatch):
    speeds = iter([60_000, 90_000])  # of a machine that had other work at first
    monkeypatch.setattr(budget, "calls_in", lambda minutes, case: next(speeds))
    begin = lambda: small_cases.case_of(folder=tmp_path)
    first, again = (budget.agreed(begin(), None, 2.0) for _ in range(2))
    assert first == again == plan.plan(60_000, begin().layers, batch=20)
    with pytest.raises(ValueError, match=r"begun with minutes=2\.0, not calls=60000"):
        budget.agreed(begin(), 60_000, None)


def test_a_budget_that_is_too_small_is_not_remembered(tmp_path):
    case = small_cases.case_of(folder=tmp_path)
    with pytest.raises(ValueError, match="calls at least"):
        budget.agreed(case, 1, None)
    assert budget.agreed(case, 60_000, None).calls == 60_000
