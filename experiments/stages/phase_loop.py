"""One phase of a run: a training loop that reports, saves and can be resumed."""

import resource
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from experiments.cli import interrupts
from experiments.rundir import monitor, progress, run_folder
from tf_collab import training

__all__ = ["carry_out"]


def carry_out(
    run: run_folder.Run,
    phase: str,
    step: Callable[..., dict[str, tf.Tensor]],
    batch_at: Callable[[tf.Tensor], Any],
    goal: int,
    *,
    first: int,
    seed: tf.Tensor,
    checkpoints: training.Checkpoints,
    watch: monitor.Monitor,
    save_every: int,
    show_every: int | None = None,
    every: int = 100,
    evaluate: Callable[[int], None] = lambda done: None,
    leads: bool = True,
) -> None:
    """Steps from `first`, whose checkpoint is restored, to `goal`.

    At step 0, at multiples of `save_every` and at the goal, `evaluate` comes first and
    the checkpoint after it: a run killed in between evaluates again. `show_every` are
    further steps at which it evaluates. Ctrl-C in an evaluation saves too, so one that
    was broken off is made again at `first`. A process that does not lead goes on until
    the one that does has saved and ended: it may not wait for another's step.
    """
    show_every = show_every or save_every

    def saved(done: int) -> bool:
        return done % save_every == 0 or done == goal or done in checkpoints.milestones

    def due(done: int) -> bool:
        return saved(done) or done % show_every == 0

    if due(first):
        evaluate(first)
    if first == goal:
        return
    seconds, reported = 0.0, first
    with (
        progress.bar(phase, goal, first=first) as reach,
        interrupts.deferred() as stop,
    ):
        started = time.perf_counter()

        def save(done: int) -> None:
            checkpoints.save(done)
            watch.flush()  # no event without its checkpoint: none comes twice

        def after(done: int, scalars: dict[str, float]) -> None:
            nonlocal seconds, started, reported
            took = time.perf_counter() - started
            speed = (done - reported) / took  # of the first, tracing and all
            seconds, reported = seconds + took, done
            reach(done)
            run.stay()
            watch.scalars(done, {**scalars, "steps_per_second": speed})
            if due(done):
                try:
                    with stop.suspended():
                        evaluate(done)
                except KeyboardInterrupt:
                    save(done)
                    raise
            if saved(done):
                save(done)
            started = time.perf_counter()

        def between(done: int) -> None:
            if stop.asked and leads:
                save(done)
                stop.heed()

        try:
            training.run(
                step,
                batch_at,
                goal,
                seed=seed,
                first=first,
                every=every,
                stops=[
                    *range(0, goal, save_every),
                    *range(0, goal, show_every),
                    *checkpoints.milestones,
                ],
                hooks=[after],
                between=between,
            )
        except FloatingPointError as error:
            raise FloatingPointError(
                f"{phase}: {error}; the checkpoints before it are kept, and smaller "
                "rates in another --workdir may help"
            ) from None
    run.timed(
        seconds,
        phase=phase,
        first=first,
        last=goal,
        measured={
            "steps_per_second": round((goal - first) / seconds, 2),
            "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            // 1024,
        },
    )
