"""Cutting anybody's Keras model at named layers."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import keras

from tf_collab import names
from tf_collab.models import layered

__all__ = ["split"]


class _Step(NamedTuple):
    """One use of an operation in the model's graph."""

    name: str
    outputs: list  # its tensors
    inputs: frozenset  # the steps whose tensors it takes, by key


def split(model: keras.Model, at: Sequence[str]) -> layered.LayeredModel:
    """A built Sequential or Functional model, cut behind the layers named in `at`.

    Layer l is the output of `at[l - 1]`, layer 0 the input and the last one the
    model's output. Weights are shared with the model. Names are those of the model's
    own layers: a layer inside a nested model cannot be named. A cut must be all that
    the rest of the model sees, so one that a skip connection jumps over is refused.

    Examples:
        >>> hidden = keras.layers.Dense(4, "relu", name="hidden")
        >>> g = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(3)])
        >>> g = tc.models.split(g, at=["hidden"])
        >>> g.depth  # layers: 0 is z, 1 hidden, 2 x
        2
        >>> g.encode(np.zeros([5, 2]), to=1).shape
        TensorShape([5, 4])
    """
    if isinstance(at, str):
        raise ValueError(f"at is a list of layer names, as at=[{at!r}], not a string")
    graph = _graph_of(model)
    steps = _steps(graph)
    keys = [_find(name, steps) for name in at]
    for i, key in enumerate(keys):
        _check(key, keys[:i], steps)
        _check_jumps(key, steps, {_key(tensor) for tensor in graph.outputs})
    cuts = [_unwrapped(steps[key].outputs) for key in keys]
    edges = [graph.input, *cuts, graph.output]
    return layered.LayeredModel(
        [keras.Model(*ends) for ends in itertools.pairwise(edges)],
        layer_names=[steps[key].name for key in keys],
        name=model.name,
    )


def _graph_of(model):
    if not isinstance(model, keras.Model):
        raise ValueError(f"split cuts a Keras model, not {type(model).__name__}")
    if isinstance(model, keras.Sequential) and not model.built:
        raise ValueError(
            f"the Sequential {model.name!r} has no shapes to cut along yet: call it "
            "once on a batch, or start it with keras.Input"
        )
    plain = type(model).call is keras.Sequential.call
    if isinstance(model, keras.Sequential) and plain and hasattr(model, "inputs"):
        return keras.Model(model.inputs[0], model.outputs[0])
    if not layered.is_functional(model):
        raise ValueError(
            f"{type(model).__name__} is not a Sequential or Functional model, so "
            "nobody can see its layers: use LayeredModel([model]), or "
            "LayeredModel([trunk, head]) if it is made of parts"
        )
    return model


def _steps(model):
    """The graph, by key, in an order in which it can run."""
    steps = {}
    stack = [(_key(tensor), False) for tensor in model.outputs]
    while stack:  # depth first, without recursion: nets are deep
        key, done = stack.pop()
        if key in steps:
            continue
        operation, index = key
        node = operation._inbound_nodes[index]
        inputs = frozenset(_key(tensor) for tensor in node.input_tensors)
        missing = [(k, False) for k in inputs if k not in steps]
        if done or not missing:
            steps[key] = _Step(operation.name, node.output_tensors, inputs)
        else:
            stack += [(key, True), *missing]
    return steps


def _key(tensor):
    operation, index, _ = tensor._keras_history
    return operation, index


def _find(name, steps):
    found = [key for key, step in steps.items() if step.name == name]
    if not found:
        within = [step.name for step in steps.values() if step.inputs]
        raise ValueError(
            f"the model has no layer {name!r} at its top level, where it has "
            f"{names.known(name, within)}"
        )
    if len(found) > 1:
        raise ValueError(
            f"layer {name!r} is used {len(found)} times in the model, so it names no "
            "one place to cut at"
        )
    return found[0]


def _check(key, earlier, steps):
    name = steps[key].name
    if key in earlier:
        raise ValueError(f"layer {name!r} is named twice in at")
    if not steps[key].inputs:
        raise ValueError(
            f"layer {name!r} is the model's input, which is layer 0 already: leave it "
            "out of at"
        )
    before = _before(key, steps)
    for other in earlier:
        if other not in before:
            raise ValueError(
                f"layer {name!r} does not come after {steps[other].name!r}, so at is "
                "out of order"
            )


def _check_jumps(key, steps, outputs):
    name, before = steps[key].name, _before(key, steps)
    if outputs == {key}:
        raise ValueError(
            f"layer {name!r} is the model's output, which is the last layer already: "
            "leave it out of at"
        )
    for k in outputs & (before | {key}):
        raise ValueError(
            f"the cut at {name!r} is jumped over: {steps[k].name!r} is an output of "
            "the model itself, and no later layer gives it"
        )
    early = before | {k for k in steps if not steps[k].inputs}
    for k in [k for k in steps if k not in before and k != key]:
        for source in steps[k].inputs & early:
            raise ValueError(
                f"the cut at {name!r} is jumped over: {steps[k].name!r} takes the "
                f"output of {steps[source].name!r} directly; cut where the two ways "
                "have met"
            )


def _before(key, steps):
    seen: set[tuple[keras.Operation, int]] = set()
    stack = [key]
    while stack:
        new = steps[stack.pop()].inputs - seen
        seen |= new
        stack += new
    return seen


def _unwrapped(tensors):
    return tensors[0] if len(tensors) == 1 else list(tensors)
