"""One phase of a run: a training loop that reports, saves and can be resumed."""

import time
from collections.abc import Callable

from experiments import interrupts, monitor, progress, runs
from tf_collab import training

__all__ = ["carry_out"]


def carry_out(
    run: runs.Run,
    phase: str,
    step: Callable,
    batch_at: Callable,
    goal: int,
    *,
    seed,
    checkpoints: training.Checkpoints,
    watch: monitor.Monitor,
    save_every: int,
    every: int = 100,
    evaluate: Callable[[int], None] = lambda done: None,
) -> None:
    """Steps until `goal`, from the newest checkpoint that can be read.

    At step 0, at multiples of `save_every` and at the goal, `evaluate` comes first and
    the checkpoint after it: a run killed in between evaluates again.
    """
    first = checkpoints.restore(warn=run.log) or 0
    if first > goal:
        raise runs.Refused(
            f"{phase} in {str(run.workdir)!r} is at step {first}, past the {goal} "
            "asked for: ask for that or more, or take another --workdir"
        )
    if first == 0:
        evaluate(0)
    if first == goal:
        return
    start = time.perf_counter()
    with (
        progress.bar(phase, goal, first=first) as reach,
        interrupts.deferred() as asked,
    ):

        def after(done, scalars):
            reach(done)
            watch.scalars(done, scalars)
            due = done % save_every == 0 or done == goal
            if due or done in checkpoints.milestones:
                evaluate(done)
            elif not asked():
                return
            checkpoints.save(done)
            watch.flush()  # no event without its checkpoint, or a resume doubles it
            if asked():
                raise KeyboardInterrupt

        training.run(
            step,
            batch_at,
            goal,
            seed=seed,
            first=first,
            every=every,
            stops=[*range(0, goal, save_every), *checkpoints.milestones],
            hooks=[after],
        )
    seconds = time.perf_counter() - start
    run.timings.append(
        {
            "phase": phase,
            "first": first,
            "last": goal,
            "seconds": round(seconds, 3),
            "steps_per_second": round((goal - first) / seconds, 2),
        },
        key=("phase", "first", "last"),
    )
