"""What a tuning finds is reported, drawn and saved, and survives being killed."""

import re
import warnings

import numpy as np
import pytest
from helpers import small_tunings

import tf_collab as tc
from tf_collab.front import plan, verdict
from tf_collab.front.ledger import Ledger
from tf_collab.tables import USUAL

pytestmark = pytest.mark.usefixtures("few")

CALLS = small_tunings.CALLS
# What a tuning and its draws call, for a value of the ledger or between two.
DOUBTFUL = [
    (tc.training, "tune_step"),
    (tc.sampling, "compose"),
    (tc.sampling, "refine"),
    (tc.sampling, "draw"),
    (tc.sampling, "select"),
]


def doubting(patch):
    """Each of these then doubts something of its own."""
    for module, name in DOUBTFUL:
        patch.setattr(module, name, doubted(getattr(module, name), name))


def doubted(call, name):
    def asked(*given, **how):
        warnings.warn(f"a doubt of {name}", tc.Doubt, stacklevel=2)
        return call(*given, **how)

    return asked


@pytest.fixture(scope="module")
def tuned(trained, reals):
    c = tc.collaborate(trained, reals[0], held_out=reals[1])
    before = [np.array(v) for v in weights(trained)]
    judged, seen = verdict.judged, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdict, "judged", lambda *a: seen.append(a[3].x) or judged(*a))
        doubting(patch)
        c.tune(calls=CALLS, progress=False)
    assert all(map(np.array_equal, before, weights(trained)))
    # The verdict is on the rows that nothing else has had.
    (reals_judged,) = seen
    parts = [c._case.splits[p].x for p in ("calibrator", "diagnosis", "dials")]
    apart = {*map(tuple, reals[1])} - {*map(tuple, np.concatenate(parts))}
    assert {*map(tuple, reals_judged)} == apart
    return c


def weights(gan):
    return [*gan.generator.variables, *gan.discriminator.variables]


def test_every_sampler_is_in_the_report_with_its_interval(tuned):
    text = tuned.report()
    for method in USUAL:
        found = r"(-?[\d.e-]+ ± |worth \d+ samples, )"
        assert re.search(rf"\| (\*\*)?{method}(\*\*)? \| {found}", text)
    assert f"on {tuned.outcome.reals} held-out reals" in text
    assert "Recommended" in text or "Nothing to gain" in text
    assert text.count("D as it was given: held-out reals score above plain sam") == 1


def test_no_doubt_is_lost_and_each_is_told_once(tuned, monkeypatch):
    text = tuned.report()
    for _, name in DOUBTFUL:
        told = [line for line in text.splitlines() if f"a doubt of {name}" in line]
        assert told and len({*told}) == len(told)
    monkeypatch.setattr(tuned, "_outcome", tuned.outcome)  # as it is for other tests
    doubting(monkeypatch)
    draw, share = tc.sampling.draw, iter([0.25, 1e-7])

    def capped(*given, **how):
        warnings.warn(f"{next(share)} were capped", tc.Doubt, stacklevel=2)
        return draw(*given, **how)

    monkeypatch.setattr(tc.sampling, "draw", capped)
    with pytest.warns(tc.Doubt, match="standard: 0.25 were capped"):
        tuned.draw(20, method="standard", seed=0)
    tuned.draw(20, method="standard", seed=0)  # of which nothing is new
    assert tuned.report().replace("standard: 0.25 were capped\n\n", "") == text


# A tuning of a moment makes some methods worse, which is told.
WORSE = pytest.mark.filterwarnings("ignore:the verdict finds")


@WORSE
@pytest.mark.parametrize("method", [None, *USUAL])
def test_samples_are_arrays_like_those_of_g(tuned, method):
    x = tuned.draw(30, method=method, seed=3)
    assert x.shape == (30, 2) and np.isfinite(x).all()
    assert np.array_equal(x, tuned.draw(30, method=method, seed=3))


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_each_sampler_of_the_verdict_asks_its_own_d(tuned, trained, monkeypatch):
    upside_down = lambda x, training=False: -trained.discriminator(x)
    dials = tuned.outcome.dials._replace(
        calibrated=trained, shaped=trained._replace(discriminator=upside_down)
    )
    select, told = tc.sampling.select, []

    def recorded(*given, real, **how):
        told.append(real.score)
        return select(*given, real=real, **how)

    monkeypatch.setattr(tc.sampling, "select", recorded)
    case = tuned._case
    allowed = plan.plan(CALLS, case.layers, batch=case.batch)
    verdict.judged(case, allowed, dials, case.splits["dials"], "law")
    own = trained.scored(tuned.outcome.real).score
    rows = [row for row in USUAL.values() if row.needs_ratio]
    for score, row in zip(told, rows, strict=True):
        assert np.allclose(score, -own if row.refines else own, atol=1e-5)


