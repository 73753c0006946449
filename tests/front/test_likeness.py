"""Held-out rows of another law are noticed, and fair splits are never accused."""

import re
import time

import numpy as np
import pytest
from helpers import linear_gan, small_cases, small_tunings

import tf_collab as tc
from tf_collab.front import (
    collaboration,
    keeping,
    likeness,
    outcome,
    permutations,
    refusals,
    verdict,
)
from tf_collab.front.rows import Rows


@pytest.fixture(scope="module", autouse=True)
def few_shuffles():
    with pytest.MonkeyPatch.context() as patch:
        for module in (permutations, likeness):
            patch.setattr(module, "SHUFFLES", 2000)
        yield


def of(x, labels=None):
    return Rows(x.astype("f4"), labels, ())


def clusters(seed, n):
    """Points about three places, sorted by place, and the numbers of the places."""
    place = np.arange(n) * 3 // n
    x = np.random.default_rng(seed).normal(size=[n, 2])
    return 0.3 * x + np.array([[0, 1], [1, -1], [-1, -1]])[place], place


def dots(seed, n, place):
    x = 0.1 * np.random.default_rng(seed).normal(size=[n, 12, 12, 1]) - 0.5
    x[:, 2 + 3 * place, 2 + 3 * place] += 1
    return x


X, PLACE = clusters(0, 900)
NORMAL = np.random.default_rng(1).normal(size=[900, 3])


@pytest.mark.parametrize(
    "train, held",
    [
        (X, X[PLACE == 0]),
        (X[:600], X[600:]),  # a sorted array, cut
        (NORMAL[:600], NORMAL[600:][NORMAL[600:, 0] > 0]),
        (NORMAL[:600], NORMAL[600:800] * [3, 1, 1]),  # one column is scaled
        (NORMAL[:600], np.concatenate([NORMAL[600:800], 0.1 * NORMAL[800:] - 2])),
        (np.concatenate([dots(1, 200, 0), dots(2, 200, 1)]), dots(3, 200, 0)),
    ],
)
def test_rows_of_another_law_are_noticed(train, held):
    (told,) = likeness.doubts(of(train), of(held))
    assert told.startswith("held_out is not of the law of x_train")
    assert "or rows of one are copies or neighbours of each other: none of" in told


def test_a_fair_split_of_any_size_and_law_is_cleared():
    rng = np.random.default_rng(2)
    laws = [
        lambda n: rng.normal(size=[n, 2]),
        lambda n: rng.standard_t(1.5, size=[n, 2]),
        lambda n: clusters(rng.integers(99), 3 * n)[0][rng.permutation(3 * n)[:n]],
        lambda n: (rng.random([n, 64]) < 0.01) * rng.normal(size=[n, 64]),
    ]
    for law in laws:
        for n in (100, 300):
            x = law(n + 500)
            assert likeness.doubts(of(x[n:]), of(x[:n])) == []


def films(seed, n, frames):
    """Rows about places of their own, so many about each, and the places."""
    groups = np.arange(n) // frames
    rng = np.random.default_rng(seed)
    return rng.normal(size=[n, 2])[groups] + 0.01 * rng.normal(size=[n, 2]), groups


def test_rows_that_come_in_groups_are_noticed_until_they_are_named():
    train, (held, groups) = of(films(8, 2000, 2)[0]), films(9, 400, 2)
    (told,) = likeness.doubts(train, of(held), name="fresh")
    assert "groups=..., a number for each row" in told
    assert likeness.doubts(train, Rows(held.astype("f4"), None, (), groups)) == []
    # Pairs of rows that are dealt among both sides are no groups of one side.
    both = films(8, 2400, 2)[0][np.random.default_rng(0).permutation(2400)]
    assert likeness.doubts(of(both[:2000]), of(both[2000:])) == []


def test_labels_in_other_shares_are_noticed_and_chance_is_not():
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 10, 1100)
    train = of(NORMAL[:600], labels[:600])
    assert likeness.doubts(train, of(NORMAL[600:], labels[600:900])) == []
    # Sure and small, as where one split is balanced and the other nearly.
    many, nearly = np.arange(60_000) % 10, np.arange(60_000) % 31 % 10
    assert 0.02 < np.abs(np.bincount(nearly) / 60_000 - 0.1).sum() / 2 < 0.1
    assert likeness._labels(nearly, many, "held_out", rng) == []
    odd = np.where(labels[600:900] < 3, 0, labels[600:900])
    (told,) = likeness.doubts(train, of(NORMAL[600:], odd))
    assert told.startswith("label 0 is ") and "held_out's" in told
    (told,) = likeness.doubts(train, of(NORMAL[600:], odd + 10))
    assert "is 0% of x_train's" in told


