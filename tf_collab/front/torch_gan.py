"""Somebody's PyTorch GAN as a GAN of this library."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, errors, models
from tf_collab.front import parts
from tf_collab.models import adapters, heads, layered, torch_children, torch_modules

__all__ = ["from_torch"]

COLOURS = 1, 3


def from_torch(
    generator: Any,
    discriminator: Any,
    *,
    prior: base.LatentDraw,
    objective: str | base.Objective | None = None,
    at: Sequence[str] | None = None,
    pick: int | str | None = None,
    probability: bool | None = None,
    channels_first: bool | None = None,
) -> base.GAN:
    """A GAN of two `torch.nn.Module`s, which every sampler takes as it takes Keras'.

    The generator is cut behind each activation where it is an `nn.Sequential` or calls
    its children one after another, or behind the children named in `at` (see
    `models.torch_chain`). The discriminator gives [batch], [batch, 1] or patches, raw
    scores, or with `probability` probabilities; None tells by whether it ends in an
    `nn.Sigmoid`. Where it gives several things, `pick` is the index or the name of
    the score. `objective` is what D was trained with, a name of `tables.OBJECTIVES` or
    an Objective; gradient penalties work.

    The modules' weights are copied, their modes do not matter, and neither does it that
    they keep images as [batch, channels, height, width]: the samples, the data and
    what can be refined are [batch, height, width, channels]. `channels_first=False` is
    for modules that keep channels last; None tells by the shape of G's images.

    `models.torch_state(gan.discriminator)` is the way back into the module.
    """
    learned = parts.objective_of(objective)
    prior, assumed = parts.prior_of(prior, generator)
    z = parts.drawn(prior)
    if channels_first is None:
        channels_first = _has_channels_first(generator, z)
        if channels_first is not None:
            order = (
                "channels, height, width" if channels_first else "height, width, ..."
            )
            assumed.append(f"the generator's module makes images [batch, {order}]")
    g = models.torch_chain(generator, z, at=at, channels_first=channels_first)
    x = g(z)
    d, told = _scorer(
        discriminator,
        x,
        channels_first=channels_first,
        pick=pick,
        probability=probability,
        ratio=learned.log_ratio is not None,
    )
    gan = base.GAN(g, d, prior, learned, assumed=(*assumed, told))
    gan.scored(x)  # a misfit is told here
    return gan


def _scorer(module, x, *, channels_first, pick, probability, ratio):
    """D with scores [batch], and what its score is in words."""
    from torch import nn

    judge = models.torch_layer(module, channels_first=channels_first, name="judge")
    with errors.explained(judge, x, name="discriminator"):
        out = judge(x)
    children = torch_children.children(module, x, channels_first=channels_first)
    if children:
        judge.ends_in_sigmoid = isinstance(children[-1][1], nn.Sigmoid)
    options = {"pick": pick, "probability": probability, "ratio": ratio}
    score, why = heads.read(judge, out, **options)
    if tf.nest.is_nested(out):  # of which the module gives the one alone
        judge = models.torch_layer(
            module, channels_first=channels_first, pick=pick, name="judge"
        )
        out = judge(x)
        score, _ = heads.read(judge, out, **options | {"pick": None})
    if out.shape[1:] != [2] and np.array_equal(score(out), adapters.score(out)):
        score = adapters.score  # which is a mean, of patches too
    d = layered.LayeredModel([judge, score], name="discriminator")
    d.autocast = False  # so that float64 reaches the module
    return d, f"the discriminator's score is {why}"


def _has_channels_first(generator, z):
    """Of G's images, or None where it makes none."""
    leaves = tf.nest.flatten(z)
    net = torch_modules.Net(generator, channels_first=False)
    shape = net.part(z, leaves, 0, 1, "eval").outputs[0].shape
    if len(shape) != 4:
        return None
    first, last = shape[1] in COLOURS, shape[3] in COLOURS
    if first == last:
        raise ValueError(
            f"the generator's images are {list(shape[1:])}, and nobody can tell "
            "which axis has the channels: say channels_first=True or False"
        )
    return first
