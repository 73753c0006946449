"""Samples in the plane: points, densities, discriminator landscapes, refinement paths.

`limits` is (low, high), the same for both axes. Samples outside of the limits, or not
finite, are counted in a corner of their panel. Every function raises ValueError if a
shape is another than its docstring says, or unless low < high.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib import collections, figure

from tf_collab import reals
from tf_collab.plots import panels

__all__ = ["comparison", "density", "landscape", "paths", "plane", "scatter"]


def scatter(
    x: np.ndarray, real: np.ndarray, *, limits: panels.Limits, title: str | None = None
) -> figure.Figure:
    """Samples x [n, 2], drawn over real samples [m, 2]."""
    fig, (axis,) = panels.grid([title], limits)
    panels.draw_real(axis, panels.as_points(real, "real"))
    x = panels.as_points(x, "x")
    panels.draw_points(axis, x, colour=panels.MODEL, label="model")
    panels.note(axis, x)
    panels.legend(fig)
    return fig


def density(
    x: np.ndarray, *, limits: panels.Limits, title: str | None = None
) -> figure.Figure:
    """The density of samples x [n, 2], smoothed by a Gaussian kernel."""
    fig, (axis,) = panels.grid([title], limits)
    panels.draw_density(axis, panels.as_points(x, "x"))
    return fig


def landscape(
    prob: np.ndarray,
    real: np.ndarray,
    *,
    limits: panels.Limits,
    title: str | None = None,
) -> figure.Figure:
    """D's probability `prob` [n, n] over the plane, in the order of `plane`, and reals.

    `real` is [m, 2]. Raises ValueError if a probability is not from 0 to 1.
    """
    prob = np.asarray(prob, np.float64)
    if prob.ndim != 2 or prob.shape[0] != prob.shape[1] or not prob.size:
        raise ValueError(f"prob must be [n, n], but its shape is {list(prob.shape)}.")
    reals.check_finite(prob, "values of prob")
    if not np.all((prob >= 0) & (prob <= 1)):
        raise ValueError("prob must be from 0 to 1: give a sigmoid of the log ratio.")
    fig, (axis,) = panels.grid([title], limits)
    image = axis.imshow(
        prob, extent=(*limits, *limits), origin="lower", cmap="RdBu_r", vmin=0, vmax=1
    )
    points = panels.as_points(real, "real")
    # A light rim, since the darkest colours of the landscape hide dark dots.
    panels.draw_points(axis, points, colour="white", size=4.4)
    panels.draw_points(axis, points, colour="#222222", label="real", size=2.6)
    panels.legend(fig)
    fig.set_figwidth(5.2)
    fig.colorbar(image, ax=axis, label="D: probability of real")
    return fig


def plane(limits: panels.Limits, n: int) -> np.ndarray:
    """Points [n * n, 2] on a grid, row by row from the bottom, for a `landscape`."""
    low, high = panels.as_limits(limits)
    centres = low + (np.arange(n) + 0.5) * (high - low) / n
    return np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)


def paths(
    trajectory: np.ndarray,
    *,
    real: np.ndarray,
    limits: panels.Limits,
    title: str | None = None,
) -> figure.Figure:
    """Refinement `trajectory` [steps + 1, batch, 2]: a line for each sample.

    The first and the last points are marked, and `real` is [m, 2].
    """
    trajectory = np.asarray(trajectory, np.float64)
    if trajectory.ndim != 3 or trajectory.shape[-1] != 2 or not len(trajectory):
        raise ValueError(
            "trajectory must be [steps + 1, batch, 2], "
            f"but its shape is {list(trajectory.shape)}."
        )
    fig, (axis,) = panels.grid([title], limits)
    panels.draw_real(axis, panels.as_points(real, "real"))
    lines = list(trajectory.swapaxes(0, 1))
    axis.add_collection(
        collections.LineCollection(
            lines, colors=panels.MODEL, linewidths=0.7, alpha=0.4
        )
    )
    first, last = trajectory[0], trajectory[-1]
    panels.draw_points(axis, first, colour=panels.STANDARD, label="standard", size=3.5)
    panels.draw_points(
        axis,
        last,
        colour=panels.MODEL,
        label=f"after {len(trajectory) - 1} steps",
        size=3.5,
    )
    panels.note(axis, last)
    panels.legend(fig)
    return fig


def comparison(
    samples: Mapping[str, np.ndarray],
    real: np.ndarray,
    *,
    limits: panels.Limits,
    kinds: Sequence[Literal["scatter", "density"]] = ("scatter",),
) -> figure.Figure:
    """A column of real data [m, 2] and one for each method's samples [n, 2].

    `samples` is method -> samples. There is a row for each of `kinds`, and all
    densities share the colours of the real data. Raises ValueError if a kind is
    unknown.
    """
    if not kinds or not set(kinds) <= {"scatter", "density"}:
        raise ValueError(f"kinds must name scatter or density, but are {list(kinds)}.")
    real = panels.as_points(real, "real")
    columns = [real, *(panels.as_points(x, name) for name, x in samples.items())]
    fig, cells = panels.grid(["real data", *samples], limits, rows=len(kinds))
    highest = panels.smoothed(real, limits).max()
    for index, axis in enumerate(cells):
        row, column = divmod(index, len(columns))
        if kinds[row] == "density":
            panels.draw_density(axis, columns[column], highest)
        else:
            panels.draw_real(axis, real)
            if column:
                panels.draw_points(
                    axis, columns[column], colour=panels.MODEL, label="samples"
                )
                panels.note(axis, columns[column])
        axis.set(xticks=[], yticks=[])
    if "scatter" in kinds:
        fig.set_figheight(fig.get_figheight() + 0.15)
        panels.legend(fig)
    return fig
