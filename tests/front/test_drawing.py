"""Every draw asks the D of its sampler, and no sample is shown or drawn twice."""

import numpy as np
import pytest
from helpers import linear_gan, seed_watching, small_cases

import tf_collab as tc
from tf_collab.front.collaboration import Collaboration
from tf_collab.tables import USUAL


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    with seed_watching.eagerly():
        yield


def drawing(worse=()):
    """A collaboration that is tuned, the GAN it began with, and the shaped one."""
    gan = linear_gan.linear_gan()
    shaped = gan._replace(discriminator=tc.models.copy(gan.discriminator))
    shaped.discriminator.variables[0].assign_add([[2.0], [-1.0]])
    found = small_cases.outcome_of(small_cases.dials_of(gan, shaped), worse)
    return Collaboration(None, found), gan, shaped


@pytest.mark.parametrize("method", USUAL)
def test_reals_that_a_draw_is_told_are_scored_by_the_samplers_own_d(
    method, monkeypatch
):
    c, gan, shaped = drawing()
    told = []

    def recorded(sampler, prior, n, *, real, **how):
        told.append((sampler, real))
        return tc.sampling.Samples(np.zeros([n, 2]), np.zeros(n), 1.0, {})

    monkeypatch.setattr(tc.sampling, "draw", recorded)
    c.draw(3, method=method)
    ((sampler, real),) = told
    own = shaped if USUAL[method].refines else gan
    assert np.allclose(real.score, own.scored(real.x).score)
    for asked in (sampler.guide, sampler.judge):
        assert asked is None or asked.discriminator is own.discriminator


def test_what_a_figure_showed_is_not_drawn(monkeypatch):
    monkeypatch.setattr(tc.plots, "comparison", lambda sets, *_, **__: sets)
    c, *_ = drawing()
    shown = c.figure(20)["standard"]
    drawn = [c.draw(20, method="standard") for _ in range(3)]
    assert not np.isin(np.concatenate(drawn), shown).any()
    assert len(np.unique(np.concatenate(drawn), axis=0)) == 60


def test_what_the_verdict_says_against_a_method_is_told_where_it_draws():
    c, *_ = drawing(worse=["refinement"])
    c.draw(2)
    with pytest.warns(tc.Doubt, match="by refinement surely worse .* standard$"):
        c.draw(2, method="refinement")
    assert "by refinement surely worse" not in c.report()  # whose table has it
