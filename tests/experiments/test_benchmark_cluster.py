"""A benchmark whose cells several processes draw has the lines of one process."""

import os
import pickle

import pytest
from helpers import small_runs

from experiments import benchmark
from experiments.benchmarking import cell_workers
from experiments.cli import errors
from experiments.stages import cluster_work
from tf_collab.cpu import threads
from tf_collab.front import cluster

cloudpickle = pytest.importorskip("cloudpickle", reason="`make test-cluster` has Dask")


def fill(run, workdir, **changes):
    given = {"method": ("ddls",), "budgets": (14.0,), "n": 20} | changes
    config = benchmark.Config(from_run=(str(run),), workdir=str(workdir), **given)
    benchmark.run(config)
    return (workdir / "benchmark.jsonl").read_bytes()


def told(workdir):
    """The table without its numbers of seconds and memory."""
    rows = (workdir / "table.md").read_text("utf-8").splitlines()
    head = next(row.split("|") for row in rows if "time (s)" in row)
    spent = [i for i, word in enumerate(head) if "time" in word or "memory" in word]
    cells = [row.split("|") for row in rows]
    return [
        [one.strip(" -") for i, one in enumerate(row) if i not in spent]
        for row in cells
        if len(row) == len(head)
    ]


@pytest.fixture(scope="module", name="alone")
def drawn_by_one_process(whole_planar, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "alone"
    fill(whole_planar, folder)
    return folder


LOCAL = {"cluster": "local", "workers": 2, "threads": threads.available()}


def test_two_processes_have_the_lines_of_one(alone, whole_planar, tmp_path):
    before = small_runs.everything(whole_planar)
    fill(whole_planar, tmp_path / "mine", **LOCAL)
    assert small_runs.everything(whole_planar) == before
    mine, other = (
        small_runs.results(folder, "benchmark.jsonl")
        for folder in (tmp_path / "mine", alone)
    )
    for one, two in zip(mine, other, strict=True):
        # Tests compile less than workers do, which moves the last bits of float32.
        assert one == {
            name: pytest.approx(value, rel=1e-6) if type(value) is float else value
            for name, value in two.items()
        }
    assert [line["method"] for line in mine][-1] == "truncated as ddls"
    assert told(tmp_path / "mine") == told(alone)
    for line in small_runs.results(tmp_path / "mine", "timings.jsonl"):
        assert line["seconds"] > 0 and line["peak_memory_mib"]["process"]
    left = {*os.listdir(tmp_path / "mine")}
    assert left == {*os.listdir(alone)}  # no folder of a worker


@pytest.fixture
def backwards(monkeypatch):
    """Work in this process as of a cluster that finishes the last part first."""
    worker = cell_workers.CellWorker(apart=True)
    monkeypatch.setattr(cell_workers, "_worker", lambda: worker)

    def results(work, parts, name, workers, leave):
        assert (name, workers) == ("local", 2)
        for part in reversed(parts):
            sent = pickle.loads(cloudpickle.dumps((work, part)))
            yield pickle.loads(pickle.dumps(sent[0](sent[1])))

    monkeypatch.setattr(cluster, "results", results)
    yield results
    worker.close()


def test_lines_are_in_their_order_whatever_is_finished_first(
    alone, whole_planar, tmp_path, monkeypatch, backwards
):
    def killed(*given):
        for number, found in enumerate(backwards(*given)):
            if number == 2:
                raise KeyboardInterrupt
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(cluster, "results", killed)
        with pytest.raises(KeyboardInterrupt):
            fill(whole_planar, tmp_path / "mine", **LOCAL)
    begun = (tmp_path / "mine" / "benchmark.jsonl").read_bytes()
    whole = (alone / "benchmark.jsonl").read_bytes()
    assert begun and begun in whole and begun != whole
    # As a worker leaves it that is killed with the command.
    (tmp_path / "mine" / "workers" / "tf_collab-worker-a").mkdir(parents=True)
    assert fill(whole_planar, tmp_path / "mine", **LOCAL) == whole
    assert told(tmp_path / "mine") == told(alone)
    assert {*os.listdir(tmp_path / "mine")} == {*os.listdir(alone)}


@pytest.mark.usefixtures("backwards")
def test_another_gan_where_a_worker_looks_is_one_sentence(
    whole_planar, tmp_path, monkeypatch
):
    real = cell_workers.Batch

    def other(folder, line, *more):
        return real(folder, {**line, "checkpoint": "other"}, *more)

    monkeypatch.setattr(cell_workers, "Batch", other)
    monkeypatch.setattr(cell_workers.CellWorker, "prepare", lambda *given: None)
    with pytest.raises(errors.Refused, match="is not the same for all processes, or"):
        fill(whole_planar, tmp_path / "mine", **LOCAL)


@pytest.mark.usefixtures("backwards")
def test_a_worker_with_other_software_refuses(whole_planar, tmp_path, monkeypatch):
    versions = iter([(("keras", "3"),)])
    software = lambda: next(versions, (("keras", "2"),))
    monkeypatch.setattr(cluster_work.jobs, "software", software)
    with pytest.raises(errors.Refused, match="a worker has keras 2, and this command"):
        fill(whole_planar, tmp_path / "mine", **LOCAL)
