"""Tests for tf_collab.sampler_dials: what more passes buy, without a net."""

import itertools

import pytest

from tf_collab import sampler_dials, tables

BUDGETS = (5.0, 20.0, 100.0, 500.0, 5000.0)


def options(**given):
    usual = {"num_samples": 2000, "chains": 250, "layer": None}
    return tables.with_defaults(**usual | given)


def flags(name, passes, **given):
    return tables.SAMPLERS[name].dial.flags(options(**given), passes)


@pytest.mark.parametrize("layer, least", [(None, 5), (0, 8), (2, 9)])
def test_a_chain_of_refined_samples_has_five_of_them_before_more_steps(layer, least):
    assert flags("collaborative", least - 0.1, layer=layer) is None
    assert flags("collaborative", least, layer=layer)["mh_thin"] == 1
    for thin in (2, 3, 4, 5):
        found = flags("collaborative", least * thin + 0.5, layer=layer)
        assert (found["mh_thin"], found["rollout_steps"]) == (thin, 1)
    rich = flags("collaborative", 100.0, layer=layer)
    assert rich["mh_thin"] == 5 and rich["rollout_steps"] > 1
    assert rich["mh_pool"] is False


ADJUSTED = {"mala": 100, "hmc": 40, "ex2": 60}  # and the longest warm-up of each


@pytest.mark.parametrize("name", ADJUSTED)
@pytest.mark.parametrize("passes", BUDGETS)
def test_a_warm_up_is_a_tenth_of_the_budget_at_most_and_as_long_as_it_may_be(
    name, passes
):
    found = flags(name, passes)
    if found is None:
        assert passes <= 20
        return
    dial, room = tables.SAMPLERS[name].dial, 0.1 * passes * 2000
    begin = dial.latents(options(), passes)
    cost = lambda steps: dial.start(options(walk_warm_up=steps), begin)
    warm = found["walk_warm_up"]
    assert warm <= ADJUSTED[name]
    assert cost(warm) <= room
    assert warm == ADJUSTED[name] or cost(warm + 1) > room


def test_a_long_warm_up_is_reached_and_not_passed():
    for name, most in ADJUSTED.items():
        assert flags(name, 5000.0)["walk_warm_up"] == most


@pytest.mark.parametrize("name", [n for n, r in tables.SAMPLERS.items() if r.dial])
def test_a_number_that_passes_buy_never_falls_with_the_budget(name):
    settings = [flags(name, passes) for passes in BUDGETS]
    assert settings[-1] is not None
    bought = [s for s in settings if s is not None]
    assert settings[len(settings) - len(bought) :] == bought  # none after the first
    work = lambda s: [v for k, v in s.items() if k in ("mh_thin", "walk_steps")]
    for one, more in itertools.pairwise(bought):
        assert all(a <= b for a, b in zip(work(one), work(more)))


def test_passes_back_count_twice():
    counts = {"g_forward": 1, "g_backward": 10, "d_forward": 100, "d_backward": 1000}
    assert sampler_dials.passes(counts) == 1 + 2 * 10 + 100 + 2 * 1000
    assert sampler_dials.passes({}) == 0.0
