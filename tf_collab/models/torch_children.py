"""Which children a PyTorch module calls one after another."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_collab.models import torch_bridge, torch_modes, torch_modules

__all__ = ["children"]

# To which a chain of children repeats the module: kernels may sum in another order.
SLACK = 1e-4


def children(
    module: Any, x: Any, *, channels_first: bool | None = None
) -> list[tuple[str, Any]] | None:
    """Names and modules that a module calls one after another, nothing between.

    A Sequential is looked into, anything else is not. None where they do not give for x
    what the module gives.
    """
    from torch import nn

    def flat(part: Any, path: str) -> Iterator[tuple[str, Any]]:
        if type(part).forward is nn.Sequential.forward:
            for name, child in part.named_children():
                yield from flat(child, f"{path}{name}.")
        else:
            yield path.removesuffix("."), part

    if type(module).forward is nn.Sequential.forward:
        return [*flat(module, "")]
    named = module.named_children()
    known = [found for name, child in named for found in flat(child, f"{name}.")]
    net = torch_modules.Net(module, [[part] for _, part in known], channels_first)
    return known if known and _repeats(net, x) else None


def _repeats(net: torch_modules.Net, x: Any) -> bool:
    """Whether the stages one after another give for x what the module gives."""
    import torch

    given = [tf.convert_to_tensor(leaf).numpy() for leaf in tf.nest.flatten(x)]
    joined = [torch_bridge.of_numbers(leaf.copy()) for leaf in given]
    with torch_bridge.LOCK, torch.no_grad(), torch_modes.mode(net.module, "eval"):
        try:
            # The module itself: one stage may be all of it, or none.
            whole = net.runner(x, [v.clone() for v in joined], 0, None)
            h = x
            for i in range(len(net.stages)):
                h = net.runner(h, joined, i, i + 1, whole=False)
                joined = tf.nest.flatten(h)
            tf.nest.assert_same_structure(whole, h)
        except Exception:  # whatever a child may say to what is not meant for it
            return False
    pairs = zip(tf.nest.flatten(whole), joined)
    return all(
        a.shape == b.shape and bool(((a - b).abs() <= SLACK * a.abs().max()).all())
        for a, b in pairs
    )
