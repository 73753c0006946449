"""The training loop: many steps in one compiled call, and hooks between calls."""

import math
import time
from collections.abc import Callable, Iterable

import tensorflow as tf

from tf_collab import seeds
from tf_collab.cpu import compilation

__all__ = ["run"]

SECONDS = 2.0  # the most that a compiled call takes, unless one step takes longer
GROWTH = 10  # a call has at most so many times the steps of the one before


def run(
    step: Callable,
    batch_at: Callable[[tf.Tensor], tf.Tensor],
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
    `batch_at(i)` is a pure function of i and is called inside a graph. Step i gets the
    seed `fold_in(seed, i)`, so a run that resumes at `first` repeats an unbroken one.
    Raises FloatingPointError, naming the step, as soon as a scalar is not finite.
    """
    seed = seeds.as_seed(seed)

    def one(i: tf.Tensor) -> dict[str, tf.Tensor]:
        return step(i, seeds.fold_in(seed, i), batch_at(i))

    one_compiled = compilation.graph(one)
    shape_of = one_compiled.get_concrete_function(tf.TensorSpec([], tf.int32))
    none_yet = tf.nest.map_structure(
        lambda out: tf.zeros(out.shape, out.dtype), shape_of.structured_outputs
    )

    @compilation.graph
    def many(
        begin: tf.Tensor, end: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        def going(i: tf.Tensor, scalars: dict[str, tf.Tensor]) -> tf.Tensor:
            finite = [tf.math.is_finite(v) for v in tf.nest.flatten(scalars)]
            return (i < end) & tf.reduce_all(finite)

        return tf.while_loop(
            going, lambda i, _: (i + 1, one_compiled(i)), (begin, none_yet)
        )

    done, size = first, 1
    ends = sorted({*range(0, steps, every), *stops, steps})
    for end in (end for end in ends if first < end <= steps):
        while done < end:
            begin, started = done, time.monotonic()
            goal = min(end, begin + size)
            reached, scalars = many(tf.constant(begin), tf.constant(goal))
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
