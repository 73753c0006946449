"""How many damaged files each reader was handed, and what it made of them."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["FAST", "FEW", "MANY", "asked", "table"]

FEW, MANY = 10**4, 10**6  # inputs asked of a slow reader, and of a fast one
FAST = 1000  # inputs in a second of a processor


def asked(line: Mapping[str, Any]) -> int:
    """How many inputs a reader should be handed, as fast as it has been."""
    fast = line["inputs"] >= FEW and line["inputs"] >= FAST * line["seconds"]
    return MANY if fast else FEW


def table(lines: Iterable[Mapping[str, Any]]) -> str:
    """Lines as Markdown, in their order, and how many had what is asked."""
    lines = [*lines]
    counts = ("asked", "inputs", "refused", "accepted", "findings")
    rows = [["reader", *counts, "in a second"]]
    for line in lines:
        numbers = [line[name] for name in counts]
        numbers.append(round(line["inputs"] / max(line["seconds"], 0.01)))
        rows.append([line["reader"], *map(_number, numbers)])
    rule = [":--", *["--:"] * len(rows[0][1:])]
    whole = sum(line["inputs"] >= line["asked"] for line in lines)
    told = (
        f"{_number(sum(line['inputs'] for line in lines))} inputs: {whole} of "
        f"{len(lines)} readers had as many as are asked."
    )
    table = "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))
    return f"{table}\n\n{told}"


def _number(n: int) -> str:
    return f"{n:,}".replace(",", " ")
