"""The picture of docs/audit.md: laws, and samples with a slip and without."""

import numpy as np
from audit import targets
from audit.defects import DEFECTS
from matplotlib import figure

from tf_collab.plots import panels

__all__ = ["drawn"]

TITLES = {
    "reverse term": "reverse term inverted (MALA)",
    "dropped rejections": "refused steps dropped (MALA)",
    "stale slope": "slope from before a jump (Ex²MCMC)",
    "deviation as variance": "deviation used as variance (DDLS)",
    "percentile": ".80 taken for the 80th percentile (DRS)",
    "batch-norm": "batch-norm in training mode (MH-GAN)",
}
EDGES = np.linspace(-2.5, 3, 78)


def drawn() -> figure.Figure:
    """A panel for each of TITLES."""
    fig = figure.Figure((10.2, 5.4), layout="constrained")
    panes = fig.subplots(2, 3)
    for axis, (name, title) in zip(panes.flat, TITLES.items()):
        slip = DEFECTS[name]
        density = np.diff(slip.law.cdf(EDGES)) / np.diff(EDGES)
        axis.stairs(
            density, EDGES, fill=True, color=panels.REAL, alpha=0.6, label="the law"
        )
        for label, sampler, colour in (
            ("with the slip", slip.double, panels.STANDARD),
            ("tf_collab", slip.ours, panels.MODEL),
        ):
            x = targets.drawn(sampler)
            height = np.histogram(x, EDGES)[0] / len(x) / np.diff(EDGES)
            axis.stairs(height, EDGES, color=colour, lw=1.2, label=label)
        axis.set_title(title, fontsize=10)
        axis.set(xlim=(EDGES[0], EDGES[-1]))
        axis.spines[["top", "right"]].set_visible(False)
        axis.locator_params(axis="y", nbins=4)
    for axis in panes[-1]:
        axis.set_xlabel("sample")
    for axis in panes[:, 0]:
        axis.set_ylabel("density of samples")
    fig.legend(
        *axis.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        fontsize=9,
        frameon=False,
    )
    return fig
