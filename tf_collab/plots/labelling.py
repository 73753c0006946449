"""Labels and colours that figures with axes of numbers share."""

import textwrap
from collections.abc import Iterable, Mapping

from matplotlib import axes

__all__ = ["colours", "finish", "wrapped"]

# Colours of Okabe and Ito, distinct with any colour vision, and in grey.
COLOURS = ("#0072B2", "#CC79A7", "#000000", "#F0E442")


def colours(
    names: Iterable[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Name -> colour: the given ones, and for other names COLOURS in turn."""
    given = dict(given or {})
    others = [name for name in dict.fromkeys(names) if name not in given]
    return given | {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(others)}


def wrapped(label: str) -> str:
    """A label in lines that fit beside a panel; an arrow stays with its word."""
    for arrow in "↑↓":
        label = label.replace(f" {arrow}", f"\u00a0{arrow}")
    return textwrap.fill(label, 40)


def finish(
    axis: axes.Axes,
    x_label: str,
    y_label: str,
    title: str | None,
    *,
    legend: bool = True,
) -> None:
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.set_title(title or "", fontsize=10)
    axis.grid(color="#DDDDDD", lw=0.5)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    if legend and axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=8, frameon=False)
