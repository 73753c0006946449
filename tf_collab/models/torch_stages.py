"""The stages of a PyTorch net as one module, whose weights can be put in place."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

__all__ = ["runner"]


def runner(net: Any) -> Any:
    """The net's stages as a module, whose weights can be put in its place."""
    import torch

    class Runner(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net.module

        def forward(
            self,
            x: Any,
            inputs: Sequence[Any],
            first: int,
            last: int | None,
            whole: bool = True,
        ) -> Any:
            leaves = [net.axes.to_torch(v) for v in inputs]
            if first == 0:
                leaves = [net.axes.as_pixels(v) for v in leaves]
            h = tf.nest.pack_sequence_as(x, leaves)
            last = len(net.stages) if last is None else last
            if whole and (first, last) == (0, len(net.stages)):
                h = _applied(self.net, h)
            else:
                for stage in net.stages[first:last]:
                    for step in stage:
                        h = _applied(step, h)
            if last == len(net.stages) and net.pick is not None:
                h = h[net.pick]
            return tf.nest.map_structure(net.axes.of_torch, h)

    return Runner()


def _applied(module: Any, x: Any) -> Any:
    if isinstance(x, dict):
        return module(**x)
    return module(*x) if isinstance(x, (tuple, list)) else module(x)
