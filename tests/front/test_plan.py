"""A budget is spent within its shares, and too small a one is told."""

import pytest

from tf_collab.front import plan


@pytest.mark.parametrize("calls", [2e5, 1e6, 1e7, 1e9])
@pytest.mark.parametrize("layers", [2, 5, 12])
def test_all_parts_together_stay_within_the_budget(calls, layers):
    made = plan.plan(int(calls), range(layers), batch=64)
    refined = made.steps * plan.STEP + plan.PLAIN
    spent = made.screen * made.rates * len(made.layers) * refined
    spent += made.calibrate * 64 * (plan.PLAIN + plan.UPDATE)
    spent += made.shape * 64 * (plan.PLAIN + made.steps / 2 * plan.STEP + plan.UPDATE)
    # Before shaping, at each look, and at the other two rates.
    spent += made.fine * (1 + plan.LOOKS + 2) * refined
    spent += made.refined * refined + made.plain * plan.PLAIN
    spent += made.ratio * refined
    assert made.passes(batch=64) == pytest.approx(spent)
    assert spent <= 1.05 * calls + plan.FEWEST * refined
    assert made.screen >= plan.FEWEST


def test_layers_are_spread_over_the_whole_net_and_all_compared_if_there_is_enough():
    few = plan.plan(200_000, range(12), batch=64).layers
    assert few[0] == 0 and len(few) < 12
    assert plan.plan(10**8, range(12), batch=64).layers == list(range(12))


def test_the_least_budget_that_is_named_will_do():
    with pytest.raises(ValueError, match="calls at least") as told:
        plan.plan(10, range(5), batch=64)
    least = int(str(told.value).split("takes ")[1].split()[0])
    assert plan.plan(least, range(5), batch=64).screen >= plan.FEWEST
    with pytest.raises(ValueError):
        plan.plan(int(0.98 * least), range(5), batch=64)
