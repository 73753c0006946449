"""Quality against cost, diversity against cost, and one against the other."""

import io
import textwrap
from typing import Any

import matplotlib
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.benchmarking import baselines, column_words, judging, summary
from tf_collab import tables

__all__ = ["svg", "tradeoffs"]

SHARES = ("good", "precision", "recall", "coverage")  # no interval leads beyond 1


def tradeoffs(group: summary.Group) -> Figure:
    """A panel for each pair; a line for each sampler, from small budgets to large.

    Shorter priors have none: what they give is where plain samples are.
    """
    first = [judging.axes(group.metrics, kind)[:1] for kind in judging.AXES]
    quality, diversity, both = first
    pairs = [("cost", name) for name in (*quality, *diversity, *both[:1])]
    pairs += [(d, q) for d in diversity for q in quality]
    across = min(2, max(1, len(pairs)))  # so that words are legible on a page
    down = max(1, -(-len(pairs) // across))
    figure = Figure((4.8 * across, 4.0 * down + 0.8), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for empty in panels[max(1, len(pairs)) :]:
        empty.set_visible(False)
    known = {*tables.SAMPLERS, *baselines.BASELINES}
    for axis, (x, y) in zip(panels, pairs):
        for name in dict.fromkeys(r.method for r in group.rows if r.method in known):
            _line(axis, [r for r in group.rows if r.method == name], x, y)
        axis.set(xlabel=_words(x), ylabel=_words(y))
        for name, side in ((x, axis.xaxis), (y, axis.yaxis)):
            if _words(name).endswith("↓"):  # a distance
                scale = axis.set_xscale if side is axis.xaxis else axis.set_yscale
                scale("log", nonpositive="clip")
                side.set_major_formatter("{x:g}")
                side.set_minor_formatter(ticker.LogFormatter(minor_thresholds=(2, 0.5)))
            elif name.startswith(SHARES):
                low, high = side.get_view_interval()
                side.set_view_interval(max(-0.03, low), min(1.03, high), ignore=True)
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


def _line(axis: Axes, rows: list[summary.Row], x: str, y: str) -> None:
    rows = [row for row in rows if {x, y} <= row.numbers.keys()]
    if not rows:
        return
    name = rows[0].method
    at, of = ([row.numbers[n] for row in rows] for n in (x, y))
    bars: dict[str, Any] = {"xerr": [n.half or 0 for n in at]} if x != "cost" else {}
    axis.errorbar(
        [n.value for n in at],
        [n.value for n in of],
        yerr=[n.half or 0 for n in of],
        color=_colours()[name],
        fmt="o-" if name in tables.SAMPLERS else "x--",
        ms=4,
        lw=1.2,
        elinewidth=0.6,
        label=name,
        **bars,
    )


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
