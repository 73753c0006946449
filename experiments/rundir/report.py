"""Tables and curves of result lines."""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from experiments.rundir import jsonl, metric_names
from tf_collab import plots, tables

__all__ = ["class_table", "curves", "last_steps", "markdown", "table"]

METRICS, DISTANCES, SCORES = jsonl.METRICS, jsonl.DISTANCES, jsonl.SCORES
NO_CURVE = ("modes", "spread")
PLAIN = "standard"  # asks no D: the same at every step of it


def last_steps(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of every GAN step and method, the lines with the most steps of D.

    Those are the most that all of its seeds have: a run that is still at work is not
    compared with finished ones.
    """
    cells: dict[tuple, dict[int, dict[int, Mapping[str, Any]]]] = {}
    for line in lines:
        cell = cells.setdefault((line["gan_step"], line["method"]), {})
        cell.setdefault(line["seed"], {})[line["d_step"]] = line
    last = []
    for cell in cells.values():
        common = set.intersection(*(set(steps) for steps in cell.values()))
        if common:
            last += [steps[max(common)] for steps in cell.values()]
    return last


def table(
    lines: Sequence[Mapping[str, Any]],
    gan_steps: Sequence[int],
    methods: Sequence[str],
) -> str:
    """Markdown: a row for each GAN step and method, and which have no numbers, and why.

    Over several seeds a cell is mean ± standard deviation (median).
    """
    known = [(line["gan_step"], line["method"]) for line in lines]
    lines = last_steps(lines)
    columns = metrics = _metrics(lines)
    columns = columns + [n for n in ("efficiency",) if n in _known(lines)]
    words = [metric_names.words(name) for name in columns]
    rows, empty = [["GAN steps", "method", "D steps", *words]], []
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
            elif (at, method) in known:
                empty.append(f"{method} at {at} (no D step that all seeds have)")
            if cell and metrics and not {*metrics} & _known(cell):
                empty.append(f"{method} at {at} (too few samples were kept)")
    told = f"\n\nWithout numbers, by GAN step: {', '.join(empty)}." * bool(empty)
    return markdown(rows) + told


def class_table(lines: Sequence[Mapping[str, Any]]) -> str | None:
    """Markdown: of each method a row of a number by class; None where there is none."""
    kinds = {"labelled": "look like it ↑", "distance": "KID ↓"}
    names = [re.fullmatch(r"class(\d+)_(.+)", name) for name in _known(lines)]
    found = sorted({(int(name[1]), name[2]) for name in names if name})
    if not found:
        return None
    classes = sorted({k for k, _ in found})
    rows = [["GAN steps", "method", "of a class", *map(str, classes)]]
    for line in last_steps(lines):
        for kind in kinds:
            if any(kind == name for _, name in found):
                values = [_cell([line.get(f"class{k}_{kind}")]) for k in classes]
                named = [str(line["gan_step"]), line["method"], kinds[kind]]
                rows.append([*named, *values])
    return markdown(rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table in columns of equal width; the first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    text = [
        "| " + " | ".join(v.ljust(w) for v, w in zip(row, widths)) + " |"
        for row in rows
    ]
    text.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(text)


def _metrics(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """The metrics that any line knows, those of the plane first."""
    known = _known(lines)
    found = sorted(name for name in known if name.startswith((*DISTANCES, *SCORES)))
    return [name for name in METRICS if name in known] + found


def _known(lines: Sequence[Mapping[str, Any]]) -> set[str]:
    return {name for one in lines for name, value in one.items() if value is not None}


def _is_plain(line: Mapping[str, Any]) -> bool:
    return line["method"].partition(", ")[0] == PLAIN  # flags may follow


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return f"{known[0]:.3f}" if isinstance(known[0], float) else str(known[0])
    mean, middle = statistics.mean(known), statistics.median(known)
    return f"{mean:.3f} ± {statistics.stdev(known):.3f} ({middle:.3f})"


def curves(
    lines: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]] = (),
) -> Iterator[tuple[str, Figure]]:
    """Figures by name: each metric against GAN steps, and against D steps at each.

    `published` has lines of gan_step, method and metrics, drawn dashed.
    """
    final = last_steps(lines)
    for metric in _metrics(lines):
        if metric in NO_CURVE:
            continue
        known = [line for line in lines if line.get(metric) is not None]
        theirs: dict[str, tuple[list, list]] = {}
        for line in published:
            if line.get(metric) is not None:
                steps, values = theirs.setdefault(line["method"], ([], []))
                steps.append(line["gan_step"])
                values.append(line[metric])
        log = not metric.startswith(("good", *SCORES))  # divergences are factors apart
        # First the last steps, then what is known there: never an earlier one instead.
        last = [line for line in final if line.get(metric) is not None]
        if len({line["gan_step"] for line in last}) > 1:
            figure = plots.metric_curves(
                last,
                metric=metric,
                x="gan_step",
                published=theirs,
                colours=tables.colours(),
                labels={**metric_names.AXES, metric: metric_names.words(metric)},
                log=log,
            )
            yield f"{metric}-by-gan-step", figure
        for at in sorted({line["gan_step"] for line in known}):
            rows = [
                {**line, "d_step": None} if _is_plain(line) else line
                for line in known
                if line["gan_step"] == at
            ]
            if len({line["d_step"] for line in rows} - {None}) > 1:
                title = f"D tuned from GAN step {at}"
                figure = plots.metric_curves(
                    rows,
                    metric=metric,
                    x="d_step",
                    colours=tables.colours(),
                    labels={**metric_names.AXES, metric: metric_names.words(metric)},
                    title=title,
                    log=log,
                )
                yield f"{metric}-by-d-step-g{at}", figure
