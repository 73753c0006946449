"""Panels of the plane, and functions that draw in a panel; `points` combines them."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import artist, axes, colormaps, colors, figure

REAL, MODEL, STANDARD = "#F0B440", "#0072B2", "#CC5AA0"
CELLS = 160  # cells of a density along a side
BANDWIDTH = 1.5  # standard deviation of its kernel in cells: 0.9 % of a side
GAMMA = 0.4  # density**GAMMA is shown, so that rare modes are visible
LEVELS = 48  # number of its colours

Limits = tuple[float, float]  # (low, high) of both axes


def grid(
    titles: Sequence[str | None], limits: Limits, *, rows: int = 1
) -> tuple[figure.Figure, list[axes.Axes]]:
    """A figure of square panels of the plane, with `titles` over the first row.

    Raises ValueError unless limits are finite and low < high.
    """
    limits = as_limits(limits)
    side = 4.2 if len(titles) == 1 else 2.0
    fig = figure.Figure((side * len(titles), side * rows + 0.2), layout="constrained")
    cells = fig.subplots(rows, len(titles), squeeze=False)
    for axis in cells.flat:
        axis.set(xlim=limits, ylim=limits, aspect="equal")
        axis.locator_params(nbins=5)
    for axis, title in zip(cells[0], titles, strict=True):
        axis.set_title(title or "", fontsize=10)
    return fig, list(cells.flat)


def draw_points(
    axis: axes.Axes,
    x: np.ndarray,
    *,
    colour: str,
    label: str | None = None,
    size: float = 1.8,
) -> None:
    """Draws points x [n, 2] as dots; `size` is in points (1/72 inch)."""
    # Many points are drawn fainter, so that their density is still visible.
    alpha = float(np.clip(100 / np.sqrt(len(x) + 1), 0.1, 0.9))
    axis.plot(*x.T, "o", ms=size, mew=0, color=colour, alpha=alpha, label=label)


def draw_real(axis: axes.Axes, real: np.ndarray) -> None:
    """Draws real points [n, 2], with the label of a legend."""
    # Larger than the model's points, so that a covered mode keeps a rim.
    draw_points(axis, real, colour=REAL, label="real", size=3.5)


def draw_density(axis: axes.Axes, x: np.ndarray, highest: float = 0.0) -> None:
    """Draws the density of x [n, 2]; the last colour is `highest`, or the largest."""
    limits = axis.get_xlim()
    values = smoothed(x, limits)
    norm = colors.PowerNorm(GAMMA, vmin=0, vmax=highest or values.max() or 1.0)
    # Few colours, not blended between cells, halve the file's size.
    cmap = colormaps["magma"].resampled(LEVELS)
    box = (*limits, *limits)
    axis.imshow(
        values, extent=box, origin="lower", cmap=cmap, norm=norm, interpolation="none"
    )
    note(axis, x, colour="white")


def smoothed(x: np.ndarray, limits: Limits) -> np.ndarray:
    """The share of samples x [n, 2] in each cell [y, x], smoothed."""
    edges = np.linspace(*limits, CELLS + 1)
    x = x[np.isfinite(x).all(axis=1)]
    count, _, _ = np.histogram2d(x[:, 1], x[:, 0], bins=(edges, edges))
    cell = np.arange(CELLS)
    kernel = np.exp(-(((cell[:, None] - cell) / BANDWIDTH) ** 2) / 2)
    kernel /= kernel[CELLS // 2].sum()
    return kernel @ count @ kernel / max(len(x), 1)


def note(axis: axes.Axes, x: np.ndarray, *, colour: str = "#222222") -> None:
    """Writes in a corner how many of x [n, 2] are outside the panel or not finite."""
    low, high = axis.get_xlim()
    outside = int(np.count_nonzero(~((x >= low) & (x <= high)).all(axis=1)))
    text = f"{outside} outside the frame" if outside else "" if len(x) else "no samples"
    axis.text(0.03, 0.03, text, transform=axis.transAxes, fontsize=7, color=colour)


def legend(fig: figure.Figure) -> None:
    """Puts one legend of all panels below them, where it does not hide samples."""
    named: dict[str, artist.Artist] = {}
    for axis in fig.axes:
        for handle, label in zip(*axis.get_legend_handles_labels()):
            named.setdefault(label, handle)
    drawn = fig.legend(
        [*named.values()],
        [*named],
        loc="outside lower center",
        ncols=3,
        fontsize=9,
        frameon=False,
        handlelength=1,
    )
    for shown in drawn.legend_handles:
        shown.set(alpha=1, markersize=6)  # type: ignore[union-attr]


def as_points(x: np.ndarray, name: str) -> np.ndarray:
    """x as float64 [n, 2]; raises ValueError, naming `name`, for other shapes."""
    x = np.asarray(x, np.float64)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"{name} must be [n, 2], but its shape is {list(x.shape)}.")
    return x


def as_limits(limits: Limits) -> Limits:
    """The limits; raises ValueError unless they are finite and low < high."""
    try:
        low, high = map(float, limits)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"limits must be (low, high), but are {limits}.")
    return low, high
