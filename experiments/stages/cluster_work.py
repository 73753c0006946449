"""Work of many parts, by the processes that the flags of a cluster name."""

import functools
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

from experiments.cli import errors
from experiments.rundir import progress
from tf_collab.cpu import threads
from tf_collab.front import cluster, jobs

__all__ = ["hold", "results", "spread", "threads_each"]

Part = TypeVar("Part")
Result = TypeVar("Result")


def _alike(
    work: Callable[[Part], Result],
    held: int,
    software: tuple[tuple[str, str], ...],
    part: Part,
) -> Result:
    """Work that each process does with the same software and so many threads."""
    if jobs.software() != software:
        raise RuntimeError(
            f"a worker has {jobs.named(jobs.software())}, and this command runs with "
            f"{jobs.named(software)}: give both the same versions"
        )
    try:
        threads.hold(held)
    except RuntimeError:
        raise RuntimeError(
            "a worker has worked with another number of threads than the "
            f"{held} of this command: start the workers anew, or give theirs as "
            "--threads"
        ) from None
    return work(part)


def threads_each(config: Any) -> int:
    """Threads of TensorFlow in each process."""
    return config.threads or (1 if config.cluster else threads.available())


def hold(config: Any) -> None:
    """Gives this process as many threads as workers have, or as --threads says."""
    if config.threads or config.cluster:
        with errors.blaming("", RuntimeError):
            threads.hold(threads_each(config))


def results(
    config: Any,
    work: Callable[[Part], Result],
    parts: Sequence[Part],
    each: int,
    leave: Callable[[], object] | None = None,
) -> Iterator[Result]:
    """As `cluster.results`, with a worker for `each` cores where no number is given.

    There are no more workers than parts.
    """
    most = config.workers or max(1, threads.available() // each)
    workers = max(1, min(most, len(parts)))
    if config.cluster == cluster.LOCAL and parts:
        progress.say(f"starting {workers} worker{'s' * (workers > 1)}")
    return cluster.results(work, parts, config.cluster, workers, leave)


def spread(
    config: Any,
    work: Callable[[Part], Result],
    parts: Sequence[Part],
    leave: Callable[[], object] | None = None,
) -> Generator[Result, None, None]:
    """As `results`, of workers with the software and the threads of this command."""
    each = threads_each(config)
    if not config.cluster:
        yield from results(config, work, parts, each)
        return
    alike = functools.partial(_alike, work, each, jobs.software())
    try:
        yield from results(config, alike, parts, each, leave)
    except RuntimeError as error:  # of a cluster that cannot be had, or gave up
        if type(error) is not RuntimeError:
            raise
        raise errors.Refused(str(error)) from None
