"""Quality against cost, diversity against cost, and one against the other."""

import io
import math
import textwrap
from typing import Any

import matplotlib
import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import tf_collab as tc
from experiments.benchmarking import (
    baselines,
    column_words,
    intervals,
    judging,
    summary,
)
from tf_collab import tables

__all__ = ["svg", "tradeoffs"]

SHARES = ("good", "precision", "recall", "coverage")  # which end at 0 and 1
MARGIN = 0.03  # of the range that is possible: room for dots at its ends


def tradeoffs(group: summary.Group, *, across: int = 2) -> Figure:
    """A panel for each pair; a line for each sampler, from small budgets to large.

    So many panels are beside each other. Shorter priors have no line: what they give is
    where plain samples are. Bars end where the range of a number ends.
    """
    first = [judging.axes(group.metrics, kind)[:1] for kind in judging.AXES]
    quality, diversity, both = first
    pairs = [("cost", name) for name in (*quality, *diversity, *both[:1])]
    pairs += [(d, q) for d in diversity for q in quality]
    across = min(across, max(1, len(pairs)))
    down = max(1, -(-len(pairs) // across))
    figure = Figure((4.8 * across, 4.0 * down + 0.8), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for empty in panels[max(1, len(pairs)) :]:
        empty.set_visible(False)
    known = {*tables.SAMPLERS, *baselines.BASELINES}
    for axis, (x, y) in zip(panels, pairs):
        for name in dict.fromkeys(r.method for r in group.rows if r.method in known):
            rows = [r for r in group.rows if r.method == name]
            _line(axis, rows, {n: _range(n, group.dataset) for n in (x, y)})
        axis.set(xlabel=_words(x), ylabel=_words(y))
        for name, side in ((x, axis.xaxis), (y, axis.yaxis)):
            if _words(name).endswith("↓"):  # a distance
                scale = axis.set_xscale if side is axis.xaxis else axis.set_yscale
                scale("log", nonpositive="clip")
                side.set_major_locator(_locator(*side.get_view_interval()))
                side.set_major_formatter("{x:g}")
                side.set_minor_formatter(ticker.NullFormatter())
            elif name != "cost":
                ends, view = _range(name, group.dataset), side.get_view_interval()
                room = MARGIN * (ends[1] - ends[0]) if math.isfinite(ends[1]) else 0.0
                low, high = np.clip(view, ends[0] - room, ends[1] + room)
                side.set_view_interval(low, high, ignore=True)
        if x == "cost":
            axis.set_xscale("log")
            budgets = sorted({row.budget for row in group.rows})
            axis.set_xticks(budgets, [f"{budget:g}" for budget in budgets])
            axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.grid(color="#888888", alpha=0.35, lw=0.5)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(
            handles,
            labels,
            loc="outside lower left",
            ncols=min(len(handles), 2 + 2 * across),
            fontsize=9,
            frameon=False,
        )
    return figure


def _words(name: str) -> str:
    return textwrap.fill(column_words.of(name), 42)


def _range(name: str, dataset: str) -> tuple[float, float]:
    """Between what a number must lie."""
    if name.startswith(SHARES):
        return 0.0, 1.0
    target: Any = tc.data.MIXTURES.get(dataset)
    if name == "modes" and target:
        return 0.0, float(len(target().centres))
    return -math.inf, math.inf


def _locator(low: float, high: float) -> ticker.Locator:
    """Three to eight ticks on a log axis from `low` to `high`, whatever it spans."""
    if high / low < 5:
        return ticker.MaxNLocator(4)
    return ticker.LogLocator(subs=(1, 2, 5) if high / low < 200 else (1,))


def _line(
    axis: Axes, rows: list[summary.Row], ranges: dict[str, tuple[float, float]]
) -> None:
    x, y = ranges
    rows = [row for row in rows if {x, y} <= row.numbers.keys()]
    if not rows:
        return
    name = rows[0].method
    at, of = ([row.numbers[n] for row in rows] for n in (x, y))
    bars: dict[str, Any] = {"xerr": _bars(at, *ranges[x])} if x != "cost" else {}
    axis.errorbar(
        [n.value for n in at],
        [n.value for n in of],
        yerr=_bars(of, *ranges[y]),
        color=_colours()[name],
        fmt="o-" if name in tables.SAMPLERS else "x--",
        ms=4,
        lw=1.2,
        elinewidth=0.6,
        label=name,
        **bars,
    )


def _bars(numbers: list[intervals.Number], low: float, high: float) -> np.ndarray:
    """How far each interval leads down and up within a range, [2, numbers]."""
    value, half = np.array([(n.value, n.half or 0.0) for n in numbers]).T
    return np.stack(
        [np.minimum(half, value - low), np.minimum(half, high - value)]
    ).clip(0)


def _colours() -> dict[str, str]:
    own = {name: row.colour for name, row in baselines.BASELINES.items()}
    return tables.colours() | own


def svg(figure: Figure, *, salt: str) -> str:
    """The figure as SVG for a page, in the page's own colour of text."""
    figure.patch.set_alpha(0)
    for axis in figure.axes:
        axis.patch.set_alpha(0)
    buffer = io.StringIO()
    told = {"Date": None, "Creator": None}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata=told)
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace("#000000", "currentColor")
