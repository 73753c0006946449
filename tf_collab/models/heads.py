"""Which of D's outputs is its score, and how that is read: seen on a few samples."""

import reprlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from tf_collab.models import adapters, unfolding

__all__ = ["read"]

_SOFTMAXES = (keras.activations.softmax, keras.ops.softmax)


def read(
    d: keras.layers.Layer,
    out: Any,
    *,
    pick: int | str | None = None,
    probability: bool | None = None,
    ratio: bool = True,
    unseen: bool | None = None,
) -> tuple[Any, str]:
    """The function from D's output to scores [batch], and what the score is in words.

    `out` is what d gives for a few samples. `pick` is the number or the name of the
    output, or of two columns the one for reals. `probability` None finds out whether D
    ends in a sigmoid, and `unseen` is the answer where nobody can see it. With `ratio`
    the objective reads scores as log ratios.
    """
    heads = _heads(d, out)
    if len(heads) > 1:
        if pick not in heads or isinstance(pick, bool):
            count = len(keras.tree.flatten(out))
            parts = list(heads.items())[-count:]  # by name where they have names
            told = ", ".join(f"{key!r} {_shape(v)}" for key, v in parts)
            raise ValueError(
                f"the discriminator gives {count} outputs, {told}: give "
                f"pick= with the one that tells real from fake, not "
                f"{reprlib.repr(pick)}"
            )
        where, pick = list(heads).index(pick), None
        # Of a list, a name counts as its number.
        where = where % len(keras.tree.flatten(out))
    else:
        where = 0
    alone = keras.tree.flatten(out)[where]
    ending = _ending(d, where)
    shape = tuple(getattr(alone, "shape", ()))
    if len(shape) == 2 and shape[1] == 2:
        column, why = _columns(alone, ending, pick, probability)
        return lambda out: column(keras.tree.flatten(out)[where]), why
    if pick is not None:
        raise ValueError(
            f"pick={reprlib.repr(pick)} is for a discriminator of several outputs, "
            "or of two columns, and this one gives one score: leave it out"
        )
    adapters.check_shape(shape)
    as_probability, why = _probability(alone, ending, probability, ratio, unseen)
    score = adapters.score_of_probability if as_probability else adapters.score
    if len(shape) > 1 and np.prod(shape[1:]) > 1:
        why += f", the mean of {int(np.prod(shape[1:]))} patches"
    return lambda out: score(keras.tree.flatten(out)[where]), why


def _heads(d, out):
    """Key or number -> output; a list may be known by its layers' names too."""
    if isinstance(out, Mapping):
        return dict(sorted(out.items()))
    if not isinstance(out, (list, tuple)):
        return {0: out}
    heads = dict(enumerate(out))
    names = getattr(d, "output_names", None)
    if len(heads) > 1 and names and len({*names}) == len(out):
        heads |= dict(zip(names, out))
    return heads


def _ending(d, where):
    """The last operation that can be seen before an output."""
    graph = unfolding.graph_of(d)
    if graph is None:
        return d
    operation, index, _ = graph.outputs[where]._keras_history
    passing = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Dropout)
    while isinstance(operation, passing):
        source = operation._inbound_nodes[index].input_tensors[0]
        operation, index, _ = source._keras_history
    return operation if unfolding.graph_of(operation) is None else _ending(operation, 0)


def _probability(alone, ending, probability, ratio, unseen):
    seen = adapters.ends_in_sigmoid(ending)
    values = np.asarray(alone, "float64")
    within = values.min() >= 0 and values.max() <= 1
    if probability is None:
        if seen and not ratio:
            raise ValueError(
                "the discriminator ends in a sigmoid, and this objective's score is "
                "not a logit: give probability=True to take the logit for the score "
                "even so, or False to take the probability itself"
            )
        if seen is None and unseen is None and within:
            raise ValueError(
                "nobody can see whether the discriminator ends in a sigmoid, and its "
                f"scores lie between {values.min():.2g} and {values.max():.2g}: give "
                "probability=True if they are probabilities, else False"
            )
        probability = bool(unseen if seen is None else seen)
    elif probability and (seen is False or not within):
        raise ValueError(
            "probability=True is for a discriminator that ends in a sigmoid, and this "
            "one does not: leave it out"
        )
    elif not probability and seen and ratio:
        raise ValueError(
            "probability=False, but the discriminator ends in a sigmoid, and this "
            "objective reads its score as a logit: leave it out"
        )
    if probability:
        return True, "the logit of D's sigmoid"
    return False, "D's output as it is"


def _columns(alone, ending, pick, probability):
    if pick not in (0, 1) or isinstance(pick, bool):
        raise ValueError(
            "the discriminator gives two columns: give pick=0 or pick=1, the column "
            f"for reals, not {reprlib.repr(pick)}"
        )
    values = np.asarray(alone, "float64")
    sums = np.allclose(values.sum(axis=1), 1, atol=1e-3) and values.min() >= 0
    curve = getattr(ending, "activation", None)
    shares = curve in _SOFTMAXES or type(ending).__name__ == "Softmax" or sums
    if probability is not None and probability != shares:
        raise ValueError(
            f"probability={probability}, but the two columns of the discriminator "
            f"{'add' if shares else 'do not add'} up to 1: leave it out"
        )

    def column(out):
        out = keras.ops.cast(out, "float32")
        if shares:
            out = keras.ops.log(keras.ops.clip(out, adapters.LEAST, 1.0))
        return out[:, pick] - out[:, 1 - pick]

    of = "logs" if shares else "logits"
    return column, f"the {of} of D's column {pick} less those of the other"


def _shape(out):
    return f"[{', '.join(['batch', *map(str, out.shape[1:])])}]"
