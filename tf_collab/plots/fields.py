"""A potential in the plane, and its force on the samples.

As in Coulomb GANs (Unterthiner et al., 2018, arXiv:1708.08819), the potential is high
around real samples and low around fake ones, and the force pushes fake samples up the
gradient of the potential.

`highest` is the potential of the last colour, and `strongest` the force whose arrow
fills its cell; by default they are the largest in the picture. The frames of a film
need common values: beyond them the colour is the last one, and an arrow is longer than
its cell.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import axes, cm, colormaps, colors, figure

from tf_collab import reals
from tf_collab.plots import panels, points

__all__ = ["field", "field_pair"]

LEVELS = 63  # number of colours, odd so that one is for 0; few make small files
ROOT = 0.5  # field**ROOT is shown
CELL = 0.92  # the strongest arrow fills this part of its cell
ARROWS = "#333333"
PALE = 0.75  # strength of the map's colours, from which dots and arrows stand out

Field = tuple[np.ndarray, np.ndarray]  # potential [n, n], force [m, m, 2]


def field(
    potential: np.ndarray,
    force: np.ndarray,
    *,
    real: np.ndarray,
    fake: np.ndarray,
    limits: panels.Limits,
    title: str | None = None,
    highest: float | None = None,
    strongest: float | None = None,
) -> figure.Figure:
    """Potential [n, n], force [m, m, 2], and the samples real [k, 2] and fake [l, 2].

    Potential and force are in the order of `plane`. About 16 is a good m, since more
    arrows would touch. Colours and lengths of arrows follow the square root of the
    field, so that a weak field is visible beside a strong one. Raises ValueError if a
    shape is another, if a value is not finite, or if `highest` or `strongest` is not
    above 0.
    """
    ends = (highest, strongest)
    return _figure([(potential, force)], [title], (real, fake), limits, ends)


def field_pair(
    exact: Field,
    learned: Field,
    *,
    real: np.ndarray,
    fake: np.ndarray,
    limits: panels.Limits,
    titles: tuple[str, str] = ("field of the batch", "potential that D has learned"),
    title: str | None = None,
    highest: float | None = None,
    strongest: float | None = None,
) -> figure.Figure:
    """Two fields (potential, force) of the same samples, on one scale; see `field`.

    Give `highest` and `strongest` of the exact field while D is still far from it.
    Raises ValueError as `field` does.
    """
    ends = (highest, strongest)
    fig = _figure([exact, learned], titles, (real, fake), limits, ends)
    fig.suptitle(title or "", fontsize=10)
    return fig


def _figure(
    fields: Sequence[Field],
    titles: Sequence[str | None],
    samples: tuple[np.ndarray, np.ndarray],
    limits: panels.Limits,
    ends: tuple[float | None, float | None],
) -> figure.Figure:
    real, fake = map(panels.as_points, samples, ("real", "fake"))
    fields = [_as_field(*pair) for pair in fields]
    highest, strongest = ends
    top = _end(highest, "highest", [potential for potential, _ in fields])
    norm = colors.FuncNorm((_compressed, _restored), -top, top)
    strengths = [np.linalg.norm(force, axis=-1) for _, force in fields]
    longest = _end(strongest, "strongest", strengths)

    fig, cells = panels.grid(titles, limits)
    for axis, (potential, force) in zip(cells, fields, strict=True):
        _draw_map(axis, potential, norm)
        _draw_force(axis, force, longest)
        _draw_samples(axis, real, fake, label=axis is cells[0])
    fig.set_size_inches(1.2 + 3.9 * len(cells), 4.6)
    fig.set_layout_engine("compressed")
    fig.colorbar(
        cm.ScalarMappable(norm, _colours()),
        cax=cells[-1].inset_axes((1.04, 0, 0.05, 1)),  # as high as the panel
        label="potential",
        extend="neither" if highest is None else "both",
        ticks=np.array([-1, -0.5, -0.1, 0, 0.1, 0.5, 1]) * _rounded(top),
    )
    panels.legend(fig)
    return fig


def _draw_map(axis: axes.Axes, potential: np.ndarray, norm: colors.Normalize) -> None:
    box = (*axis.get_xlim(), *axis.get_ylim())
    axis.imshow(
        potential,
        extent=box,
        origin="lower",
        cmap=_colours(),
        norm=norm,
        interpolation="bilinear",
    )


def _draw_force(axis: axes.Axes, force: np.ndarray, strongest: float) -> None:
    low, high = axis.get_xlim()
    n = len(force)
    strength = np.linalg.norm(force, axis=-1, keepdims=True)
    direction = force / np.where(strength > 0, strength, 1.0)
    longest = CELL * (high - low) / n
    arrow = direction * longest * (strength / strongest) ** ROOT
    axis.quiver(
        *points.plane((low, high), n).T,
        *arrow.reshape(-1, 2).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        pivot="mid",  # an arrow stays in its cell, whichever way it points
        minlength=0,  # else a weak force would be a dot, which means a sample
        width=0.004,
        headwidth=3.5,
        headlength=4,
        headaxislength=3.5,
        color=ARROWS,
        alpha=0.75,
    )


def _draw_samples(
    axis: axes.Axes, real: np.ndarray, fake: np.ndarray, *, label: bool
) -> None:
    # Reals are larger, so that a covered one keeps a rim.
    for name, x, colour, size in (
        ("real", real, panels.REAL, 4.2),
        ("fake", fake, panels.MODEL, 3.0),
    ):
        (drawn,) = axis.plot(*x.T, "o", ms=size, mew=0.3, mec="white", color=colour)
        if label:
            drawn.set_label(name)
    panels.note(axis, fake)


def _compressed(potential: np.ndarray) -> np.ndarray:
    return np.sign(potential) * np.abs(potential) ** ROOT


def _restored(shown: np.ndarray) -> np.ndarray:
    return np.sign(shown) * np.abs(shown) ** (1 / ROOT)


def _rounded(value: float) -> float:
    """The largest number with one digit that is not above `value`."""
    unit = 10.0 ** np.floor(np.log10(value))
    return float(np.floor(value / unit) * unit)


def _colours() -> colors.Colormap:
    full = colormaps["PRGn"](np.linspace(0, 1, LEVELS))
    return colors.ListedColormap(1 - PALE * (1 - full[:, :3]), "potential")


def _as_field(potential: np.ndarray, force: np.ndarray) -> Field:
    potential, force = np.asarray(potential, np.float64), np.asarray(force, np.float64)
    shape = potential.shape
    if potential.ndim != 2 or shape[0] != shape[1] or not potential.size:
        raise ValueError(f"potential must be [n, n], but its shape is {list(shape)}.")
    shape = force.shape
    if force.ndim != 3 or shape[0] != shape[1] or shape[2] != 2 or not force.size:
        raise ValueError(f"force must be [m, m, 2], but its shape is {list(shape)}.")
    for name, value in (("potential", potential), ("force", force)):
        reals.check_finite(value, f"values of the {name}")
    return potential, force


def _end(given: float | None, name: str, values: list[np.ndarray]) -> float:
    """The end of a scale: the given value, or the largest, or 1 if all are 0."""
    if given is None:
        return max(float(np.abs(value).max()) for value in values) or 1.0
    if not (np.isfinite(given) and given > 0):
        raise ValueError(f"{name} must be above 0, but is {given}.")
    return given
