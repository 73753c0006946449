"""How many workers are started, which is told, and which of their errors are."""

import sys
import types

import pytest

from experiments.cli import errors
from experiments.stages import cluster_work
from tf_collab.front import cluster


@pytest.mark.parametrize(
    "where, parts, told",
    [
        ("local", [1, 2], ["starting 2 workers"]),
        ("local", [1], ["starting 1 worker"]),  # as there is one part
        ("local", [], []),
        ("tls://there:1", [1], []),
        (None, [1], []),
    ],
)
def test_workers_that_are_started_here_are_told(where, parts, told, capfd, monkeypatch):
    monkeypatch.setattr(cluster, "results", lambda *given: iter([]))
    config = types.SimpleNamespace(cluster=where, workers=2)
    assert not [*cluster_work.results(config, abs, parts, 1)]
    assert capfd.readouterr().err.splitlines() == told


@pytest.mark.parametrize("error", [NotImplementedError, RecursionError])
def test_a_bug_in_the_work_is_not_taken_for_a_cluster_that_gave_up(error, monkeypatch):
    def broken(*given):
        raise error("a bug")

    monkeypatch.setattr(cluster, "results", broken)
    config = types.SimpleNamespace(cluster="tls://there:1", workers=1, threads=1)
    with pytest.raises(error, match="a bug"):
        [*cluster_work.spread(config, abs, [1])]


def test_a_worker_of_other_threads_is_told_what_to_do(monkeypatch):
    def hold(n):
        raise RuntimeError("TensorFlow runs already")

    monkeypatch.setattr(cluster_work.threads, "hold", hold)
    monkeypatch.setattr(cluster, "results", lambda work, parts, *how: map(work, parts))
    config = types.SimpleNamespace(cluster="tls://there:1", workers=1, threads=3)
    told = "a worker has worked with another number of threads than the 3 of this"
    with pytest.raises(errors.Refused, match=told):
        [*cluster_work.spread(config, abs, [1])]


def test_a_cluster_without_dask_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RuntimeError, match=r"pip install -r requirements-cluster\.txt"):
        next(cluster.results(abs, [0], cluster.LOCAL))
