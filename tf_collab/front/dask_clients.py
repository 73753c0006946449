"""A client of Dask: of processes that are started here, or of a cluster elsewhere."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tf_collab.front import local_workers, quiet_dask

__all__ = ["FAILURES", "LOCAL", "Lost", "client", "leaving"]

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


class Lost(Exception):
    """Workers are gone and do not come back."""


@contextlib.contextmanager
def leaving(client: Any, leave: Callable[[], object] | None) -> Iterator[None]:
    """At the end each worker is asked to `leave`, once it has done what it does."""
    import distributed

    try:
        yield
    finally:
        if leave is not None and client.status == "running":
            with contextlib.suppress(OSError):  # the cluster went away
                keys = [*client.futures]
                client.cancel([distributed.Future(key, client) for key in keys])
                for worker in client.nthreads():
                    last = client.submit(leave, workers=[worker], pure=False)
                    distributed.fire_and_forget(last)


@contextlib.contextmanager
def client(cluster: str, workers: int) -> Iterator[tuple[Any, Callable[[], bool]]]:
    """A client, and whether all workers that it is to have are there."""
    import dask
    import distributed

    if cluster != LOCAL:
        # Certificates are those of Dask's own settings.
        security = distributed.Security(require_encryption=True)
        try:
            own = distributed.Client(cluster, security=security)
        except (OSError, ValueError, TypeError) as error:
            raise RuntimeError(f"there is no cluster at {cluster!r}: {error}") from None
        with own:
            yield own, lambda: True  # they may come whenever a queue lets them
        return
    with dask.config.set(SETTINGS), contextlib.ExitStack() as leave:
        try:
            local = local_workers.start(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                security=distributed.Security.temporary(),
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,  # else Dask would keep pickles on disk
            )
        except RuntimeError:  # a worker died while it started
            raise Lost from None
        leave.enter_context(local)
        own = leave.enter_context(distributed.Client(local))
        scheduler: Any = local.scheduler
        yield own, lambda: len(scheduler.workers) >= workers
