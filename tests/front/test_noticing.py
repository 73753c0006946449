"""What one look finds decides what others say, and each doubt is raised at once."""

import warnings

import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab import odd_scores, oddities
from tf_collab.front import as_given, forms, likeness, scaling

DOUBTS = f"so {oddities.SCALE}", f"if it {odd_scores.CRITIC}", "G is odd"


@pytest.fixture
def looks(monkeypatch):
    """Looks at a GAN that is odd; data get flaws of these names."""
    gan = linear_gan.linear_gan()
    found = {"misfits": [], "likeness": [], "forms": []}
    called = {"misread": 0, "forms": 0, "flawed": None}

    def counted(name, given):
        called[name] += 1
        return given

    def told(*args, flawed):
        called["flawed"] = flawed
        return "D is as it is"

    monkeypatch.setattr(tc.checks, "check", lambda *a, **k: [*DOUBTS, "thaw it"])
    monkeypatch.setattr(scaling, "flaws", lambda *a: found["misfits"])
    monkeypatch.setattr(likeness, "doubts", lambda *a: found["likeness"])
    monkeypatch.setattr(forms, "flaws", lambda *a: counted("forms", found["forms"]))
    monkeypatch.setattr(as_given, "misread", lambda *a: counted("misread", []))
    monkeypatch.setattr(as_given, "told", told)

    def look(rows=600, **flaws):
        found.update({"misfits": [], "likeness": [], "forms": []} | flaws)
        called.update(misread=0, forms=0)
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            x, held = small_cases.reals(1, rows), small_cases.reals(2, 300)
            c = tc.collaborate(gan, x, held_out=held)
        return c, [str(warning.message) for warning in raised], dict(called)

    return look


def test_of_a_gan_without_flaws_each_doubt_is_raised_and_noted(looks):
    c, raised, called = looks()
    assert raised == [*DOUBTS] and {*DOUBTS} < {*c.notes} and not c._case.flaws
    assert called == {"misread": 1, "forms": 1, "flawed": False}


@pytest.mark.parametrize("kind, forms_looked_at", [("misfits", 0), ("forms", 1)])
def test_what_a_misfit_brings_about_is_not_told_beside_it(looks, kind, forms_looked_at):
    c, raised, called = looks(**{kind: ["other units"]})
    assert raised == ["other units", "G is odd"] and c._case.flaws == ("other units",)
    assert not {*DOUBTS[:2]} & {*c.notes}
    assert called == {"misread": 0, "forms": forms_looked_at, "flawed": True}


def test_of_held_out_rows_of_another_law_no_form_is_asked(looks):
    c, raised, called = looks(likeness=["another law"])
    assert raised == ["another law", *DOUBTS] and c._case.flaws == ("another law",)
    assert called == {"misread": 0, "forms": 0, "flawed": True}


def test_few_rows_are_told_at_once(looks):
    c, raised, _ = looks(rows=300)
    assert raised[-1].startswith("x_train has 300 rows, which are few")
    assert raised[-1] in c.notes
