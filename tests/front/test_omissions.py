"""What a budget leaves out is said, and nothing where it leaves nothing out."""

import pytest
from helpers import small_cases

import tf_collab as tc
from tf_collab.front import advice, budget, ledger, omissions, plan
from tf_collab.tables import SAMPLERS

LAYERS = range(12)


def told(passes, **asked):
    made = plan.plan(passes, LAYERS, batch=64)
    return " ".join(omissions.of_tuning(made, LAYERS, asked, 64))


def test_layers_rates_and_steps_that_were_not_tried_are_told():
    least = 150_000
    made = plan.plan(least, LAYERS, batch=64)
    assert (len(made.layers), made.rates, made.steps) == (2, 1, 10)
    tried = "with 2 of 12 layers, 1 of 3 rates and 10 of 20 steps: give more"
    assert tried in told(least)
    assert "tried with 2 of 3 rates: give" in told(2_700_000)


def test_a_budget_that_buys_everything_is_not_remarked_on():
    assert told(4_000_000) == ""
    whole = plan.plan(4_000_000, LAYERS, batch=64)
    assert omissions.before(whole, LAYERS, ledger.Ledger(None, {})) == ""


def test_a_small_budget_is_told_before_it_is_spent(tmp_path):
    here, there = (ledger.Ledger(folder, {}) for folder in (None, tmp_path))
    made = plan.plan(150_000, LAYERS, batch=64)
    sentence = omissions.before(made, LAYERS, here)
    assert "2 of 12 layers, 1 of 3 rates and 10 of 20 steps, and D has" in sentence
    assert f"{made.shape} steps of shaping" in sentence and "held-out" in sentence
    shapes = made._replace(layers=[*LAYERS], rates=plan.RATES, steps=plan.STEPS)
    assert "refinement" not in omissions.before(shapes, LAYERS, here)
    assert sentence.endswith("another collaborate(...).")
    sentence = omissions.before(made, LAYERS, there)
    assert sentence.endswith("another collaborate(...) in another folder.")
    there.put("verdict", [])
    assert omissions.before(made, LAYERS, there) == ""


def test_what_is_left_over_of_a_large_budget_is_told():
    made = plan.plan(10**9, LAYERS, batch=64)
    over = 1 - made.passes(64) / 10**9
    left = f"{over:.0%} of the passes was left over, since a comparison takes 2000"
    assert f"whole and needed less than {10**9} passes: {left}" in told(10**9)
    assert f"needed less than 1.5 minutes: {left}" in told(10**9, minutes=1.5)


def test_minutes_are_told_as_passes(monkeypatch):
    assert "2 minutes were taken for 4000000 passes" in told(4_000_000, minutes=2)
    assert "1 minute was taken for 4000000" in told(4_000_000, minutes=1)
    assert "needed less than 1 minute: " in told(10**9, minutes=1.0)
    assert "minutes" not in told(4_000_000, minutes=None, calls=4_000_000)
    monkeypatch.setattr(budget, "calls_in", lambda minutes, case: 400_000)
    case = small_cases.case_of()
    budget.agreed(case, None, 2.0)
    asked, _ = case.ledger["budget"]
    assert "2 minutes were taken for 4" in told(4_000_000, **asked)


def test_each_sampler_is_forecast_or_left_out_by_name(advised):
    known = [line.method for line in advised.lines]
    sentence = next(line for line in str(advised).splitlines() if "Left out" in line)
    assert "Left out, as 3 calls a sample do not buy them: " in sentence
    for name, row in SAMPLERS.items():
        assert (name in known) is (f" {name}" not in sentence.replace(",", " ")), name
        assert advice.is_forecast(row) or name == "standard" or name not in known


@pytest.fixture(scope="module")
def advised():
    gan = small_cases.case_of().gan
    return tc.advise(gan, small_cases.reals(3, 100), 3, n=250)
