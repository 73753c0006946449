"""A generator cut wherever it bends: behind all activations that no way jumps over."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras

from tf_collab.models import cutting, handing, layered, unfolding

__all__ = ["cut"]


def cut(
    model: keras.Model,
    z: Any,
    x: Any,
    at: Sequence[str | int] | None = None,
    *,
    label: int | None = None,
) -> tuple[layered.LayeredModel | None, list[str]]:
    """The model in stages, and sentences on how it was cut; None if it has no graph.

    z [batch, ...] are latents of its own structure and x what it makes of them. `label`
    is the number of the input that is one: stages then take (h, label), hand the label
    on, and begin with (z, label) in this order.
    """
    known = unfolding.graph_of(model)
    whole = known if known is not None else unfolding.traced(model, z)
    if whole is None:
        return None, []
    graphs = [
        graph for graph in (unfolding.unfolded(whole), whole) if _same(graph, z, x)
    ]
    if not graphs:
        return None, []
    if at is None:
        graph = graphs[0]
        keys, jumped = _bends(graph, label)
    else:
        wanted, jumped = cutting.names_of(model, at), []
        graph = next((g for g in graphs if _has(g, wanted)), graphs[0])
        keys = _asked(graph, wanted, label)
    told = []
    if jumped:
        told = [f"layers that another way jumps over are not cut at: {_list(jumped)}"]
    if known is None:
        told.append("the generator was found to be a chain of its layers")
    return _stages(graph, keys, label, model.name), told


def _same(graph, z, x):
    return graph is not None and unfolding.alike(graph(z, training=False), x)


def _has(graph, wanted):
    return {*wanted} <= {step.name for step in cutting.steps_of(graph).values()}


def _list(found):
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if found[5:] else "")


def _free(graph, steps, label):
    """What is made of the label alone, which every stage is given."""
    if label is None:
        return frozenset()
    own = cutting.key_of(graph.inputs[label])
    roots = {key for key in steps if not steps[key].inputs} - {own}
    return frozenset(
        k for k in steps if k not in roots and not cutting.before_of(k, steps) & roots
    )


def _bends(graph, label):
    """The keys of all cuts that can be made, and the names of those that cannot.

    Where some cannot, since a way jumps over them, additions that end such ways can.
    """
    steps = cutting.steps_of(graph)
    free = _free(graph, steps, label)
    last = {cutting.key_of(tensor) for tensor in graph.outputs}
    names = [step.name for step in steps.values()]
    keys, jumped, sums = [], [], set()
    for key, step in steps.items():
        bent, added = unfolding.bends(key[0]), type(key[0]).__name__ == "Add"
        if key in free | last or not step.inputs or not (bent or added):
            continue
        try:
            cutting.check_jumps(key, steps, graph, free)
        except ValueError:
            jumped += [step.name] if bent else []
            continue
        if names.count(step.name) == 1:
            keys.append(key)
            sums |= set() if bent else {key}
    return [key for key in keys if jumped or key not in sums], jumped


def _asked(graph, wanted, label):
    steps = cutting.steps_of(graph)
    free = _free(graph, steps, label)
    keys = [cutting.find(name, steps) for name in wanted]
    for i, key in enumerate(keys):
        cutting.check_order(key, keys[:i], steps)
        cutting.check_jumps(key, steps, graph, free)
    return keys


def _stages(graph, keys, label, name):
    steps = cutting.steps_of(graph)
    between = [cutting.unwrapped(steps[key].outputs) for key in keys]
    if label is None:
        edges = [graph.input, *between, graph.output]
        stages = [keras.Model(*ends) for ends in itertools.pairwise(edges)]
    else:
        edges = [graph.inputs[1 - label], *between, graph.outputs[0]]
        stages = [
            _stage(*ends, graph.inputs[label], steps)
            for ends in itertools.pairwise(edges)
        ]
    called = [steps[key].name for key in keys]
    return layered.LayeredModel(stages, layer_names=called, name=name)


def _stage(h, out, label, steps):
    """From one cut to the next; the label is given where it is taken."""
    own, stack = cutting.key_of(label), [cutting.key_of(out)]
    seen = {cutting.key_of(h)}
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack += steps[key].inputs
    if own in seen:
        model = keras.Model([h, label], out)
        # Keras cannot save a model of which some inputs are another model's: anew.
        inputs = [keras.Input(batch_shape=t.shape, dtype=t.dtype) for t in (h, label)]
        anew = keras.Model(inputs, model._run_through_graph(inputs))
        return handing.HandOn(anew, ("h", "label"))
    return handing.HandOn(keras.Model(h, out), ("h",))
