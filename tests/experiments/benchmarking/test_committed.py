"""The lines of docs/results/benchmark_*.jsonl, and the tables of them on the page."""

import json
import pathlib

import pytest

from experiments.benchmarking import summary, tables_shown
from experiments.benchmarking.book import KEY

RESULTS = pathlib.Path(__file__).parents[3] / "docs/results"
POINTS, IMAGES = ("good", "js", "kl"), ("fd_", "pre", "rec")  # numbers of the page
FILES = sorted(RESULTS.glob("benchmark_*.jsonl"))


def lines_of(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def words(table):
    """Its cells without the spaces that align them."""
    return [[cell.strip() for cell in row.split("|")] for row in table.splitlines()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_cell_is_there_once_and_within_its_budget(file):
    lines = lines_of(file)
    assert len({tuple(line[name] for name in KEY) for line in lines}) == len(lines)
    for line in lines:
        if line["cost"] is None:
            assert line["reason"]
        else:
            assert line["cost"] <= line["budget"] * (1 + 1e-9)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_has_the_tables_of_the_lines(file):
    rows = words((RESULTS / "benchmark.md").read_text("utf-8"))
    (group,) = summary.groups(lines_of(file), [], KEY)
    shown = [name for name in group.metrics if name in POINTS or name[:3] in IMAGES]
    assert len(shown) == 3
    for name in shown:
        for row in words(tables_shown.compact(group, name))[2:]:
            assert row in rows
