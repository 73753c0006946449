"""Cutting anybody's Keras model at named layers."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import keras

from tf_collab import names
from tf_collab.models import endings, layered

__all__ = ["split"]


class Step(NamedTuple):
    """One use of an operation in the model's graph."""

    name: str
    outputs: list  # its tensors
    inputs: frozenset  # the steps whose tensors it takes, by key


def split(model: keras.Model, at: Sequence[str | int]) -> layered.LayeredModel:
    """A built Sequential or Functional model, cut behind the layers named in `at`.

    Layer l is the output of `at[l - 1]`, layer 0 the input and the last one the
    model's output. Weights are shared with the model. Names are those of the model's
    own layers: a layer inside a nested model cannot be named. A number stands for the
    layer `model.layers[number]`. A cut must be all that the rest of the model sees, so
    one that a skip connection jumps over is refused.

    Examples:
        >>> hidden = keras.layers.Dense(4, "relu", name="hidden")
        >>> g = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(3)])
        >>> g = tc.models.split(g, at=["hidden"])
        >>> g.depth  # layers: 0 is z, 1 hidden, 2 x
        2
        >>> g.encode(np.zeros([5, 2]), to=1).shape
        TensorShape([5, 4])
    """
    graph = _graph_of(model)
    names_at = names_of(model, at)
    steps = steps_of(graph)
    keys = [find(name, steps) for name in names_at]
    for i, key in enumerate(keys):
        check_order(key, keys[:i], steps)
        check_jumps(key, steps, graph)
    cuts = [unwrapped(steps[key].outputs) for key in keys]
    edges = [graph.input, *cuts, graph.output]
    return layered.LayeredModel(
        [keras.Model(*ends) for ends in itertools.pairwise(edges)],
        layer_names=[steps[key].name for key in keys],
        name=model.name,
    )


def names_of(model: keras.Model, at: Sequence[str | int]) -> list[str]:
    """The names of the layers that are named or numbered."""
    if isinstance(at, (str, int)) or not isinstance(at, Iterable):
        raise ValueError(
            f"at is a list of layers' names or numbers, as at=[{at!r}], not "
            f"{type(at).__name__}"
        )
    return [each if isinstance(each, str) else _numbered(model, each) for each in at]


def _numbered(model, number):
    layers = model.layers
    if isinstance(number, bool) or number not in range(-len(layers), len(layers)):
        raise ValueError(
            f"at has names, or numbers below {len(layers)}, which is how many layers "
            f"the model has, and not {number!r}"
        )
    return layers[number].name


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
    if not endings.is_functional(model):
        raise ValueError(
            f"{type(model).__name__} is not a Sequential or Functional model, so "
            "nobody can see its layers: use LayeredModel([model]), or "
            "LayeredModel([trunk, head]) if it is made of parts"
        )
    return model


def steps_of(model):
    """The graph, by key, in an order in which it can run."""
    steps = {}
    stack = [(key_of(tensor), False) for tensor in model.outputs]
    while stack:  # depth first, without recursion: nets are deep
        key, done = stack.pop()
        if key in steps:
            continue
        operation, index = key
        node = operation._inbound_nodes[index]
        inputs = frozenset(key_of(tensor) for tensor in node.input_tensors)
        missing = [(k, False) for k in inputs if k not in steps]
        if done or not missing:
            steps[key] = Step(operation.name, node.output_tensors, inputs)
        else:
            stack += [(key, True), *missing]
    return steps


def key_of(tensor):
    """By which a symbolic tensor's step is known: its operation, and which use."""
    operation, index, _ = tensor._keras_history
    return operation, index


def find(name, steps):
    """The key of the one step of that name."""
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


def check_order(key, earlier, steps):
    """ValueError unless a cut comes after the earlier ones."""
    name = steps[key].name
    if key in earlier:
        raise ValueError(f"layer {name!r} is named twice in at")
    if not steps[key].inputs:
        raise ValueError(
            f"layer {name!r} is the model's input, which is layer 0 already: leave it "
            "out of at"
        )
    before = before_of(key, steps)
    for other in earlier:
        if other not in before:
            raise ValueError(
                f"layer {name!r} does not come after {steps[other].name!r}, so at is "
                "out of order"
            )


def check_jumps(key, steps, graph, free=frozenset()):
    """ValueError unless all that follows sees of the rest is this step, and `free`."""
    outputs = {key_of(tensor) for tensor in graph.outputs}
    name, before = steps[key].name, before_of(key, steps) - free
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
    early = before | {k for k in steps if not steps[k].inputs and k not in free}
    for k in [k for k in steps if k not in before | free and k != key]:
        for source in steps[k].inputs & early:
            raise ValueError(
                f"the cut at {name!r} is jumped over: {steps[k].name!r} takes the "
                f"output of {steps[source].name!r} directly; cut where the two ways "
                "have met"
            )


def before_of(key, steps):
    """All that a step is made of."""
    seen: set[tuple[keras.Operation, int]] = set()
    stack = [key]
    while stack:
        new = steps[stack.pop()].inputs - seen
        seen |= new
        stack += new
    return seen


def unwrapped(tensors):
    return tensors[0] if len(tensors) == 1 else list(tensors)
