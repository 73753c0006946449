"""Somebody's two nets, looked at with a few latents: how each is called, and cut."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import errors
from tf_collab.front import labels
from tf_collab.models import chains, handing, layered, unfolding

__all__ = ["check_finite", "check_net", "discriminator_of", "generator_of"]


def check_net(net: Any, what: str) -> None:
    """An error unless it is a Keras layer or model with weights."""
    if isinstance(net, type):
        raise TypeError(
            f"{what} is the class {net.__name__}: give a trained model of it"
        )
    if not isinstance(net, keras.layers.Layer):
        torch = any(kind.__module__.startswith("torch.") for kind in type(net).__mro__)
        hint = ": a PyTorch module goes to tc.from_torch" if torch else ""
        raise TypeError(f"{what} is a Keras model, not {type(net).__name__}{hint}")
    if (
        not net.built
        and not net.variables
        and (net._layers or isinstance(net, keras.Sequential))
    ):
        raise ValueError(
            f"the {what} {net.name!r} has no weights yet: load the trained ones, or "
            "call it on a batch and train it"
        )


def check_finite(out: Any, what: str) -> None:
    """ValueError where a net gives NaN or infinity."""
    for leaf in tf.nest.flatten(out):
        if tf.is_tensor(leaf) and leaf.dtype.is_floating:
            bad = int(np.sum(~np.isfinite(np.asarray(leaf, "float64"))))
            if bad:
                raise ValueError(
                    f"the {what} are not all finite numbers, {bad} of {np.size(leaf)}: "
                    "look for NaN among the weights"
                )


def generator_of(
    generator: keras.layers.Layer,
    discriminator: keras.layers.Layer,
    z: Any,
    at: Sequence[str | int] | None,
) -> tuple[layered.LayeredModel, list[str], bool]:
    """G in stages, what was found, and whether its samples are (x, label)."""
    if isinstance(generator, layered.LayeredModel):
        if at is not None:
            raise ValueError("the generator is in stages already: leave at out")
        return generator, [], False
    pair = isinstance(z, (tuple, list)) and len(z) == 2
    labelled = pair and tf.is_tensor(z[1]) and labels.is_label(z[1])
    asked, label = generator, None
    if labelled:
        asked = labels.calls(generator, z[0], z[1], "generator", on=False)
        if asked is None:
            raise ValueError(
                "the prior gives (z, label), and the generator takes no label beside "
                "z: give the prior of z alone"
            )
        label = _label_of(generator, z)
    x = _samples(asked, generator, discriminator, z)
    own = asked.given(*z) if labelled else z
    cut, told = None, list[str]()
    if isinstance(generator, keras.Model) and (label is not None or not labelled):
        cut, told = chains.cut(generator, own, x, at, label=label)
    if cut is None:
        if at is not None:
            raise ValueError(
                f"at={list(at)!r}, but nobody can see the layers of this generator: "
                "leave at out, or give models.LayeredModel([trunk, head])"
            )
        told = ["the generator's layers cannot be seen, so it is cut at none"]
        whole = (
            handing.HandOn(generator, asked.give, apart=asked.apart)
            if labelled
            else generator
        )
        cut = layered.LayeredModel([whole], name=generator.name)
    if labelled:
        told.append("the second array of z is a label, which is handed on and held")
    return cut, told, labelled


def _label_of(generator, z):
    graph = unfolding.graph_of(generator)
    return None if graph is None else labels.label_input(graph, z[0], z[1], "generator")


def _samples(asked, generator, discriminator, z):
    try:
        with errors.explained(generator, z, name="generator"):
            x = asked(z, training=False)
    except errors.Misfit as error:
        if labels.called(discriminator, z) is not None:
            raise ValueError(
                "the generator cannot take what the prior gives, and the discriminator "
                "can: are the two swapped?"
            ) from error
        raise
    check_finite(x, "generator's samples")
    return x


def discriminator_of(
    discriminator: keras.layers.Layer, x: Any, labelled: bool
) -> tuple[keras.layers.Layer, Any]:
    """D as it takes a sample, and what it makes of x."""
    asked = discriminator
    if labelled:
        asked = labels.calls(discriminator, x[0], x[1], "discriminator", on=False)
        asked = asked or handing.HandOn(discriminator, ("h",), on=False)
    graph = unfolding.graph_of(discriminator)
    inputs = [] if graph is None else [t.name for t in graph.inputs]
    if len(inputs) > 1 and not labelled and len(tf.nest.flatten(x)) == 1:
        raise ValueError(
            f"the discriminator takes {len(inputs)} inputs, "
            f"{' and '.join(map(repr, inputs))}, and the generator "
            "gives one: if one is a label, give prior=tc.priors.labelled(prior_of_z, "
            "classes=10)"
        )
    with errors.explained(discriminator, x, name="discriminator"):
        out = asked(x, training=False)
    check_finite(out, "discriminator's scores of samples")
    return asked, out
