"""Scores of a discriminator: reliability diagrams and histograms."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import figure

from tf_collab import reals
from tf_collab.plots import labelling

__all__ = ["histograms", "reliability"]

FAR = 3.0  # interquartile ranges from the quartiles, beyond which scores are far out
SHARES = np.linspace(0, 1, 101)


def reliability(bins: Mapping[str, Any], *, title: str | None = None) -> figure.Figure:
    """Frequency against probability, with the counts below.

    `bins` is name -> `metrics.ReliabilityBins`, or any object with `mean_prob`,
    `frequency` and `count` [bins] over equal parts of [0, 1]; empty bins are nan.
    """
    fig = figure.Figure((4.6, 5.6), layout="constrained")
    axis, below = fig.subplots(2, sharex=True, height_ratios=[3, 1])
    axis.plot([0, 1], [0, 1], ":", color="#555555", lw=1.2, label="as it should be")
    colours = labelling.colours(bins)
    for name, value in bins.items():
        style = {"color": colours[name], "lw": 1.4}
        seen = np.asarray(value.count) > 0
        prob, frequency = (
            np.asarray(v)[seen] for v in (value.mean_prob, value.frequency)
        )
        # A rim keeps crossing lines apart, and points of 0 and 1 are shown whole.
        rim = {"mec": "white", "mew": 0.6, "clip_on": False}
        axis.plot(prob, frequency, "o-", ms=5, label=name, **rim, **style)
        below.stairs(value.count, np.linspace(0, 1, len(seen) + 1), **style)
    axis.set(xlim=(0, 1), ylim=(0, 1))
    labelling.finish(axis, "", "share of reals", title)
    labelling.finish(below, "D: probability of real", "rows in a bin", None)
    return fig


def histograms(
    scores: Mapping[str, np.ndarray],
    *,
    bins: int = 60,
    label: str = "score",
    title: str | None = None,
) -> figure.Figure:
    """Overlaid histograms with shared bins; `scores` is name -> scores [n].

    The axis leaves out what is far out: more than three interquartile ranges beyond the
    quartiles of all sets together (Tukey, 1977), but no set's median. Its label then
    tells how many scores of each set lie outside. A histogram has area 1 less their
    share.
    Raises ValueError if scores are not vectors, or not finite.
    """
    values = {name: np.asarray(score, np.float64) for name, score in scores.items()}
    for name, score in values.items():
        if score.ndim != 1:
            raise ValueError(
                f"The scores of {name} must be one number per sample, "
                f"but their shape is {list(score.shape)}."
            )
        reals.check_finite(score, f"scores of {name}")
    values = {name: score for name, score in values.items() if score.size}
    fig = figure.Figure((5.6, 3.4), layout="constrained")
    axis = fig.subplots()
    together = np.concatenate([*values.values(), []])
    edges = np.histogram_bin_edges(together, bins, _frame(values))
    colours, outside = labelling.colours(scores), []
    for name, score in values.items():
        count, _ = np.histogram(score, edges)
        height = count / (score.size * np.diff(edges))
        if beyond := score.size - count.sum():
            outside.append(f"{beyond} of {score.size} of {name}")
        axis.stairs(height, edges, fill=True, color=colours[name], alpha=0.25)
        axis.stairs(height, edges, color=colours[name], lw=1.4, label=name)
    if outside:
        label += "\n" + textwrap.fill(f"outside the frame: {', '.join(outside)}", 60)
    labelling.finish(axis, label, "density", title)
    return fig


def _frame(values: Mapping[str, np.ndarray]) -> tuple[float, float] | None:
    """The ends of an axis without far outliers; None where nothing tells a range."""
    # Each set counts the same, however many scores it has.
    each = [np.quantile(score, SHARES) for score in values.values()]
    together = np.concatenate([*each, []])
    if not together.size:
        return None
    low, high = np.quantile(together, [0.25, 0.75])
    medians, reach = [np.median(score) for score in each], FAR * (high - low)
    if not reach:
        return None
    ends = min(low - reach, *medians), max(high + reach, *medians)
    return max(ends[0], together.min()), min(ends[1], together.max())
