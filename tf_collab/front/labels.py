"""Which input of a conditional net is the label, and how the net is called with it."""

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import tensors
from tf_collab.models import handing, unfolding

__all__ = ["beside", "called", "calls", "is_label", "label_input"]

_WORDS = ("label", "class", "cond", "digit", "category", "target")
# How a net whose inputs nobody can see may be called with both: most likely first.
_GUESSES = (
    (("h", "label"), False),
    (("label", "h"), False),
    (("h", "label"), True),
    (("label", "h"), True),
)


def is_label(leaf: tf.Tensor) -> bool:
    """Whether values look like those of a label: whole numbers, or one-hot."""
    if not leaf.dtype.is_floating:
        return True
    value = np.asarray(leaf)
    wide = value.ndim == 2 and value.shape[1] > 1
    return wide and bool(np.isin(value, (0, 1)).all() and (value.sum(1) == 1).all())


def beside(x: Any) -> np.ndarray | None:
    """The labels [n], whole numbers, of samples (x, label); None where there are none.

    What is beside x and neither whole numbers [n] nor one-hot is no label.
    """
    if not isinstance(x, (tuple, list)) or len(x) != 2 or tf.nest.is_nested(x[1]):
        return None
    label = np.asarray(x[1])
    if label.ndim == 2 and label.shape[1] > 1:
        known = np.isin(label, (0, 1)).all() and (label.sum(axis=1) == 1).all()
    else:
        known = label.ndim in (1, 2) and label.dtype.kind in "iu"
    return tensors.label(x).numpy() if known else None


def label_input(graph: keras.Model, h: Any, label: Any, what: str) -> int:
    """The number of the input that takes the label, of a graph of two inputs."""
    fitting = [
        i
        for i in (0, 1)
        if _fits(graph.inputs[i], label) and _fits(graph.inputs[1 - i], h)
    ]
    if len(fitting) == 2:
        named = [i for i in fitting if _is_named(graph.inputs[i])]
        fitting = named if len(named) == 1 else fitting
    if len(fitting) == 1:
        return fitting[0]
    told = " and ".join(f"{t.name!r} {_spelled(t.shape)}" for t in graph.inputs)
    given = f"{_spelled(h.shape)} and a label {_spelled(label.shape)}"
    if fitting:
        raise ValueError(
            f"the {what}'s inputs {told} could either be the label: call one 'label', "
            "as keras.Input(shape, name='label')"
        )
    raise ValueError(
        f"the {what} takes {told}, which {given} of {label.dtype.name} do not fit: "
        "give a prior of its shapes, as tc.priors.labelled(tc.priors.normal(16), 10) "
        "or with one_hot=True"
    )


def calls(
    net: keras.layers.Layer, h: Any, label: Any, what: str, *, on: bool
) -> handing.HandOn | None:
    """The net as it takes (h, label), found by its inputs or by trying; else None."""
    graph = unfolding.graph_of(net)
    if graph is not None:
        if len(graph.inputs) != 2:
            return None
        order = ("h", "label") if label_input(graph, h, label, what) else ("label", "h")
        return handing.HandOn(net, _spelled_as(graph, order), on=on)
    for give, apart in _GUESSES:
        guess = handing.HandOn(net, give, apart=apart, on=on)
        if called(guess, (h, label)) is not None:
            return guess
    return None


def called(net: Any, x: Any) -> Any:
    """What a net makes of x, or None where it cannot take it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Keras warns of a structure before it fails
            return net(x, training=False)
    except Exception:  # whatever somebody's net may raise
        return None


def _spelled_as(graph, order):
    struct = graph._inputs_struct
    if isinstance(struct, dict):
        names = sorted(struct)  # as Keras flattens them
        return dict(zip(names, order))
    return order


def _fits(tensor, leaf):
    wanted, given = tuple(tensor.shape[1:]), tuple(leaf.shape[1:])
    alike = len(wanted) == len(given) and all(
        a is None or a == b for a, b in zip(wanted, given)
    )
    whole = "float" not in keras.backend.standardize_dtype(tensor.dtype)
    if whole and leaf.dtype.is_floating and not is_label(leaf):
        return False
    return alike or wanted == (*given, 1)


def _is_named(tensor):
    return any(word in tensor.name.lower() for word in _WORDS)


def _spelled(shape):
    return f"[{', '.join(map(str, ['batch', *shape[1:]]))}]"
