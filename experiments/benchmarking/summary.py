"""The lines of a benchmark in groups: seeds are averaged, with 95 % intervals."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from experiments.benchmarking import intervals, judging, winners
from experiments.benchmarking.intervals import Number

__all__ = ["Group", "Row", "groups"]

Line = Mapping[str, Any]
ALIKE = ("experiment", "dataset", "gan", "gan_step", "trained", "n")
KNOWN = ("cost", "efficiency", "autocorrelation", "ess", "z_square_after")


class Row(NamedTuple):
    """One sampler at one budget."""

    method: str
    budget: float
    flags: str
    numbers: dict[str, Number]
    reason: str  # why the cell, or a part of it, is empty; "" if it is full
    doubts: list[str]  # of the library, on drawing


class Group(NamedTuple):
    """All that is compared: GANs that differ in the seed alone."""

    title: str
    dataset: str
    about: str  # a sentence: which runs, how the intervals are made
    metrics: list[str]
    rows: list[Row]
    better: list[str]  # sentences: what is surely better than plain samples

    @property
    def doubts(self) -> list[str]:
        """What the library doubts, each with its cell."""
        return [
            f"{row.method} at {row.budget:g}: {doubt}"
            for row in self.rows
            for doubt in row.doubts
        ]

    @property
    def reasons(self) -> list[str]:
        """Why cells, or parts of them, are empty: each reason with its cells."""
        found: dict[tuple[float, str], list[str]] = {}
        for row in self.rows:
            if row.reason:
                found.setdefault((row.budget, row.reason), []).append(row.method)
        return [
            f"{', '.join(methods)} at {budget:g}: {reason}"
            for (budget, reason), methods in found.items()
        ]

    @property
    def columns(self) -> list[str]:
        """Of the numbers, those that any row has."""
        known = {name for row in self.rows for name in row.numbers}
        extra = [*KNOWN[1:], "seconds", "memory"]
        return [n for n in ("cost", *self.metrics, *extra) if n in known]


def groups(
    lines: Sequence[Line], timings: Sequence[Line], key: Sequence[str]
) -> list[Group]:
    """The lines in groups of GANs that differ in the seed alone."""
    times = {tuple(line[name] for name in key): line for line in timings}
    told = [
        {**line, **_spent(times.get(tuple(line[name] for name in key), {}))}
        for line in lines
    ]
    found: dict[tuple, list[Line]] = {}
    for line in told:
        found.setdefault(tuple(line[name] for name in ALIKE), []).append(line)
    titles: dict[str, int] = {}
    made = []
    for own in found.values():
        one = own[0]
        title = f"{one['experiment']}, {one['dataset']}, {one['gan']}, GAN step "
        title += str(one["gan_step"])
        titles[title] = titles.get(title, 0) + 1
        title += f" ({titles[title]})" * (titles[title] > 1)
        made.append(_group(title, own))
    return made


def _group(title: str, lines: list[Line]) -> Group:
    names = list(dict.fromkeys(n for line in lines for n in line))
    metrics = [n for kind in judging.AXES for n in judging.axes(names, kind)]
    cells: dict[tuple, list[Line]] = {}
    for line in lines:
        cells.setdefault((line["budget"], line["method"]), []).append(line)
    runs = sorted({line["run"] for line in lines})
    seeds = sorted({str(line["seed"]) for line in lines})
    about = (
        f"GAN of {', '.join(runs)}; {lines[0]['n']} samples a cell; seeds of draws: "
        f"{', '.join(seeds)}; {intervals.how(lines)}. What is drawn once, as for a "
        "burn-in or a warm-up, is spread over the samples of a cell: more samples "
        "cost fewer passes each."
    )
    full = [line for line in lines if line["cost"] is not None]
    if untimed := sum("seconds" not in line for line in full):
        about += (
            f" Seconds are not known for {untimed} of {len(full)} cells, of which "
            "timings.jsonl has no line."
        )
    order = sorted(cells, key=lambda cell: cell[0])  # by budget; else as it was drawn
    rows = [_row(cells[cell], metrics) for cell in order]
    better = winners.sentences(lines, metrics)
    return Group(title, lines[0]["dataset"], about, metrics, rows, better)


def _row(cell: list[Line], metrics: Sequence[str]) -> Row:
    full = [line for line in cell if line["cost"] is not None]
    numbers = {}
    for name in (*KNOWN, *metrics, "seconds", "memory"):
        known = [line for line in full if line.get(name) is not None]
        if known:
            numbers[name] = intervals.number(known, name, sure=name in metrics)
    flags: dict[str, list[Any]] = {}
    for line in full:
        for flag, given in line["flags"].items():
            flags.setdefault(flag, []).append(given)
    empty = [line["reason"] for line in cell if line not in full]
    reason = "; ".join(dict.fromkeys(empty))
    if full and empty:
        reason = f"without {len(empty)} of {len(cell)} draws: {reason}"
    doubts = dict.fromkeys(doubt for line in full for doubt in line["doubts"])
    first = cell[0]
    return Row(
        first["method"],
        first["budget"],
        ", ".join(f"{flag}={_range(given)}" for flag, given in flags.items()),
        numbers,
        reason,
        list(doubts),
    )


def _spent(timing: Line) -> dict[str, Any]:
    if not timing:
        return {}
    memory = dict(timing["peak_memory_mib"])
    process = memory.pop("process", None)
    return {
        "seconds": timing["seconds"],
        "memory": max(memory.values(), default=process),
    }


def _range(values: list[Any]) -> str:
    """One value, or the least and the largest; of words, all."""
    shown = list(dict.fromkeys(map(_short, values)))
    if len(shown) > 2 and all(isinstance(v, int | float) for v in values):
        shown = [_short(min(values)), _short(max(values))]
    return " to ".join(shown)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
