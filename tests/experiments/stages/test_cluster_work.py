"""Workers take long to start: that they are being started is told once."""

import types

import pytest

from experiments.stages import cluster_work
from tf_collab.front import cluster


@pytest.mark.parametrize(
    "where, parts, told",
    [
        ("local", [1, 2], ["starting 2 workers"]),
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
