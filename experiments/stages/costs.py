"""What drawing took: passes through the nets, and how far a walk moved the latents."""

import math
from typing import Any

import tensorflow as tf

import tf_collab as tc
from tf_collab import tables

__all__ = ["cost", "walked"]

_COUNTS = ("g_forward", "g_backward", "d_forward", "d_backward", "accepted", "capped")
# Of walks, which mean little without them.
_DIALS = ("temperature", "sharpness")
_MEANS = ("slope", "slope_spread", "distance")


def cost(samples: tc.sampling.Samples) -> dict[str, float]:
    """Passes through G and D for each sample kept."""
    n = len(samples.score)
    return {"efficiency": samples.efficiency} | {
        name: samples.info[name] / n for name in _COUNTS if name in samples.info
    }


def walked(
    config: Any, row: tables.SamplerRow, gan: tc.GAN, samples: tc.sampling.Samples
) -> dict[str, float | None]:
    """Of a walk among latents, where it began and ended, and what it hangs on.

    `z_square_before` and `z_square_after` are the mean square of a coordinate of z, as
    a standard normal where the walk is among those; `moved` is the share of moves that
    were taken, where moves may be refused. Of `dot` its slope of D, the spread of that,
    and the mean distance that it moved. Nothing of a sampler that does not walk.
    """
    info = samples.info
    told: dict[str, float | None] = {
        mean: info[mean] / info["walks"] for mean in _MEANS if mean in info
    }
    if "squared_norm_before" in info:
        (z,) = tf.nest.flatten(gan.prior(1, tc.seeds.as_seed(0)))
        coordinates = info["walks"] * math.prod(z.shape[1:])
        for when in ("before", "after"):
            told[f"z_square_{when}"] = info[f"squared_norm_{when}"] / coordinates
    if "moved" in info:
        told["moved"] = info["moved"] / info["steps"] if info["steps"] else None
    return told | {dial: getattr(config, dial) for dial in _DIALS if dial in row.flags}
