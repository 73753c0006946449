"""What cannot be somebody's generator and discriminator, seen before they are asked."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab.models import unfolding

__all__ = ["check_finite", "check_inputs", "check_kind", "check_net", "check_order"]


def check_kind(net: Any, what: str) -> None:
    """TypeError unless it is a Keras layer or model."""
    if isinstance(net, type):
        raise TypeError(
            f"{what} is the class {net.__name__}: give a trained model of it"
        )
    if not isinstance(net, keras.layers.Layer):
        torch = any(kind.__module__.startswith("torch.") for kind in type(net).__mro__)
        hint = ": a PyTorch module goes to tc.from_torch" if torch else ""
        raise TypeError(f"{what} is a Keras model, not {type(net).__name__}{hint}")


def check_net(net: Any, what: str) -> None:
    """An error unless it is a Keras layer or model with weights."""
    check_kind(net, what)
    if (
        not net.built
        and not net.variables
        and (net._layers or isinstance(net, keras.Sequential))
    ):
        raise ValueError(
            f"the {what} {net.name!r} has no weights yet: load the trained ones, or "
            "call it on a batch and train it"
        )


def check_order(generator: keras.layers.Layer, discriminator: Any) -> None:
    """ValueError where the two are seen to be swapped."""
    g, d = map(unfolding.graph_of, (generator, discriminator))
    if g is None or d is None:
        return
    if g.output_shape != d.input_shape and d.output_shape == g.input_shape:
        raise ValueError(
            f"the discriminator gives {list(d.output_shape[1:])}, which the generator "
            "takes, and not the other way round: are the two swapped?"
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


def check_inputs(discriminator: keras.layers.Layer, x: Any, labelled: bool) -> None:
    """ValueError where D's inputs are seen not to be G's samples."""
    graph, leaves = unfolding.graph_of(discriminator), tf.nest.flatten(x)
    if graph is None or labelled:
        return
    inputs = [repr(tensor.name) for tensor in graph.inputs]
    if len(inputs) > 1 and len(leaves) == 1:
        raise ValueError(
            f"the discriminator takes {len(inputs)} inputs, {' and '.join(inputs)}, "
            "and the generator gives one: if one is a label, give "
            "prior=tc.priors.labelled(prior_of_z, classes=10)"
        )
    if len(inputs) < len(leaves):
        raise ValueError(
            f"the generator gives {len(leaves)} arrays, and the discriminator takes "
            f"{len(inputs)}: give a model of the samples alone, as "
            "keras.Model(generator.inputs, generator.outputs[0])"
        )
    for tensor, leaf in zip(graph.inputs, leaves):
        wanted, given = list(tensor.shape[1:]), list(leaf.shape[1:])
        # Keras itself lets sizes through that it knows to be others.
        if len(wanted) == len(given) and any(
            a not in (None, b) for a, b in zip(wanted, given)
        ):
            turned = sorted(map(str, wanted)) == sorted(map(str, given))
            ask = ": are channels first in one and last in the other?" if turned else ""
            raise ValueError(
                f"the discriminator was built for samples of {wanted}, and the "
                f"generator gives {given}{ask}"
            )
