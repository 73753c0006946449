"""Differences of samplers by the same GANs, as the page has them."""

import pathlib

import pytest

from benchmarks import differences, json_lines

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"


def line(gan, method, budget, good):
    head = {"checkpoint": gan, "seed": 0, "method": method, "budget": budget}
    return {**head, "good": good, "errors": {"good": 0.3}}


def test_differences_are_of_the_same_gans():
    """.1, .2 and .3 apart: the mean's 95 % interval is 4.303 x .1 / sqrt(3) wide."""
    lines = [
        line(gan, method, 5.0, good)
        for gan, plain, gain in (("a", 0.1, 0.1), ("b", 0.6, 0.2), ("c", 0.3, 0.3))
        for method, good in (("standard", plain), ("obrs", plain + gain))
    ]
    lines += [line("a", "obrs", 20.0, 0.7)]  # which has no rival
    found = differences.table(lines, ["obrs"], ["standard"], ["good"])
    assert found.splitlines() == [
        "| difference | passes | good samples (share) ↑ |",
        "|:--|--:|--:|",
        "| obrs less standard | 5 | +0.200 ± 0.248 |",
    ]


RIVALS = ["hastings", "hastings afresh"]
EXACT = ["rejection", "hastings", "sir", "isir", "ex2", "smc", "mala", "hmc"]
GAINS = ["refinement", "collaborative", "dgflow", "hastings", "obrs"]


@pytest.mark.parametrize(
    ("name", "of", "than", "numbers"),
    [
        ("ring", ["obrs"], RIVALS, differences.NUMBERS),
        ("grid", ["obrs"], RIVALS, differences.NUMBERS),
        ("grid", EXACT, ["obrs"], differences.NUMBERS),
        ("charges", GAINS, ["standard"], ["good"]),
    ],
)
def test_the_page_has_the_tables_of_its_lines(name, of, than, numbers):
    lines = json_lines.read(RESULTS / f"benchmark_{name}.jsonl")
    page = (RESULTS / "benchmark.md").read_text("utf-8")
    assert differences.table(lines, of, than, numbers).strip() in page
