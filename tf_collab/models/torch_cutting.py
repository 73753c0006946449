"""A PyTorch generator that can be cut between its children."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tf_collab import errors, names, tensors
from tf_collab.models import (
    adapters,
    layered,
    torch_bridge,
    torch_children,
    torch_nets,
)

__all__ = ["TorchChain", "torch_chain"]


class TorchChain(layered.LayeredModel):
    """A module in stages; however many of them are asked for, they are one call."""

    def __init__(
        self,
        layer: torch_nets.TorchLayer,
        *,
        layer_names: Sequence[str | None] | None = None,
        name: str | None = None,
    ):
        stages = [
            functools.partial(layer.through, first=i, last=i + 1)
            for i in range(layer.depth)
        ]
        super().__init__(stages, layer_names=layer_names, name=name)
        self.layer = layer
        self.autocast = False  # the layer casts by itself

    def _through(self, x, first, last, training):
        with errors.explained(self.layer, x, name=self.name, layer=first):
            return self.layer.through(x, first, last, training=training)

    def score_slope(
        self, h: Any, *, from_: int, discriminator: Any
    ) -> tuple[Any, tf.Tensor, tf.Tensor] | None:
        """x, D's scores [batch] and each one's gradient by its h, as one call of torch.

        In inference mode. None where D is not a PyTorch module that gives one number a
        sample, or h is not one array of floats.
        """
        judge, ending = _judge(discriminator)
        if judge is None or not tf.is_tensor(h) or not h.dtype.is_floating:
            return None
        part = self.layer.part(h, from_, self.depth)
        like = tf.nest.pack_sequence_as(part.structure, part.outputs)
        judging = judge.part(like, 0, judge.depth)
        patches = ending is adapters.score
        if not _is_number(judging, patches):
            return None
        n = len(self.layer.tensors())
        (told,) = judging.outputs
        size = told.shape[1:] if told.shape[1:].num_elements() == 1 else []
        outputs = [
            *part.outputs,
            tf.TensorSpec([h.shape[0], *size], told.dtype),
            tf.TensorSpec(h.shape, h.dtype),
        ]

        def fn(h, *state):
            import torch

            with torch.enable_grad():
                h = h.detach().requires_grad_()
                x = part.fn(h, *state[:n])
                (out,) = judging.fn(*x, *state[n:])
                out = out.reshape([len(out), -1]).mean(1).reshape([len(out), *size])
                if not out.requires_grad:
                    return [*x, out, torch.zeros_like(h)]
                return [*x, out, *torch.autograd.grad(out.sum(), h)]

        *x, out, slope = torch_bridge.crossed(
            fn, [h, *self.layer.tensors(), *judge.tensors()], outputs
        )
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(out)
            score = ending(out)
        by_out = tf.reshape(tape.gradient(score, out), [-1])
        slope *= tensors.expand(tf.cast(by_out, slope.dtype), slope)
        return tf.nest.pack_sequence_as(part.structure, x), score, slope

    def get_config(self) -> dict[str, Any]:
        return {
            "layer": self.layer.get_config(),
            "layer_names": self.layer_names[1:-1],
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TorchChain":
        layer = torch_nets.TorchLayer.from_config(config.pop("layer"))
        return cls(layer, **config)


def _judge(d):
    """A discriminator's torch layer, and what makes scores of its output."""
    if isinstance(d, torch_nets.TorchLayer):
        return (None if d.batch_statistics else d), tf.identity
    if type(d) is not layered.LayeredModel:
        return None, None
    layer, *rest = d.stages
    torch_first = isinstance(layer, torch_nets.TorchLayer) and not (
        layer.batch_statistics
    )
    if (
        not torch_first
        or len(rest) > 1
        or any(isinstance(part, keras.layers.Layer) for part in rest)
    ):
        return None, None
    return layer, (rest[0] if rest else tf.identity)


def _is_number(part, patches):
    if len(part.outputs) != 1 or not part.outputs[0].dtype.is_floating:
        return False
    return patches or part.outputs[0].shape[1:].num_elements() == 1


def torch_chain(
    module: Any,
    z: Any,
    *,
    at: Sequence[str] | None = None,
    channels_first: bool | None = None,
    name: str | None = "generator",
) -> TorchChain:
    """A PyTorch generator with layers, cut behind the children named in `at`.

    z is a batch of latents. Without `at` an `nn.Sequential` is cut behind each
    activation, and so is a module that is seen to call its children one after another;
    any other has the layers 0 and 1. Names are those of `module.named_modules()`, as
    "main.2"; a Sequential within is looked into, other modules are not. Weights and
    the order of axes are those of `torch_layer`.
    """
    known = torch_children.children(module, z, channels_first=channels_first)
    if known is None and at:
        raise ValueError(
            f"{type(module).__name__} does more than call its children one after "
            "another, so nobody can see where to cut it: leave at out, for the layers "
            "0 and 1, or write it as an nn.Sequential, with nn.Unflatten where it "
            "calls view"
        )
    if known is not None and at is None:
        at = [own for own, part in known[:-1] if _activates(part)]
    if known is None or not at:
        return _chain(module, None, None, channels_first, name)
    _check(at, [own for own, _ in known], module)
    stages: list[list[Any]] = [[]]
    for own, part in known:
        stages[-1].append(part)
        if own in at:
            stages.append([])
    return _chain(module, stages, at, channels_first, name)


def _chain(module, stages, layer_names, channels_first, name):
    layer = torch_nets.TorchLayer(module, stages=stages, channels_first=channels_first)
    return TorchChain(layer, layer_names=layer_names, name=name)


def _activates(part):
    from torch import nn

    return type(part).__module__ == nn.ReLU.__module__ and not isinstance(
        part, nn.MultiheadAttention
    )


def _check(at, children, module):
    if isinstance(at, str):
        raise ValueError(f"at is a list of names, as at=[{at!r}], not a string")
    for name in at:
        if name not in children:
            raise ValueError(
                f"{type(module).__name__} has no child {name!r} that it can be cut "
                f"behind, but {names.known(name, children)}"
            )
        if name == children[-1]:
            raise ValueError(
                f"{name!r} gives the output, which is the last layer already: leave it "
                "out of at"
            )
    if [*at] != [name for name in children if name in at]:
        raise ValueError(f"at is in the order of the children, {children}, not {at}")
