"""Pictures of samples, scores and metrics; each function returns a Figure.

There are two exceptions: `animation` returns the bytes of a GIF, and `plane` points at
which to compute a score.
"""

from tf_collab.plots.animating import animation
from tf_collab.plots.curves import metric_curves
from tf_collab.plots.fields import field, field_pair
from tf_collab.plots.images import grid, layers, strip, walk
from tf_collab.plots.points import (
    comparison,
    density,
    landscape,
    paths,
    plane,
    scatter,
)
from tf_collab.plots.scores import histograms, reliability

__all__ = [
    "animation",
    "comparison",
    "density",
    "field",
    "field_pair",
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