def test_each_draw_goes_on_with_other_samples(tuned):
    a, b = (tuned.draw(20, method="standard") for _ in range(2))
    assert not np.isin(a, b).any()


def test_plain_samples_are_g_of_the_prior(tuned, trained):
    x = tuned.draw(20, method="standard", seed=3)
    some = trained.generator(trained.prior(20, seed_of_first_block(3)))
    assert np.allclose(x, some, atol=1e-6)


def seed_of_first_block(seed):
    _, block = tc.seeds.split(tc.seeds.as_seed(seed))
    z_seed, _ = tc.seeds.split(tc.seeds.fold_in(block, 0))
    return z_seed


def test_a_figure_shows_plain_and_refined(tuned):
    """And the samples that are recommended, where those are others."""
    titles = [axis.get_title() for axis in tuned.figure(50).axes]
    shown = ["real data", "standard", "refinement"]
    assert titles == [*dict.fromkeys([*shown, tuned.best])]


@WORSE
def test_what_is_saved_draws_and_reports_the_same(tuned, tmp_path):
    before = [tuned.draw(20, method="standard") for _ in range(2)]
    tuned.save(tmp_path / "mine")
    loaded = tc.load_collaboration(tmp_path / "mine", objective=tc.objectives.nsgan())
    assert loaded.report() == tuned.report() and loaded.best == tuned.best
    for method in USUAL:
        a, b = (c.draw(20, method=method, seed=1) for c in (tuned, loaded))
        assert np.allclose(a, b, atol=1e-4)
    # Draws without a seed go on where they were: no sample comes again.
    after = [c.draw(20, method="standard") for c in (tuned, loaded)]
    assert np.allclose(*after, atol=1e-5)
    assert not np.isclose(after[1][:, None], np.concatenate(before)).any()
    with pytest.raises(RuntimeError, match="begin anew"):
        loaded.tune(calls=CALLS)
    with pytest.raises(ValueError, match="does not tell the objective"):
        tc.load_collaboration(tmp_path / "mine")


def test_the_held_out_reals_are_used_once(tuned):
    with pytest.raises(RuntimeError, match="held-out reals are used up"):
        tuned.tune(calls=CALLS)


class Killed(BaseException):
    """As SIGKILL: nothing that runs afterwards catches it."""


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_a_tuning_killed_again_and_again_goes_on_to_the_same(
    tuned, trained, reals, tmp_path, monkeypatch, capfd
):
    doubting(monkeypatch)
    put, left = Ledger.put, []

    def counted(self, name, value):
        if not left:
            raise Killed
        left.pop()
        put(self, name, value)

    def begin():
        return tc.collaborate(trained, reals[0], held_out=reals[1], folder=tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "put", counted)
        for writes in (1, 5, 0, 3, 3):  # before the process ends
            left[:] = [None] * writes
            with pytest.raises(Killed):
                begin().tune(calls=CALLS, progress=False)
    capfd.readouterr()
    again = begin().tune(calls=CALLS)
    assert "This budget is small" in capfd.readouterr().err
    begin().tune(calls=CALLS)  # with the verdict there, nothing is to be decided
    assert "small" not in capfd.readouterr().err
    assert again.report() == tuned.report()
    assert np.array_equal(again.draw(20, seed=1), tuned.draw(20, seed=1))
    with pytest.raises(ValueError, match=f"begun with calls={CALLS}, not minutes=1"):
        begin().tune(minutes=1)


def test_a_prior_that_no_file_tells_is_given_again(tuned, tmp_path):
    tuned.save(tmp_path / "mine")
    objective, prior = (
        tc.objectives.nsgan(),
        lambda n, seed: tc.priors.normal(2)(n, seed),
    )
    c = tc.load_collaboration(tmp_path / "mine", objective=objective, prior=prior)
    draws = [each.draw(5, method="standard", seed=2) for each in (c, tuned)]
    assert np.allclose(*draws, atol=1e-5)


def test_nothing_is_saved_among_other_files(tuned, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds 'notes\.txt'"):
        tuned.save(tmp_path)
    with pytest.raises(ValueError, match="holds nothing that a collaboration saved"):
        tc.load_collaboration(tmp_path)
    with pytest.raises(ValueError, match=r"a number of samples, 1 or more, not 1\.5"):
        tuned.draw(1.5)
