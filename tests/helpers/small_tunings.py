"""Tunings of few samples, and no graphs, which are compiled for thousands of steps."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import tensorflow as tf

__all__ = ["CALLS", "FEW", "tunings_of"]

CALLS = 60_000
# Sizes that so many calls pay for.
FEW = {"batch": 80, "FEWEST": 20, "MOST": 60, "STEPS": 3, "LOOKS": 2}


@contextlib.contextmanager
def tunings_of(*, batch: int, **sizes: Any) -> Iterator[None]:
    """Everything is done as it is, `sizes` of `front.plan` and batches apart."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sizes.items():
            patch.setattr(f"tf_collab.front.plan.{name}", value)
        patch.setattr("tf_collab.front.verdict.FEWEST", 10)
        patch.setattr("tf_collab.front.moves.BATCH", batch)
        tf.config.run_functions_eagerly(True)
        yield
        tf.config.run_functions_eagerly(False)
