"""Who does a work of many parts: this process, processes of this machine, a cluster.

Dask (`distributed`) hands out the parts and takes back what is told of each. Samples
and images go by files, never over its connections.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tf_collab.front import dask_clients, quiet_dask
from tf_collab.front.dask_clients import LOCAL

__all__ = ["LOCAL", "results"]

Part = TypeVar("Part")
Result = TypeVar("Result")

# Dask starts a killed worker anew, but not one that is killed while it starts.
PATIENCE = 120.0  # seconds that a worker may be away until all are started anew
STARTS = 3  # that may come to nothing, one after the other
NEEDED = (
    "clusters need the package distributed: pip install -r requirements-cluster.txt in "
    "a checkout"
)


def results(
    work: Callable[[Part], Result],
    parts: Sequence[Part],
    cluster: str | None = None,
    workers: int = 1,
    leave: Callable[[], object] | None = None,
) -> Iterator[Result]:
    """Asks `work` of each part; yields what it gives when it is there, in any order.

    `cluster` is None (this process), LOCAL (`workers` processes of this machine) or the
    address of a Dask scheduler that speaks TLS. A part whose worker dies is given to
    another one. Workers that outlive the work are asked to `leave` what they have of
    it. RuntimeError where a cluster cannot be had, or gave up.
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
            with (
                quiet_dask.quiet(),
                dask_clients.client(cluster, workers) as (client, here),
                dask_clients.leaving(client, leave if cluster != LOCAL else None),
            ):
                for number, result in _by_workers(client, here, work, left, cluster):
                    del left[number]
                    yield result
        except dask_clients.Lost:
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
                raise dask_clients.Lost
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
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="
            f"{dask_clients.FAILURES}; the same command goes on"
        ) from None
    except (distributed.CancelledError, distributed.comm.CommClosedError):
        raise RuntimeError(
            f"the cluster at {cluster!r} went away: the same command goes on"
        ) from None