def test_a_thousand_labels_are_counted_at_once():
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 1000, 20_000)
    begun = time.perf_counter()
    assert likeness._labels(labels[:16_000], labels[16_000:], "held_out", rng) == []
    odd = np.where(np.arange(4000) < 2000, 3, labels[16_000:])
    (told,) = likeness._labels(labels[:16_000], odd, "held_out", rng)
    assert time.perf_counter() - begun < 1
    assert told.startswith("label 3 is 0% of x_train's and 50% of held_out's")
    # Those that are pooled count too.
    often = np.arange(4000) % 49
    (told,) = likeness._labels(often, np.where(often < 25, 5000, often), "it", rng)
    assert told.startswith("label 5000 is 0%")
    more = np.where(often < 25, 5000 + np.arange(4000), often)
    (told,) = likeness._labels(np.tile(often, 9), more, "held_out", rng)
    assert told.startswith("the rest of the labels is 0% of x_train's and 5")


LAWS = r"held_out is not of the law of x_train"


@pytest.fixture(scope="module")
def flawed():
    """A collaboration whose held-out rows are half of the law."""
    x = small_cases.reals(1, 1200)
    with pytest.warns(tc.Doubt, match=LAWS) as told:
        c = tc.collaborate(
            linear_gan.linear_gan(), x[:600], held_out=x[600:][x[600:, 0] > 1]
        )
    assert told[0].filename == __file__  # at once, to who called
    return c


def test_what_is_noticed_heads_the_report_and_nothing_is_recommended(
    flawed, monkeypatch, tmp_path
):
    dials = small_cases.dials_of(flawed._case.gan)
    monkeypatch.setattr(outcome, "tuned", lambda *a: dials)
    (plain,) = small_cases.outcome_of(dials).lines
    ends = {"difference": -0.1, "better": -0.2, "worse": -0.05}
    better = plain._replace(method="refinement", distance=0.0, **ends)
    monkeypatch.setattr(outcome.verdict, "judged", lambda *a: [plain, better])
    flawed._case.ledger.put("budget", [{"calls": 20_000}, 20_000])
    found = outcome.outcome(flawed._case, small_cases.PLAN, ())
    assert found._replace(flaws=()).best == "refinement"
    text = found.report()
    assert found.best == "standard" and re.match(LAWS, text)
    assert "Recommended: standard" in text and "Recommended: refinement" not in text
    assert "**standard**" in text and "**refinement**" not in text
    keeping.save(found, tmp_path, objective="nsgan", drawn=0)
    assert tc.load_collaboration(tmp_path).report() == text


def test_an_advice_on_it_names_plain_samples_too(flawed):
    with small_tunings.tunings_of(batch=100):
        advice = flawed.advise(3, n=100)
    assert advice.method == "standard" and re.match(LAWS, str(advice))
    assert "Recommended: standard, whatever" in str(advice)
    assert "Nothing to gain" not in str(advice)


def test_fresh_reals_of_another_law_are_told(monkeypatch):
    monkeypatch.setattr(verdict, "judged", lambda *a: [])
    found = small_cases.outcome_of(small_cases.dials_of(linear_gan.linear_gan()))
    found = found._replace(calls=60_000)
    c = collaboration.Collaboration(small_cases.case_of(), found)
    x = small_cases.reals(5, 300)
    with pytest.warns(tc.Doubt, match="fresh is not of the law of x_train"):
        c.judge(x[x[:, 0] > 1])


def test_where_most_numbers_lie_is_told_if_it_differs():
    rng = np.random.default_rng(0)
    train, held = (Rows(x, None, ()) for x in rng.normal(size=[2, 400, 2]))
    (text,) = likeness.doubts(train, Rows(1.5 * held.x + 1, None, ()))
    assert "Of x_train's numbers 90 % lie in [-1." in text and "held_out's in [" in text
    copies = np.repeat(held.x[:200], 2, axis=0)
    (text,) = likeness.doubts(train, Rows(copies, None, ()))
    assert "90 % lie" not in text
    rare = np.where(rng.uniform(size=[2, 400, 2]) < 0.04, 5.0, 0.0)
    assert likeness._ranges(*(Rows(x, None, ()) for x in rare), "held_out") == ""


@pytest.mark.parametrize("swapped", [False, True])
def test_reals_of_half_the_scale_are_refused(swapped):
    rng = np.random.default_rng(6)
    x = np.clip(rng.normal(0, 0.5, size=[2, 400, 2]), -1, 1).astype("f4")
    train, held = x[0], (x[1] + 1) / 2
    refusals.check_apart(train, x[1])
    words = "scale them alike, or, if they are, take both from one shuffle"
    with pytest.raises(ValueError, match=words):
        refusals.check_apart(*((held, train) if swapped else (train, held)))
