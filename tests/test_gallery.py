"""Every GAN of the gallery goes through the front door, and the table adds up."""

import ast
import json
import math
import pathlib
import re

import numpy as np
import pytest
from helpers import small_tunings

from examples.gallery import __main__, measuring, promises, rows, shared, table
from tf_collab.front import classifying, plan
from tf_collab.tables import USUAL

ROOT = pathlib.Path(__file__).parents[1]
LINES = ROOT / "docs/results/gallery.jsonl"
PAGE = (ROOT / "docs/gallery.md").read_text("utf-8")
TINY = shared.Sizes(width=1, steps=1, batch=4, calls=2000)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    part = lambda n: (
        rng.uniform(-1, 1, [n, 28, 28, 1]).astype("float32"),
        rng.integers(10, size=n).astype("int32"),
    )
    return shared.Data(part(16), part(200), part(40))


@pytest.fixture(scope="module", autouse=True)
def small(data):
    """Few samples, one classifier for all, and one step of shaping."""
    shares = plan.SHARES | {"calibrate": 0.0, "shape": 0.15}
    net = classifying.train_classifier(*data.train, epochs=1)
    with (
        small_tunings.tunings_of(
            batch=100, FEWEST=30, MOST=20, STEPS=4, LOOKS=1, SHARES=shares
        ),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(classifying, "train_classifier", lambda *a, **k: net)
        yield


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
@pytest.mark.parametrize("gan", rows.GANS)
def test_a_gan_becomes_a_line_of_numbers(gan, data):
    if gan == "torch_dcgan":
        pytest.importorskip("torch", reason="`make test-torch` has PyTorch")
    line = measuring.measured(gan, 3, data, TINY)
    assert json.loads(json.dumps(line)) == line
    assert (line["gan"], line["seed"], line["recommended"] in USUAL) == (
        gan,
        3,
        True,
    )
    assert {k: line[k] for k in TINY._fields} == TINY._asdict()
    assert all(isinstance(line[k], bool) for k in ("not_worse", "near_best"))
    assert line["told"] and 0 <= line["training_seconds"] <= line["seconds"]
    for judged in (line["verdict"], line["afresh"]):
        assert [*judged] == [*USUAL]
        for method in ("standard", "refinement"):
            errors = judged[method].pop("errors")
            numbers = [v for v in judged[method].values() if v is not None]
            assert all(map(math.isfinite, [*numbers, *errors.values()]))
        assert judged["refinement"]["better"] <= judged["refinement"]["worse"]
    assert line["verdict"] != line["afresh"]


def test_the_page_shows_the_lines_that_hand_a_gan_over():
    """As they stand but for the breaks, since the page does not indent them."""
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
    shown = {ast.dump(ast.parse(block)) for block in blocks}
    for gan in rows.GANS:
        assert ast.dump(ast.parse(rows.handed_over(gan))) in shown


def test_the_page_has_the_table_of_the_lines():
    assert table.summary(__main__.read([LINES])) in PAGE


def test_recommendations_kept_their_promises_in_the_runs_that_were_made():
    """Three seeds of each GAN; nearly as near as the best for seven of eight."""
    lines = __main__.read([LINES])
    runs = {gan: [r for r in lines if r["gan"] == gan] for gan in rows.GANS}
    assert all({r["seed"] for r in run} == {0, 1, 2} for run in runs.values())
    assert len(lines) == 24 and promises.not_worse(lines)["worse"] == 0
    assert sum(map(promises.near_best, runs.values())) >= 7


def made(seed, plain, refined, half, recommended="refinement", gan="made"):
    """A line whose refined samples differ from plain ones by `refined - plain`."""
    difference = refined - plain
    afresh = {
        "standard": {"distance": plain, "difference": None, "better": None},
        "rejection": {"distance": None, "difference": None, "better": None},
        "refinement": {
            "distance": refined,
            "difference": difference,
            "better": difference - half,
        },
    }
    line = {"gan": gan, "seed": seed, "recommended": recommended, "afresh": afresh}
    return {**line, "seconds": 60, **promises.kept(afresh, recommended)}


def test_one_run_keeps_its_promises_or_does_not():
    for refined, half, not_worse, near in (
        *((1.0, 0.1, True, True), (2.05, 0.1, True, True)),
        *((2.2, 0.3, True, False), (2.2, 0.1, False, False)),
    ):
        line = made(0, 2.0, refined, half)
        assert (line["not_worse"], line["near_best"]) == (not_worse, near)
    plain = made(0, 2.0, 1.0, 0.1, recommended="standard")
    assert (plain["not_worse"], plain["near_best"]) == (True, False)
    few = promises.kept(plain["afresh"], "rejection")
    assert few == {"not_worse": False, "near_best": False}


def test_an_interval_for_all_runs_is_wider_than_that_of_one():
    # Of 24 intervals each has 99.79 %: 3.078 sigma in place of 1.960, by a table.
    widened = 3.078 / 1.960
    half = 0.3
    for by, counted in ((0.999, "neither"), (1.001, "better"), (-1.001, "worse")):
        edge = made(0, 2.0, 2.0 - by * widened * half, half)
        others = [made(i, 2.0, 2.0, half) for i in range(1, 23)]
        plain = made(23, 2.0, 1.0, half, recommended="standard")
        counts = {"better": 0, "neither": 23, "worse": 0}
        counts[counted] += 1
        assert promises.not_worse([edge, *others, plain]) == counts


def test_the_table_has_means_over_seeds_and_counts_gans():
    # In binary fractions, whose differences are exact.
    good = [made(i, (4 + i) / 32, (2 + i) / 32, 0.001) for i in range(3)]
    none = [made(i, 0.5, 0.25, 0.3, "standard", gan="none") for i in range(3)]
    text = table.summary([*none, *good])
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()]
    assert cells[3] == [
        *("made", "156 ± 31", "refinement", "93.8 ± 31", "-62.5 ± 0"),
        *("refinement 93.8 ± 31", "yes", "60"),
    ]
    assert cells[2][1:5] == ["500 ± 0", "standard", "500 ± 0", "0 ± 0"]
    assert cells[2][6] == "no"
    assert "better than plain samples in 3, surely worse in 0, and neither in 3" in text
    assert "for 1 of 2 GANs" in text and "in 3 of 6" in text
