"""Who draws the blocks of a job: this process, processes of this machine, a cluster.

Dask (`distributed`) hands out block numbers and takes back checksums. Samples go to
files, never over its connections.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from tf_collab.front import blocks, jobs

__all__ = ["LOCAL", "written"]

LOCAL = "local"
# Workers that may die while they have a block, until Dask gives the block up.
FAILURES = 10_000
# Pages about what is done are for anybody who can reach them: there are none.
SETTINGS = {
    "distributed.scheduler.allowed-failures": FAILURES,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
NEEDED = 'clusters need the package distributed: pip install "tf_collab[cluster]"'


def written(
    job: jobs.Job,
    indices: Sequence[int],
    cluster: str | None = None,
    workers: int = 1,
) -> Iterator[jobs.Written]:
    """Writes these blocks and yields each when it is there, in any order.

    `cluster` is None (this process), LOCAL (`workers` processes of this machine) or the
    address of a Dask scheduler that speaks TLS. RuntimeError where a cluster cannot be
    had, or gave up.
    """
    if cluster is None:
        yield from (blocks.write(job, index) for index in indices)
        return
    try:
        import distributed
    except ImportError:
        raise RuntimeError(NEEDED) from None
    with _client(cluster, workers) as client:
        futures = client.map(functools.partial(blocks.write, job), indices, pure=False)
        try:
            for future in distributed.as_completed(futures):
                yield future.result()
                future.release()
        except distributed.KilledWorker:
            raise RuntimeError(
                f"the cluster at {cluster!r} gave a block up, since its workers died: "
                "start its scheduler with DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"
                f"={FAILURES}; the same command goes on"
            ) from None
        except (distributed.CancelledError, distributed.comm.CommClosedError):
            raise RuntimeError(
                f"the cluster at {cluster!r} went away: the same command goes on"
            ) from None


@contextlib.contextmanager
def _client(cluster: str, workers: int) -> Iterator[Any]:
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
            yield client
        return
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            preload=[blocks.__name__],  # TensorFlow starts slowly: not amid messages
            host="127.0.0.1",
            security=distributed.Security.temporary(),
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,  # else Dask would keep pickles on disk
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client
