"""Curves of metrics over training, or over what else rows tell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import axes, figure, ticker

from tf_collab.plots import labelling

__all__ = ["metric_curves"]

MARKS = "osD^vP*"


def metric_curves(
    rows: Iterable[Mapping[str, Any]],
    *,
    metric: str | Sequence[str],
    x: str,
    by: str = "method",
    published: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    colours: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    log: bool = False,
) -> figure.Figure:
    """`metric` against `x`, a curve for each value of row[by], and a band of one sd.

    A curve is the mean over rows with the same curve and x, which are different seeds.
    Rows whose metric is None are left out. A row whose x is None counts at every x: it
    may be a method without a layer, beside a sweep of layers. With `log` the metric's
    axis is logarithmic, and the band has the same ratio below as above.

    `published` is curve -> (x, metric), drawn dashed. `colours` is curve -> colour, as
    from `tables.colours()`; other curves get colours in turn. Curves with the same name
    up to a comma have one colour and different marks. `labels` are the labels of axes,
    by the names of x and of metrics. Several metrics have a panel each. Raises
    ValueError if no row has a metric.
    """
    rows = list(rows)
    names = [metric] if isinstance(metric, str) else list(metric)
    for name in names:
        if rows and not any(name in row for row in rows):
            raise ValueError(f"None of the {len(rows)} rows has the metric {name!r}.")
    across, down = min(len(names), 2), -(-len(names) // 2)
    fig = figure.Figure((5.6 * across, 3.8 * down), layout="constrained")
    panels = fig.subplots(down, across, squeeze=False).ravel()
    for axis, name in zip(panels, names):
        _draw_curves(axis, rows, name, x, by, published or {}, colours or {}, log)
        x_label, y_label = (
            (labels or {}).get(n, n.replace("_", " ")) for n in (x, name)
        )
        labelling.finish(axis, x_label, labelling.wrapped(y_label), title, legend=False)
    for axis in panels[len(names) :]:
        axis.set_axis_off()
    handles = {
        label: handle
        for axis in panels
        for handle, label in zip(*axis.get_legend_handles_labels())
    }
    if handles:
        fig.legend(
            [*handles.values()],
            [*handles],
            loc="outside lower center",
            ncols=min(3, len(handles)),
            fontsize=8,
            frameon=False,
        )
    return fig


def _draw_curves(
    axis: axes.Axes,
    rows: Sequence[Mapping[str, Any]],
    metric: str,
    x: str,
    by: str,
    published: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    given: Mapping[str, str],
    log: bool,
) -> None:
    series: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    every_x = {row[x] for row in rows} - {None}
    for row in rows:
        if row.get(metric) is not None:
            for value in every_x if row[x] is None else [row[x]]:
                series[row[by]][value].append(row[metric])
    kinds = {name: name.partition(", ")[0] for name in (*series, *published)}
    colours = labelling.colours(kinds.values(), given)
    colours |= {name: colours[kind] for name, kind in kinds.items()}
    for method, seeds in series.items():
        at = sorted(seeds)
        mean = np.array([np.mean(seeds[value]) for value in at])
        sd = np.array([np.std(seeds[v], ddof=1) if seeds[v][1:] else 0.0 for v in at])
        alike = [name for name in series if kinds[name] == kinds[method]]
        mark = MARKS[alike.index(method) % len(MARKS)]
        style: dict[str, Any] = {"color": colours[method], "label": method}
        axis.plot(at, mean, f"{mark}-", ms=3.5, lw=1.6, **style)
        above = mean + sd
        below = mean**2 / np.maximum(above, 1e-300) if log else mean - sd
        axis.fill_between(at, below, above, color=colours[method], alpha=0.15, lw=0)
    for method, (steps, values) in published.items():
        axis.plot(steps, values, "--", lw=1, color=colours[method])
    if published:
        axis.plot([], [], "--", lw=1, color="#888888", label="published")
    axis.locator_params(axis="x", integer=True)  # layers and steps are whole numbers
    if log:
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(_PlainLogFormatter())
        axis.yaxis.set_minor_formatter(_PlainLogFormatter())


class _PlainLogFormatter(ticker.LogFormatter):
    """Labels the same ticks as LogFormatter, but with 60 instead of 6 x 10^1."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return super().__call__(x, pos) and f"{x:g}"
