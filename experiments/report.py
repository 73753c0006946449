"""Tables of result lines."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["last_steps", "table"]

COLUMNS = ("good", "kl", "js", "modes", "spread", "sliced_wasserstein", "efficiency")


def last_steps(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of every seed, GAN step and method, the line with the most steps of D."""
    last: dict[tuple, Mapping[str, Any]] = {}
    for line in lines:
        key = (line["seed"], line["gan_step"], line["method"])
        if key not in last or line["d_step"] >= last[key]["d_step"]:
            last[key] = line
    return list(last.values())


def table(
    lines: Sequence[Mapping[str, Any]],
    gan_steps: Sequence[int],
    methods: Sequence[str],
) -> str:
    """Markdown: a row for each GAN step and method; mean ± sd where seeds are many."""
    lines = last_steps(lines)
    columns = [c for c in COLUMNS if any(line.get(c) is not None for line in lines)]
    rows = [["GAN step", "method", "D steps", *columns]]
    for at in gan_steps:
        for method in methods:
            cell = [
                line
                for line in lines
                if line["gan_step"] == at and line["method"] == method
            ]
            if cell:
                d_steps = "/".join(sorted({str(line["d_step"]) for line in cell}))
                values = [_cell([line.get(c) for line in cell]) for c in columns]
                rows.append([str(at), method, d_steps, *values])
    widths = [max(map(len, column)) for column in zip(*rows)]
    text = [
        "| " + " | ".join(v.ljust(w) for v, w in zip(row, widths)) + " |"
        for row in rows
    ]
    text.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(text)


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return f"{known[0]:.3f}" if isinstance(known[0], float) else str(known[0])
    return f"{statistics.mean(known):.3f} ± {statistics.stdev(known):.3f}"
