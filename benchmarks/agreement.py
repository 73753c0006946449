"""Whether two benchmarks of GANs of the same seeds agree within their intervals.

    python -m benchmarks.agreement FIRST.jsonl SECOND.jsonl

A cell is a sampler at a budget. Its two means over the GANs agree if they are no
farther apart than half of the larger of their two 95 % intervals. No difference is
shown where the difference of the same seeds has 0 in its own 95 % interval, as it has
in 95 % of cells by chance. Intervals are the benchmark's own: over GANs, or, of two or
fewer, within their draws, which leave out how GANs of one seed differ. A
cell that fewer GANs have than three is left out where others have more.
"""

import collections
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import json_lines
from experiments.benchmarking import intervals

POINTS, IMAGES = ("good", "js", "kl", "modes"), ("fd_", "precision_", "recall_")
HEADS = (
    "| number | cells | means agree | no difference is shown |",
    "|:--|--:|--:|--:|",
)


def table(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> str:
    """A row for each number that the lines of both have."""
    full = [
        {
            (line["gan_seed"], line["method"], line["budget"]): line
            for line in lines
            if line["cost"] is not None
        }
        for lines in (first, second)
    ]
    both = full[0].keys() & full[1].keys()
    least = min(intervals.FEW, len({key[0] for key in both}))
    each = dict.fromkeys(name for key in sorted(both) for name in full[0][key])
    names = [*POINTS, *(name for name in each if name.startswith(IMAGES))]
    rows = [*HEADS]
    for name in names:
        cells = collections.defaultdict(list)
        for key in sorted(both):
            pair = [part[key] for part in full]
            if all(line.get(name) is not None for line in pair):
                cells[key[1:]].append(pair)
        found = [told(pairs, name) for pairs in cells.values() if len(pairs) >= least]
        known = [each for each in found if each is not None]
        if known:
            counts = (sum(each) for each in zip(*known))
            rows.append(f"| {name} | {len(known)} | {' | '.join(map(str, counts))} |")
    return "\n".join(rows) + "\n"


def told(pairs: list[list[dict[str, Any]]], name: str) -> tuple[bool, bool] | None:
    """Whether means of a cell agree, and no difference is shown; None if unknown."""
    a, b = (intervals.number(lines, name) for lines in zip(*pairs))
    gaps = [intervals.apart(one, other, name) for one, other in pairs]
    gap = intervals.number(gaps, name)
    if a.half is None or b.half is None or gap.half is None:
        return None
    return abs(gap.value) <= max(a.half, b.half), abs(gap.value) <= gap.half


if __name__ == "__main__":
    print(
        table(*(json_lines.read(pathlib.Path(name)) for name in sys.argv[1:])), end=""
    )
