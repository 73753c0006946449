"""Nets that no file carries, given again and read as `collaborate` read them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import labels, net_checks, nets
from tf_collab.models import heads, layered

__all__ = ["READ", "discriminator", "generator"]

READ = "at", "pick", "probability"  # options of `from_keras` by which nets are read


def generator(net: Any, z: Any, at: Sequence[str | int] | None) -> layered.LayeredModel:
    """G in stages, cut as `from_keras` cuts it; one in stages stays as it is."""
    if hasattr(net, "encode"):
        return net
    net_checks.check_kind(net, "generator")
    return nets.generator_of(net, None, z, at)[0]


def discriminator(
    net: Any,
    x: Any,
    read: Mapping[str, Any] | None,
    *,
    ratio: bool,
    fill: Callable[[keras.layers.Layer], Any],
) -> keras.layers.Layer:
    """A copy of D that `fill` gives its weights, with one score for each sample of x.

    `read` are the options by which a D was read; None is for that of a `tc.GAN`. A D in
    stages has its scores already.
    """
    if isinstance(net, layered.LayeredModel):
        return fill(_twin(net))
    net_checks.check_kind(net, "discriminator")
    pair = isinstance(x, (tuple, list)) and len(x) == 2 and tf.is_tensor(x[1])
    asked, _ = nets.discriminator_of(net, x, pair and labels.is_label(x[1]))
    twin = fill(_twin(asked))
    out = twin(x, training=False)
    if read is None and np.ndim(out) == 1:
        return twin
    how = {name: (read or {}).get(name) for name in READ[1:]}
    # What nobody can see was seen by its values, of the weights that D had then.
    score, _ = heads.read(net, out, **how, ratio=ratio, unseen=False)
    return layered.LayeredModel([twin, score], name="discriminator")


def _twin(net: keras.layers.Layer) -> keras.layers.Layer:
    return tc.models.thaw(tc.models.copy(net))
