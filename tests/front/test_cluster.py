"""Processes that are killed change no byte, and what they say is encrypted."""

import contextlib
import functools
import logging
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from helpers import small_jobs

from tf_collab.front import blocks, cluster, dask_clients

distributed = pytest.importorskip("distributed", reason="`make test-cluster` has Dask")
ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return small_jobs.save(tmp_path_factory.mktemp("saved"))


def test_a_killed_worker_changes_no_byte(source, tmp_path, monkeypatch):
    made, own = [], distributed.LocalCluster

    def recorded(**how):
        made.append(own(**how))
        return made[-1]

    monkeypatch.setattr(distributed, "LocalCluster", recorded)
    job = small_jobs.job_of(source, tmp_path / "a", method="rejection", n=120)
    told = []
    write = functools.partial(blocks.write, job)
    for written in cluster.results(write, range(job.total), cluster.LOCAL, workers=2):
        if not told:
            (local,) = made
            addresses = [local.scheduler_address]
            addresses += [nanny.worker_address for nanny in local.workers.values()]
            assert all(a.startswith("tls://127.0.0.1:") for a in addresses)
            assert local.scheduler.allowed_failures == dask_clients.FAILURES
            managers = [nanny.memory_manager for nanny in local.workers.values()]
            assert not any(manager.memory_limit for manager in managers)
            pages = f"http://127.0.0.1:{local.scheduler.http_server.port}"
            for page in ("", "/health", "/status", "/info/main/workers.html"):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(pages + page)
            os.kill(local.workers[0].pid, signal.SIGKILL)
        told.append(written)
    assert sorted(written.number for written in told) == [*range(12)]
    alone = small_jobs.job_of(source, tmp_path / "b", method="rejection", n=120)
    for written in told[::5]:
        assert blocks.write(alone, written.number) == written
        name = job.name(written.number)
        there, here = ((tmp_path / where / name).read_bytes() for where in "ab")
        assert there == here
    blocks._source.cache_clear()


WORK = """
import logging, time
from tf_collab.front import cluster

if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    for _ in cluster.results(time.sleep, [0, 60], "local", 2):
        break  # while a worker is at work
"""


def test_dask_says_nothing_where_work_is_broken_off(tmp_path):
    path = tmp_path / "work.py"
    path.write_text(WORK, "utf-8")
    ended = subprocess.run(
        [sys.executable, path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0 and "distributed" not in ended.stderr
    assert logging.getLogger("distributed").level < logging.CRITICAL


def test_workers_that_outlive_the_work_leave_what_they_have_of_it(
    tmp_path, monkeypatch
):
    leave = functools.partial(pathlib.Path.touch, tmp_path / "left")

    def left():
        end = time.monotonic() + 30
        while not (tmp_path / "left").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        (tmp_path / "left").unlink()
        return True

    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as local,
        distributed.Client(local) as client,
    ):
        there = contextlib.nullcontext((client, lambda: True))
        monkeypatch.setattr(dask_clients, "client", lambda *given: there)
        ask = functools.partial(cluster.results, abs, cluster="tls://there:1")
        assert sorted(ask([-1, -2], leave=leave)) == [1, 2] and left()
        broken_off = ask([-1, -2, -3], leave=leave)
        assert next(broken_off) in (1, 2, 3)
        broken_off.close()
        assert left()


def test_without_a_cluster_this_process_writes(source, tmp_path):
    job = small_jobs.job_of(source, tmp_path / "a")
    write = functools.partial(blocks.write, job)
    assert [told.number for told in cluster.results(write, [2, 0])] == [2, 0]
    assert sorted(os.listdir(job.folder)) == ["000000.npz", "000002.npz"]
    blocks._source.cache_clear()


def test_a_cluster_that_cannot_be_had_is_one_sentence(monkeypatch):
    with pytest.raises(RuntimeError, match=r"no cluster at 'tls://127.0.0.1:1'"):
        next(cluster.results(abs, [0], "tls://127.0.0.1:1"))


def test_workers_that_are_lost_are_started_anew_for_what_is_left(monkeypatch):
    asked = []

    @contextlib.contextmanager
    def nobody(*given):
        yield None, None

    def losing(client, here, work, left, name):
        asked.append([*left])
        for number in asked[-1][1 : len(left) - len(asked) % 2]:
            yield number, work(left[number])
        raise dask_clients.Lost

    monkeypatch.setattr(dask_clients, "client", nobody)
    monkeypatch.setattr(cluster, "_by_workers", losing)
    got = cluster.results(str, range(10, 16), cluster.LOCAL)
    assert [next(got) for _ in range(5)] == ["11", "12", "13", "14", "15"]
    with pytest.raises(RuntimeError, match="workers died 3 times before any of them"):
        next(got)
    assert asked == [[0, 1, 2, 3, 4, 5], [0, 5], [0], [0], [0]]


def test_a_worker_that_is_away_too_long_is_lost(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as local,
        distributed.Client(local) as client,
    ):
        waiting = cluster._by_workers(client, lambda: False, abs, {0: 1}, "")
        with pytest.raises(dask_clients.Lost):
            next(waiting)
    raising = lambda **how: (_ for _ in ()).throw(RuntimeError("Nanny failed"))
    monkeypatch.setattr(distributed, "LocalCluster", raising)
    with pytest.raises(RuntimeError, match="workers died 3 times"):
        next(cluster.results(abs, [0], cluster.LOCAL))
