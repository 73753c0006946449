"""Whether two benchmarks of GANs of the same seeds agree within their intervals.

    python -m benchmarks.agreement FIRST.jsonl SECOND.jsonl

A cell is a sampler at a budget. Its two means over the GANs agree if they are no
farther apart than half of the larger of their two 95 % intervals. No difference is
shown where the difference of the same seeds has 0 in its own 95 % interval, as it has
in 95 % of cells by chance.
"""

import collections
import math
import pathlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from scipy import stats

from benchmarks import json_lines

NUMBERS = ("good", "js", "kl", "modes")
HEADS = (
    "| number | cells | means agree | no difference is shown |",
    "|:--|--:|--:|--:|",
)


def half(values: Sequence[float]) -> float:
    """Half of the 95 % interval of their mean."""
    quantile = stats.t.ppf(0.975, len(values) - 1)
    return float(quantile * statistics.stdev(values) / math.sqrt(len(values)))


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
    rows = [*HEADS]
    for name in NUMBERS:
        cells = collections.defaultdict(list)
        for key in full[0].keys() & full[1].keys():
            pair = [part[key].get(name) for part in full]
            if None not in pair:
                cells[key[1:]].append(pair)
        known = [[*zip(*pairs)] for pairs in cells.values() if len(pairs) > 2]
        agree = even = 0
        for a, b in known:
            gaps = [x - y for x, y in zip(a, b)]
            gap = abs(statistics.mean(gaps))
            agree += gap <= max(half(a), half(b))
            even += gap <= half(gaps)
        if known:
            rows.append(f"| {name} | {len(known)} | {agree} | {even} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(
        table(*(json_lines.read(pathlib.Path(name)) for name in sys.argv[1:])), end=""
    )
