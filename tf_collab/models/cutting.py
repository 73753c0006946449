"""Cuts any Keras model at named layers."""

import itertools
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import keras

from tf_collab import names
from tf_collab.models import endings, layered

__all__ = ["split"]


# One use of an operation: the operation, and which of its uses.
Key = tuple[keras.Operation, int]


class Step(NamedTuple):
    """One use of an operation in the model's graph."""

    name: str
    outputs: list  # the tensors that it gives
    inputs: frozenset  # the keys of the steps whose tensors it takes


def split(model: keras.Model, at: Sequence[str | int]) -> layered.LayeredModel:
    """A built Sequential or Functional model, cut behind the layers named in `at`.

    Layer 0 is the input, layer l the output of `at[l - 1]`, and the last layer the
    output of the model. Weights are shared with the model. The names are those of the
    model's own layers, not of layers inside a nested model; a number stands for
    `model.layers[number]`. The rest of the model may take nothing but the layer of the
    cut. Raises ValueError if a skip connection jumps over a cut, if a name or number is
    unknown or out of order, or if the graph of the model cannot be seen.

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
    """The names of the layers that `at` names or numbers.

    Raises ValueError if `at` is not a list, or if a number is out of range.
    """
    if isinstance(at, (str, int)) or not isinstance(at, Iterable):
        raise ValueError(
            f"at must be a list of layers' names or numbers, as at=[{at!r}], not "
            f"{type(at).__name__}"
        )
    return [each if isinstance(each, str) else _numbered(model, each) for each in at]


def _numbered(model: keras.Model, number: int) -> str:
    layers = model.layers
    if isinstance(number, bool) or number not in range(-len(layers), len(layers)):
        raise ValueError(
            f"numbers in at must be below {len(layers)}, the number of layers of the "
            f"model, not {number!r}"
        )
    return layers[number].name


def _graph_of(model: keras.Model) -> keras.Model:
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
            "its layers cannot be seen: use LayeredModel([model]), or "
            "LayeredModel([trunk, head]) if it is made of parts"
        )
    return model


def steps_of(model: keras.Model) -> dict[Key, Step]:
    """The steps of a graph by key, in an order in which they can run."""
    steps = {}
    stack = [(key_of(tensor), False) for tensor in model.outputs]
    while stack:  # depth first, and without recursion because nets are deep
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


def key_of(tensor: keras.KerasTensor) -> Key:
    """The key of the step that gives a symbolic tensor."""
    operation, index, _ = tensor._keras_history
    return operation, index


def find(name: str, steps: dict[Key, Step]) -> Key:
    """The key of the step named `name`; raises ValueError unless there is one."""
    uses = [key for key, step in steps.items() if step.name == name]
    if not uses:
        within = [step.name for step in steps.values() if step.inputs]
        raise ValueError(
            f"the model has no layer {name!r} at its top level, where it has "
            f"{names.known(name, within)}"
        )
    if len(uses) > 1:
        raise ValueError(
            f"layer {name!r} is used {len(uses)} times in the model, so it does not "
            "name one place to cut at"
        )
    return uses[0]


def check_order(key: Key, earlier: Sequence[Key], steps: dict[Key, Step]) -> None:
    """Raises ValueError unless a cut comes after the earlier ones."""
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


def check_jumps(
    key: Key,
    steps: dict[Key, Step],
    graph: keras.Model,
    free: AbstractSet[Key] = frozenset(),
) -> None:
    """Raises ValueError if a later step takes anything earlier but `key` or `free`."""
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
                f"output of {steps[source].name!r} directly; cut behind the layer in "
                "which the two paths meet"
            )


def before_of(key: Key, steps: dict[Key, Step]) -> set[Key]:
    """The keys of all steps that a step depends on."""
    seen: set[Key] = set()
    stack = [key]
    while stack:
        new = steps[stack.pop()].inputs - seen
        seen |= new
        stack += new
    return seen


def unwrapped(tensors: Sequence) -> Any:
    """A single tensor alone, several as a list."""
    return tensors[0] if len(tensors) == 1 else list(tensors)
