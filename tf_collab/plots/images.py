"""Grids of images: samples, plain beside refined ones, refinement steps and layers.

Images are [n, h, w, c] with c 1 or 3. `limits` are the values that are black and white;
without them bytes are drawn from 0 to 255, floats that all lie in [0, 1] from 0 to 1,
which the figure says, and others from -1 to 1. Where plain and refined images are drawn
together, the plain ones decide. Values a little outside are clipped. A figure that is
saved at its own dpi, or at a multiple, draws each pixel of an image as a square of one
size. Every function raises ValueError for other images.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import figure

from tf_collab import reals
from tf_collab.plots import panels

__all__ = ["grid", "layers", "strip", "walk"]

DPI = 100
SIDE = 80  # pixels of the figure across an image, at least, so that labels fit
GAP = 3  # pixels of the figure between images
CAPTION = 18  # pixels of the figure between images with a line of text between them
FURTHEST = 2.0  # half widths; what is further is an error: a scaled tanh ends at 1.7159
UNIT, USUAL = (0.0, 1.0), (-1.0, 1.0)


def grid(
    x: np.ndarray,
    *,
    columns: int | None = None,
    title: str | None = None,
    limits: panels.Limits | None = None,
) -> figure.Figure:
    """Images x [n, h, w, c] row by row, by default in a square.

    Raises ValueError if `columns` is below 1.
    """
    chosen = _limits(x, limits)
    x = _as_images(x, "x", chosen)
    if columns is None:
        columns = math.ceil(math.sqrt(len(x)))
    if columns < 1:
        raise ValueError(f"columns must be 1 or more, but is {columns}.")
    rows = math.ceil(len(x) / columns)
    white = np.ones([rows * columns - len(x), *x.shape[1:]], x.dtype)
    cells = np.concatenate([x, white]).reshape(rows, columns, *x.shape[1:])
    return _table(cells, title=title, note=_told(chosen, limits))


def strip(
    standard: np.ndarray,
    refined: np.ndarray,
    *,
    titles: tuple[str, str] = ("standard", "refinement"),
    limits: panels.Limits | None = None,
) -> figure.Figure:
    """Samples of the same z in a column: plain, refined, and their difference.

    Both are [n, h, w, c]. The difference is refined - standard in each channel:
    mid-grey where nothing changes, white or black at the largest change of all columns,
    which is written beside the row. Raises ValueError if the shapes differ.
    """
    low, high = chosen = _limits(standard, limits)
    standard, refined = _alike({"standard": standard, "refined": refined}, chosen)
    change = refined - standard
    largest = np.abs(change).max()
    cells = np.stack([standard, refined, change / (largest or 1.0)])
    most = largest * (high - low) / 2  # in the images' own numbers
    return _table(
        cells,
        rows=[*titles, f"difference\n(±{most:.2g} at most)"],
        note=_told(chosen, limits),
    )


def walk(
    x: np.ndarray,
    scores: np.ndarray,
    *,
    steps: Sequence[int],
    limits: panels.Limits | None = None,
) -> figure.Figure:
    """Refinement x [points, n, h, w, c]: a row for each sample, a column for each step.

    `steps` [points] are the numbers of the steps; scores [points, n] are written below
    the images. Raises ValueError if the shapes do not fit.
    """
    chosen = _limits(np.atleast_1d(x)[:1], limits)  # by where the walk begins
    x, scores = _as_images(x, "x", chosen, rank=5), np.asarray(scores, np.float64)
    if scores.shape != x.shape[:2] or len(steps) != len(x):
        raise ValueError(
            f"x of shape {list(x.shape)} needs scores of shape {list(x.shape[:2])} and "
            f"{len(x)} steps, but their shape is {list(scores.shape)} and there are "
            f"{len(steps)} steps."
        )
    told = _told(chosen, limits)
    return _table(
        x.swapaxes(0, 1),
        columns=[f"step {step}" for step in steps],
        captions=[f"{score:.2f}" for score in scores.T.flat],
        note="; ".join(filter(None, ["below each image: D's score", told])),
    )


def layers(
    standard: np.ndarray,
    refined: Mapping[int, np.ndarray],
    *,
    limits: panels.Limits | None = None,
) -> figure.Figure:
    """Samples of the same z in a column: plain, then refined at each layer.

    `standard` is [n, h, w, c], and `refined` is layer -> [n, h, w, c]. Raises
    ValueError if the shapes differ.
    """
    rows = {"standard": standard}
    rows |= {f"layer {layer}": refined[layer] for layer in sorted(refined)}
    chosen = _limits(standard, limits)
    cells = np.stack(_alike(rows, chosen))
    return _table(cells, rows=list(rows), note=_told(chosen, limits))


def _table(
    cells: np.ndarray,
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    captions: Sequence[str] = (),
    note: str | None = None,
    title: str | None = None,
) -> figure.Figure:
    """A figure of cells [rows, columns, h, w, c] with names of rows and columns.

    The names of rows are on the left, those of columns above, and `captions`, row by
    row, below the cells.
    """
    cells = _enlarged(cells)
    n_rows, n_columns, height, width, _ = cells.shape
    below = CAPTION if captions else GAP
    gaps = [(0, 0), (0, 0), (0, below), (0, GAP), (0, 0)]
    whole = np.pad(cells, gaps, constant_values=255).swapaxes(1, 2)
    whole = whole.reshape(n_rows * (height + below), n_columns * (width + GAP), 3)

    size = np.array(whole.shape[1::-1]) / DPI
    fig = figure.Figure(tuple(size), dpi=DPI)
    axis = fig.add_axes((0, 0, 1, 1))
    axis.imshow(whole, interpolation="nearest", aspect="auto")
    across = np.arange(n_columns) * (width + GAP) + (width - 1) / 2
    down = np.arange(n_rows) * (height + below) + (height - 1) / 2
    axis.set_xticks(across if columns else [], columns)
    axis.set_yticks(down if rows else [], rows)
    axis.tick_params(length=0, labelsize=8, top=False, labeltop=True, labelbottom=False)
    axis.spines[:].set_visible(False)
    for index, caption in enumerate(captions):
        row, column = divmod(index, n_columns)
        at = across[column], down[row] + height / 2 + GAP
        axis.text(*at, caption, ha="center", va="top", fontsize=7, color="#222222")
    axis.set_xlabel(note or "", fontsize=8, labelpad=0)
    axis.set_title(title or "", fontsize=10)
    _fit(fig, size)
    return fig


def _enlarged(cells: np.ndarray) -> np.ndarray:
    """Cells [rows, columns, h, w, c] as RGB bytes, with a square for each pixel."""
    cells = np.rint((cells + 1) * 127.5).astype(np.uint8)
    cells = np.broadcast_to(cells, (*cells.shape[:-1], 3))
    scale = math.ceil(SIDE / min(cells.shape[2:4]))
    return cells.repeat(scale, axis=2).repeat(scale, axis=3)


def _fit(fig: figure.Figure, size: np.ndarray) -> None:
    """Enlarges the figure around its one axis of `size` inches until all text fits."""
    box, pad = fig.get_tightbbox(), 0.04
    # Whole pixels, so that pixels of images begin at pixels of the figure.
    low = np.ceil((pad - np.array(box.min)) * DPI) / DPI
    high = np.ceil((pad + np.array(box.max) - size) * DPI) / DPI
    whole = low + size + high
    fig.set_size_inches(*whole)
    fig.axes[0].set_position((*(low / whole), *(size / whole)))


def _limits(x: np.ndarray, given: panels.Limits | None) -> panels.Limits:
    """The values that are black and white, as given or as the images tell."""
    if given is not None:
        return panels.as_limits(given)
    x = np.asarray(x)
    if x.dtype == np.uint8:
        return 0.0, 255.0
    within = x.size and x.min() >= 0 and x.max() <= 1
    return UNIT if within else USUAL


def _told(limits: panels.Limits, given: panels.Limits | None) -> str | None:
    """Of limits that were chosen and may be meant otherwise."""
    return "0 is black, 1 is white" if given is None and limits == UNIT else None


def _alike(images: Mapping[str, np.ndarray], limits: panels.Limits) -> list[np.ndarray]:
    """The images, all of one shape, because a column shows one z."""
    checked = {name: _as_images(x, name, limits) for name, x in images.items()}
    first, *others = checked
    for name in others:
        if checked[name].shape != checked[first].shape:
            raise ValueError(
                f"{first} and {name} must be samples of the same z, but their shapes "
                f"are {list(checked[first].shape)} and {list(checked[name].shape)}."
            )
    return list(checked.values())


def _as_images(
    x: np.ndarray, name: str, limits: panels.Limits, *, rank: int = 4
) -> np.ndarray:
    """x as float32, -1 where it is black and 1 where it is white."""
    x = np.asarray(x)
    shape = "[n, h, w, c]" if rank == 4 else "[points, n, h, w, c]"
    if x.ndim != rank or x.shape[-1] not in (1, 3) or not x.size:
        raise ValueError(
            f"{name} must be images {shape}, one or more, with c 1 or 3, "
            f"but its shape is {list(x.shape)}."
        )
    x, (low, high) = x.astype(np.float32), limits
    scaled = (x - (low + high) / 2) * (2 / (high - low))
    if not (np.abs(scaled) <= FURTHEST).all():
        kind = ValueError if np.isfinite(scaled).all() else reals.NotFinite
        raise kind(
            f"{name} must be finite and in [{low:g}, {high:g}], but is from "
            f"{x.min():.3g} to {x.max():.3g}: give limits=(low, high), the values that "
            "are black and white."
        )
    return scaled.clip(-1, 1)
