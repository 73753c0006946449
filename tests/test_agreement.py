"""Two benchmarks agree where their means are within the larger interval."""

import pathlib

import numpy as np
import pytest

from benchmarks import agreement, json_lines

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results"


def lines(method, values, cost=2.0, error=0.1):
    head = {"method": method, "budget": 5.0, "cost": cost, "errors": {"good": error}}
    return [
        {**head, "gan_seed": i, "checkpoint": i, "good": v}
        for i, v in enumerate(values)
    ]


def test_cells_are_counted():
    base = np.array([0.1, 0.2, 0.3, 0.4, 0.5])  # half of its interval is 0.196
    first = lines("near", base) + lines("far", base) + lines("few", base[:2])
    empty = lines("near", base, cost=None)
    jitter = 0.01 * np.array([1, -1, 1, -1, 0])
    second = lines("near", base + jitter) + lines("far", base + 0.2) + lines("few", [0])
    row = agreement.table(first, [*second, *lines("none", base, cost=None)])
    assert row.splitlines()[2:] == ["| good | 2 | 1 | 1 |"]
    assert agreement.table(first, empty) == "\n".join(agreement.HEADS) + "\n"


def test_two_gans_are_compared_by_the_errors_within_their_draws():
    """Means of two of error .1 have intervals of .139, and their difference of .196."""
    for apart, expected in ((0.1, "1 | 1"), (0.15, "0 | 1"), (0.2, "0 | 0")):
        pair = (lines("isir", np.array([0.1, 0.9]) + gap) for gap in (0, apart))
        (row,) = agreement.table(*pair).splitlines()[2:]
        assert row == f"| good | 1 | {expected} |"


@pytest.mark.parametrize("gans", ["ring", "grid", "charges", "fashion_mnist"])
def test_the_page_has_the_table_of_its_lines(gans):
    files = [RESULTS / f"{name}_{gans}.jsonl" for name in ("benchmark", "again")]
    page = (RESULTS / "benchmark.md").read_text("utf-8")
    assert agreement.table(*map(json_lines.read, files)).strip() in page
