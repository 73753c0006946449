"""The lines of all runs as a table, a row for each GAN, and what holds across them."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from examples.gallery import promises

__all__ = ["summary"]

HEAD = (
    "GAN",
    "plain ↓",
    "recommended, seed by seed",
    "recommended ↓",
    "difference from plain",
    "nearest method ↓",
    "within 5 %",
    "processor s",
)


def summary(lines: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: distances x 1000 on fresh reals, mean ± sd over seeds, and two laws."""
    runs: dict[str, list] = {}
    for line in sorted(lines, key=lambda line: line["seed"]):
        runs.setdefault(line["gan"], []).append(line)
    table = [HEAD, (":--",) * len(HEAD), *map(_row, runs.values())]
    counts = promises.not_worse(lines)
    near = sum(map(promises.near_best, runs.values()))
    laws = [
        f"Not worse: of {len(lines)} runs, what was recommended is surely better than "
        f"plain samples in {counts['better']}, surely worse in {counts['worse']}, and "
        f"neither in {counts['neither']} (95 % for all runs together, Bonferroni).",
        f"Near the best: for {near} of {len(runs)} GANs what was recommended is within "
        "5 % of the method that is nearest in the mean over seeds (one run at a time: "
        f"in {sum(line['near_best'] for line in lines)} of {len(lines)}).",
    ]
    return "\n\n".join(["\n".join(map(_cells, table)), *laws]) + "\n"


def _row(lines):
    found = promises.over_seeds(lines)
    nearest = min(found, key=lambda method: statistics.fmean(found[method]))
    told = [line["recommended"] for line in lines]
    best = [line["afresh"][method] for line, method in zip(lines, told)]
    return (
        lines[0]["gan"],
        _spread(found["standard"]),
        told[0] if len({*told}) == 1 else ", ".join(told),
        _spread([numbers["distance"] for numbers in best]),
        _spread([numbers["difference"] or 0.0 for numbers in best]),
        f"{nearest} {_spread(found[nearest])}",
        "yes" if promises.near_best(lines) else "no",
        f"{statistics.fmean(line['seconds'] for line in lines):.0f}",
    )


def _spread(values):
    if None in values:
        return "too few kept"
    mean = f"{1000 * statistics.fmean(values):.3g}"
    return f"{mean} ± {1000 * statistics.stdev(values):.2g}" if values[1:] else mean


def _cells(row):
    return f"| {' | '.join(row)} |"
