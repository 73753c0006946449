"""Held-out reals that D has learned from are refused, whatever their number."""

import pytest
from helpers import small_cases

from experiments import benchmark, sample
from tf_collab.front import collaboration, refusals, report, verdict

TRAIN, OTHERS = small_cases.reals(1, 4000), small_cases.reals(2, 300)


@pytest.mark.parametrize("known, refused", [(300, True), (31, True), (30, False)])
def test_a_tenth_of_held_out_may_be_in_a_large_x_train_and_no_more(known, refused):
    held = OTHERS.copy()
    held[:known] = TRAIN[:known]
    if not refused:
        refusals.check_apart(TRAIN, held)
        return
    with pytest.raises(ValueError, match=f"{known} of the 300 rows of held_out are in"):
        refusals.check_apart(TRAIN, held)


@pytest.mark.parametrize("given", range(5))
def test_what_goes_by_name_is_told_where_too_much_is_given_without_one(given):
    values, form = (*range(given),), "collaborate(gan, x_train, held_out=...)"
    if given == 1:
        assert refusals.exactly(1, values, form) == values
        return
    with pytest.raises(TypeError, match=f"and {given + 1} values were given") as told:
        refusals.exactly(1, values, form)
    by_name = "held-out reals go by name, as held_out=..." in str(told.value)
    assert by_name == (given > 1)


@pytest.mark.parametrize(
    "method, way",
    [
        ("isir", r": the programs mog2d, .* by it, and advice\.sampler\('isir'\) of"),
        ("mala", ": the programs mog2d, mnist, celeba, coulomb draw by it$"),
    ],
)
def test_a_method_that_is_not_drawn_is_told_where_it_is(method, way):
    with pytest.raises(ValueError, match=f"method is one of standard, .*{way}"):
        refusals.check_draw(10, method)


def test_a_method_that_is_misspelled_is_told_the_nearest():
    with pytest.raises(
        ValueError, match=r"'hasting' is not.*did you mean 'hastings'\?"
    ):
        refusals.check_draw(10, "hasting")


@pytest.mark.parametrize("known, refused", [(31, True), (30, False)])
def test_what_the_tuning_used_is_not_judged_on_again(known, refused, monkeypatch):
    """Rows of any part, the verdict's too; a tenth may be by chance."""
    case, fresh = small_cases.case_of(), small_cases.reals(5, 300)
    fresh[:known] = case.splits.x[-known:]
    found = small_cases.outcome_of(small_cases.dials_of(case.gan))
    c = collaboration.Collaboration(case, found._replace(calls=60_000))
    monkeypatch.setattr(verdict, "judged", lambda *a: [*found.lines])
    if refused:
        told = f"{known} of the 300 rows of fresh are in held_out: give reals that"
        with pytest.raises(ValueError, match=told):
            c.judge(fresh)
        return
    told = c.judge(fresh)
    assert [*told] == found.lines
    assert str(told).startswith("\n".join([*report.HEADS, report.row(told[0], True)]))
    assert "Nothing to gain is shown" in str(told)
    assert f"on {len(fresh)} fresh reals" in str(told)
    assert "draw(n) still draws by standard, which the tuning" in str(told)


def test_the_programs_that_draw_by_each_sampler_are_named():
    for program in sample, benchmark:
        assert [*program.PROGRAMS] == [*refusals.PROGRAMS]
