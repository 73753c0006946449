"""Somebody's two nets, looked at with a few latents: how each is called, and cut."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tf_collab import errors
from tf_collab.front import labels, net_checks
from tf_collab.models import chains, handing, layered, unfolding

__all__ = ["discriminator_of", "generator_of"]


def generator_of(
    generator: keras.layers.Layer,
    discriminator: keras.layers.Layer | None,
    z: Any,
    at: Sequence[str | int] | None,
) -> tuple[layered.LayeredModel, list[str], bool]:
    """G in stages, what was found, and whether its samples are (x, label).

    D is asked only whether the two are swapped.
    """
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
                "can: are the two swapped, or has the prior the length of a "
                "sample?"
            ) from error
        raise
    net_checks.check_finite(x, "generator's samples")
    return x


def discriminator_of(
    discriminator: keras.layers.Layer, x: Any, labelled: bool
) -> tuple[keras.layers.Layer, Any]:
    """D as it takes a sample, and what it makes of x."""
    net_checks.check_inputs(discriminator, x, labelled)
    asked = discriminator
    if labelled:
        asked = labels.calls(discriminator, x[0], x[1], "discriminator", on=False)
        asked = asked or handing.HandOn(discriminator, ("h",), on=False)
    with errors.explained(discriminator, x, name="discriminator"):
        out = asked(x, training=False)
    net_checks.check_finite(out, "discriminator's scores of samples")
    return asked, out
