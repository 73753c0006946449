"""The mode that a PyTorch module runs in, and the seed of what it draws."""

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["is_batch_norm", "mode", "seeded"]


@contextlib.contextmanager
def mode(module: Any, name: str) -> Iterator[None]:
    """Inside, the module is in that mode; afterwards it is in its own again."""
    before = [(part, part.training) for part in module.modules()]
    module.train(name == "train")
    if name == "batch":
        for part, _ in before:
            if is_batch_norm(part):
                part.training = True
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


@contextlib.contextmanager
def seeded(seed: Any) -> Iterator[None]:
    """Inside, torch's random numbers are those of a seed [], if there is one."""
    import torch

    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(int(seed))
        yield


def is_batch_norm(part: Any) -> bool:
    import torch

    return isinstance(part, torch.nn.modules.batchnorm._BatchNorm)
