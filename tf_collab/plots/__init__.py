"""Pictures of samples, scores and metrics; each function returns a Figure."""

from tf_collab.plots.curves import (
    METHOD_COLOURS,
    histograms,
    metric_curves,
    reliability,
)
from tf_collab.plots.images import grid, layers, strip, walk
from tf_collab.plots.points import (
    comparison,
    density,
    landscape,
    paths,
    plane,
    scatter,
)

__all__ = [
    "METHOD_COLOURS",
    "comparison",
    "density",
    "grid",
    "histograms",
    "landscape",
    "layers",
    "metric_curves",
    "paths",
    "plane",
    "reliability",
    "scatter",
    "strip",
    "walk",
]
