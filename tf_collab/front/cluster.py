"""Who does a work of many parts: this process, processes of this machine, a cluster.

Dask (`distributed`) hands out the parts and takes back what is told of each. Samples
and images go by files, never over its connections.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tf_collab.front import quiet_dask

__all__ = ["LOCAL", "results"]

Part = TypeVar("Part")
Result = TypeVar("Result")

LOCAL = "local"
# Workers that may die while they have a part, until Dask gives the part up.
FAILURES = 10_000
SETTINGS = {
    "distributed.scheduler.allowed-failures": FAILURES,
    # Pages about what is done are for anybody who can reach them: there are none.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    **quiet_dask.SETTINGS,
}
# Dask starts a killed worker anew, but not one that is killed while it starts.
PATIENCE = 120.0  # seconds that a worker may be away until all are started anew
STARTS = 3  # that may come to nothing, one after the other
NEEDED = 'clusters need the package distributed: pip install ".[cluster]" in a checkout'


class _Lost(Exception):
    """Workers are gone and do not come back."""


def results(
    work: Callable[[Part], Result],
    parts: Sequence[Part],
    cluster: str | None = None,
    workers: int = 1,
) -> Iterator[Result]:
    """Asks `work` of each part; yields what it gives when it is there, in any order.

    `cluster` is None (this process), LOCAL (`workers` processes of this machine) or the
    address of a Dask scheduler that speaks TLS. A part whose worker dies is given to
    another one. RuntimeError where a cluster cannot be had, or gave up.
    """
    if cluster is None:
        yield from map(work, parts)
        return
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise RuntimeError(NEEDED) from None
    left, vain = dict(enumerate(parts)), 0
    while left:
        before = len(left)
        try:
            with quiet_dask.quiet(), _client(cluster, workers) as (client, here):
                for number, result in _by_workers(client, here, work, left, cluster):
                    del left[number]
                    yield result
        except _Lost:
            vain = vain + 1 if len(left) == before else 0
            if vain == STARTS:
                raise RuntimeError(
                    f"workers died {STARTS} times before any of them finished a part "
                    "of the work: memory may be short, and fewer --workers need less"
                ) from None


def _by_workers(
    client: Any,
    here: Callable[[], bool],
    work: Callable[[Part], Result],
    parts: Mapping[int, Part],
    cluster: str,
) -> Iterator[tuple[int, Result]]:
    """The number of each part of `parts`, and what `work` gave of it."""
    import distributed

    futures = client.map(work, [*parts.values()], pure=False)
    numbers = dict(zip([future.key for future in futures], [*parts]))
    ready, seen = distributed.as_completed(futures), time.monotonic()
    del futures  # what was yielded is forgotten by Dask
    try:
        while not ready.is_empty():
            if here():
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                raise _Lost
            if ready.has_ready():
                future = next(ready)
                found = numbers[future.key], future.result()
                del future  # or it is done again if its worker dies meanwhile
                yield found
            else:
                time.sleep(0.02)
    except distributed.KilledWorker:
        raise RuntimeError(
            f"the cluster at {cluster!r} gave a part of the work up, since its workers "
            "died: start its scheduler with "
            f"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES={FAILURES}; the same "
            "command goes on"
        ) from None
    except (distributed.CancelledError, distributed.comm.CommClosedError):
        raise RuntimeError(
            f"the cluster at {cluster!r} went away: the same command goes on"
        ) from None


@contextlib.contextmanager
def _client(cluster: str, workers: int) -> Iterator[tuple[Any, Callable[[], bool]]]:
    """A client, and whether all workers that it is to have are there."""
    import dask
    import distributed

    if cluster != LOCAL:
        # Certificates are those of Dask's own settings.
        security = distributed.Security(require_encryption=True)
        try:
            client = distributed.Client(cluster, security=security)
        except (OSError, ValueError, TypeError) as error:
            raise RuntimeError(f"there is no cluster at {cluster!r}: {error}") from None
        with client:
            yield client, lambda: True  # they may come whenever a queue lets them
        return
    with dask.config.set(SETTINGS), contextlib.ExitStack() as leave:
        try:
            local = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                security=distributed.Security.temporary(),
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,  # else Dask would keep pickles on disk
            )
        except RuntimeError:  # a worker died while it started
            raise _Lost from None
        leave.enter_context(local)
        client = leave.enter_context(distributed.Client(local))
        scheduler: Any = local.scheduler
        yield client, lambda: len(scheduler.workers) >= workers
