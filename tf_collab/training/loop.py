"""The training loop: many steps in one compiled call, and hooks between calls."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from tf_collab import seeds
from tf_collab.cpu import compilation
from tf_collab.training import feeding

__all__ = ["run"]

SECONDS = 2.0  # the most that a compiled call takes, unless one step takes longer
GROWTH = 10  # a call has at most so many times the steps of the one before


def run(
    step: Callable,
    batch_at: Callable[[Any], Any],
    steps: int,
    *,
    seed: int | tf.Tensor,
    first: int = 0,
    every: int = 100,
    stops: Iterable[int] = (),
    hooks: Iterable[Callable[[int, dict], None]] = (),
    between: Callable[[int], None] = lambda done: None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Runs steps `first` to `steps` of `step(i, seed, batch) -> scalars`.

    Each hook is called as `hook(steps done, last scalars)` at multiples of `every`, at
    `stops` and at the end. A compiled call takes about two seconds, or one step if that
    takes longer. After each of them and after hooks, `progress(steps done, steps)` and
    then `between(steps done)` are called; an exception of `between` ends the run.

    `batch_at(i)` is a function of i alone, and step i gets the seed `fold_in(seed, i)`,
    so a run that resumes at `first` repeats an unbroken one. It is traced into the
    graph, as `data.batches` and stateless draws are; a function that gives NumPy arrays
    or cannot be traced is called in Python at each step, with i as an int. Raises
    TypeError for a Dataset or anything else that is not a function, ValueError if a
    step that is asked for twice has two batches, and FloatingPointError, naming the
    step, as soon as a scalar is not finite.
    """
    seed, fed = seeds.as_seed(seed), feeding.feed(batch_at, first)

    def one(i: tf.Tensor) -> dict[str, tf.Tensor]:
        return step(i, seeds.fold_in(seed, i), fed.at(i))

    if tf.config.functions_run_eagerly():
        many = _one_by_one(one)
    elif getattr(step, "meets_others", False):
        many = _one_by_one(compilation.graph(one))
    else:
        many = _in_a_graph(one)
    done, size = first, 1
    ends = sorted({*range(0, steps, every), *stops, steps})
    for end in (end for end in ends if first < end <= steps):
        while done < end:
            begin, started = done, time.monotonic()
            goal = min(end, begin + size)
            try:
                reached, scalars = many(tf.constant(begin), tf.constant(goal))
            except tf.errors.OpError:
                if fed.failed:
                    raise fed.failed[0] from None
                raise
            done = int(reached)
            took = max(time.monotonic() - started, 1e-9)
            size = max(1, min(int(SECONDS / took * (done - begin)), GROWTH * size))
            scalars = {name: float(value) for name, value in scalars.items()}
            for name, value in scalars.items():
                if not math.isfinite(value):
                    raise FloatingPointError(f"{name} is {value} at step {done}")
            if done == end:
                for hook in hooks:
                    hook(done, scalars)
            if progress is not None:
                progress(done, steps)
            between(done)


Many = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, dict[str, tf.Tensor]]]


def _in_a_graph(one: Callable[[tf.Tensor], dict[str, tf.Tensor]]) -> Many:
    """Steps `begin` to `end`, or to the first whose scalars are not finite."""
    one_compiled = compilation.graph(one)
    shape_of = one_compiled.get_concrete_function(tf.TensorSpec([], tf.int32))
    none_yet = tf.nest.map_structure(
        lambda out: tf.zeros(out.shape, out.dtype), shape_of.structured_outputs
    )

    @compilation.graph
    def many(
        begin: tf.Tensor, end: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        return tf.while_loop(
            lambda i, scalars: (i < end) & _are_finite(scalars),
            lambda i, _: (i + 1, one_compiled(i)),
            (begin, none_yet),
        )

    return many


def _one_by_one(one: Callable[[tf.Tensor], dict[str, tf.Tensor]]) -> Many:
    """The same, a call for each step."""

    def many(
        begin: tf.Tensor, end: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        for i in tf.range(begin, end):
            scalars = one(i)
            if not _are_finite(scalars):
                break
        return i + 1, scalars

    return many


def _are_finite(scalars: dict[str, tf.Tensor]) -> tf.Tensor:
    finite = [tf.math.is_finite(v) for v in tf.nest.flatten(scalars)]
    return tf.reduce_all(finite)
