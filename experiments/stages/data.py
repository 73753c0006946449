"""What a GAN learns: reals in an order of chance, and how samples are judged by them.

Every phase records their digest, so that they stay what they were.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import run_folder
from tf_collab import metrics, tensors

__all__ = [
    "Task",
    "check",
    "count",
    "record",
    "refuse_others",
    "shuffled",
    "taken",
    "without_label",
]

_KEY = "data (sha256)"


class Task(NamedTuple):
    """Data that a GAN learns, apart from the reals that it never learns from."""

    batch_at: Callable[[tf.Tensor], Any]  # step -> reals [batch_size, *data]
    # [n, *data], reals that the samplers may look at; the first stand for all. They are
    # (x, label), as samples are, where G is given labels
    held_out: Any
    # (samples [n, *data], finite) -> metrics by name, against reals of their own
    measure: Callable[[Any], dict[str, float | None]]
    protocol: str  # what the metrics depend on, in words
    store: Callable[[np.ndarray], np.ndarray] = np.asarray  # samples as files hold them
    rows: int = 10_000  # samples through G or D at a time, so that memory is bounded
    chains: int = 1000  # of Metropolis-Hastings, side by side
    bounds: tuple[float, float] | None = None  # of the data, where G has a range
    notes: tuple[str, ...] = ()  # for the log
    digest: str | None = None  # of the data, where they are read from files
    frequencies: np.ndarray | None = None  # of the labels that are learned, if any are
    learned: tc.data.Images | None = None  # of which batch_at gives batches, if images
    tests: tc.data.Images | None = None  # of which no net learns, if images
    # -> the name and the net whose features the metrics take, if images
    net: Callable[[], tuple[str, metrics.Classifier]] | None = None
    groups: np.ndarray | None = None  # of the held-out reals, where they come in any
    # further metrics, of all pairs of samples, which take as long as a draw
    pairs: Callable[[Any], dict[str, float | None]] | None = None

    def generate(self, gan: tc.GAN, z: Any) -> Any:
        """Plain samples [n, *data], in inference mode."""
        return self._in_rows(gan.generator, z)

    def score(self, gan: tc.GAN, x: Any) -> tf.Tensor:
        """What D says of samples, [n]."""
        return self._in_rows(lambda part: gan.scored(part).score, x)

    def scored(self, gan: tc.GAN) -> tc.Scored:
        """The held-out reals, as this GAN's D sees them."""
        return tc.Scored(self.held_out, self.score(gan, self.held_out))

    def measured(self, x: Any, step: int) -> dict[str, float | None]:
        """The metrics of samples; FloatingPointError if they overflowed at `step`."""
        if not np.isfinite(without_label(x)).all():
            raise FloatingPointError(f"samples are not finite at step {step}")
        return self.measure(x) | (self.pairs(x) if self.pairs else {})

    def _in_rows(self, fn: Callable[[Any], Any], x: Any) -> Any:
        parts = [fn(taken(x, rows)) for rows in tensors.slices(count(x), self.rows)]
        if len(parts) == 1:
            return parts[0]
        return tf.nest.map_structure(lambda *part: tf.concat(part, axis=0), *parts)


def count(x: Any) -> int:
    """How many samples x has, with labels or without."""
    return len(tf.nest.flatten(x)[0])


def taken(x: Any, rows: slice | np.ndarray) -> Any:
    """Some rows of samples, with their labels if they have any."""
    return tf.nest.map_structure(lambda leaf: leaf[rows], x)


def without_label(x: Any) -> Any:
    """Samples alone, where they are (x, label)."""
    return x[0] if isinstance(x, tuple) else x


def shuffled(rows: Any, seed: tf.Tensor) -> np.ndarray:
    """Rows of an array in an order of chance: data often come sorted by class."""
    indices = tf.range(len(rows))
    return rows[tf.random.experimental.stateless_shuffle(indices, seed).numpy()]


def record(digest: str | None) -> dict[str, str]:
    """What a phase records of the data that it stands on, which may be drawn."""
    return {} if digest is None else {_KEY: digest[:16]}


def check(run: run_folder.Run | None, config: Any, digest: str | None) -> None:
    """Refuses data other than those with which the phases of `run`, if any, began."""
    if run is not None:
        refuse_others(run.phases, str(run.workdir), config, digest)


def refuse_others(
    phases: Mapping[str, Mapping[str, Any]],
    folder: str,
    config: Any,
    digest: str | None,
    *,
    another: str = "--workdir",
) -> None:
    """Refuses data other than those with which the phases in `folder` began."""
    now = record(digest)
    for phase, begun in phases.items():
        if now and begun.get(_KEY, now[_KEY]) != now[_KEY]:
            given = f"--dataset={config.dataset}"
            if config.data_dir is not None:
                given += f" --data_dir={config.data_dir}"
            raise errors.Refused(
                f"{given} has other files than those with which {phase} in "
                f"{folder!r} was begun (some were added, removed, renamed or "
                f"changed): bring those back, or give another {another}"
            )
