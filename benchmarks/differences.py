"""What samplers of a benchmark have more than another one, from the same GANs.

    python -m benchmarks.differences FILE.jsonl --of=obrs --than=hastings

prints a row for each sampler, rival and budget: means of the differences, each with
its 95 % interval as the benchmark makes it.
"""

import argparse
import pathlib
from collections.abc import Sequence
from typing import Any

from benchmarks import json_lines
from experiments.benchmarking import column_words, intervals

NUMBERS = ("good", "js", "kl")


def table(
    lines: Sequence[dict[str, Any]],
    of: Sequence[str],
    than: Sequence[str],
    numbers: Sequence[str] = NUMBERS,
) -> str:
    """A row for each of `of`, each of `than` and each budget that both have."""
    heads = [column_words.of(name) for name in numbers]
    rows = [f"| difference | passes | {' | '.join(heads)} |"]
    rows.append("|:--|--:|" + "--:|" * len(numbers))
    for one in of:
        for other in than:
            found = [intervals.difference(lines, one, other, name) for name in numbers]
            for budget in sorted({budget for column in found for budget in column}):
                cells = [_told(column.get(budget)) for column in found]
                head = f"| {one} less {other} | {budget:g} |"
                rows.append(f"{head} {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _told(number: intervals.Number | None) -> str:
    if number is None:
        return "–"
    half = "" if number.half is None else f" ± {number.half:.3f}"
    return f"{number.value:+.3f}{half}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=pathlib.Path, help="lines of a benchmark")
    parser.add_argument("--of", required=True, help="samplers, with commas between")
    parser.add_argument("--than", required=True, help="rivals, with commas between")
    parser.add_argument(
        "--numbers", default=",".join(NUMBERS), help="names of numbers in the lines"
    )
    flags = parser.parse_args()
    of, than, numbers = (
        text.split(",") for text in (flags.of, flags.than, flags.numbers)
    )
    print(table(json_lines.read(flags.file), of, than, numbers), end="")


if __name__ == "__main__":
    main()
