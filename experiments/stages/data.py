"""The data of a run: reals in an order of chance, which stay what they were.

Every phase records their digest.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from experiments.cli import errors
from experiments.rundir import run_folder

__all__ = ["check", "record", "shuffled"]

_KEY = "data (sha256)"


def shuffled(rows: Any, seed: tf.Tensor) -> np.ndarray:
    """Rows of an array in an order of chance: data often come sorted by class."""
    indices = tf.range(len(rows))
    return rows[tf.random.experimental.stateless_shuffle(indices, seed).numpy()]


def record(digest: str | None) -> dict[str, str]:
    """What a phase records of the data that it stands on, which may be drawn."""
    return {} if digest is None else {_KEY: digest[:16]}


def check(run: run_folder.Run | None, config: Any, digest: str | None) -> None:
    """Refuses data other than those with which the phases of `run`, if any, began."""
    if run is None:
        return
    now = record(digest)
    for phase, begun in run.phases.items():
        if now and begun.get(_KEY, now[_KEY]) != now[_KEY]:
            given = f"--dataset={config.dataset}"
            if config.data_dir is not None:
                given += f" --data_dir={config.data_dir}"
            raise errors.Refused(
                f"{given} has other files than those with which {phase} in "
                f"{str(run.workdir)!r} was begun (some were added, removed, renamed or "
                "changed): bring those back, or give another --workdir"
            )
