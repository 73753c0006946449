"""A job of blocks from the command line: begun, killed and gone on with."""

import json
import os
import pathlib
import shutil

import numpy as np
import pytest
from helpers import job_commands, small_jobs

import tf_collab as tc
from experiments import sample
from experiments.stages import job_records
from tf_collab.cpu import threads
from tf_collab.front import blocks, cluster, jobs

pytestmark = pytest.mark.usefixtures("other_jobs_forgotten")


def test_a_job_leaves_its_blocks_its_manifest_and_the_report(whole_job):
    left = {*os.listdir(whole_job)}
    assert left == {"blocks", "manifest.json", "report.md", "samples.png"}
    assert sorted(os.listdir(whole_job / "blocks")) == [
        f"00000{i}.npz" for i in range(3)
    ]
    sizes = [len(np.load(whole_job / f"blocks/00000{i}.npz")["x"]) for i in range(3)]
    assert sizes == [10, 10, 5]
    record = json.loads((whole_job / "manifest.json").read_text())
    told = {"n": 25, "block": 10, "format": "npz", "method": "rejection", "seed": 4}
    assert told.items() <= record["flags"].items()
    assert record["flags"]["threads"] == threads.available()
    assert "workdir" not in record["flags"] and "cluster" not in record["flags"]
    digests = [block["sha256"] for block in record["blocks"].values()]
    there = sorted((whole_job / "blocks").iterdir())
    assert digests == [jobs.digest(path) for path in there]


def test_what_the_verdict_says_against_a_method_is_told_where_a_job_begins(
    tmp_path, capfd
):
    source = small_jobs.save(tmp_path / "saved", worse=["rejection"])
    for method, told in (("rejection", 1), ("standard", 0)):
        given = ("--format=npz", f"--method={method}")
        job_commands.begin(source, tmp_path / method, *given)
        assert capfd.readouterr().err.count("note: the verdict finds") == told


@pytest.mark.parametrize("written", [0, 2])
def test_a_killed_job_goes_on_to_the_same_bytes(
    saved, whole_job, tmp_path, monkeypatch, written
):
    real, left = blocks.write, [written]

    def killed(job, index):
        if not left[0]:
            raise KeyboardInterrupt(2)
        left[0] -= 1
        return real(job, index)

    monkeypatch.setattr(blocks, "write", killed)
    with pytest.raises(SystemExit):
        job_commands.begin(
            saved, tmp_path / "job", "--format=npz", "--method=rejection", "--seed=4"
        )
    monkeypatch.setattr(blocks, "write", real)
    asked = []

    def told(write, missing, *how):
        asked.extend(missing)
        return real_results(write, missing, *how)

    real_results = cluster.results
    monkeypatch.setattr(cluster, "results", told)
    job_commands.command(
        f"--workdir={tmp_path / 'job'}"
    )  # the flags are in its manifest
    assert asked == [*range(written, 3)]
    assert job_commands.contents(tmp_path / "job") == job_commands.contents(whole_job)


def test_a_job_that_goes_on_has_its_threads_before_its_nets_are_opened(
    saved, tmp_path, monkeypatch
):
    """TensorFlow takes no other number once it has started."""
    job_commands.begin(saved, tmp_path / "job", "--format=npz")
    done, opened = [], blocks.saved
    monkeypatch.setattr(threads, "hold", lambda n: done.append(n))
    monkeypatch.setattr(
        blocks, "saved", lambda *a: [done.append("nets"), opened(*a)][1]
    )
    (tmp_path / "job" / "blocks" / "000001.npz").unlink()
    job_commands.command(f"--workdir={tmp_path / 'job'}")
    assert done[:2] == [threads.available(), "nets"]


def test_a_job_goes_on_from_another_folder(saved, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(saved.parent)
    job_commands.begin(saved.name, tmp_path / "job", "--format=npz")
    record = json.loads((tmp_path / "job/manifest.json").read_text())
    assert record["flags"]["collaboration"] == str(saved)
    assert "pillow" in record["software"]
    (tmp_path / "job" / "blocks" / "000001.npz").unlink()
    monkeypatch.chdir(tmp_path / "here")
    blocks._source.cache_clear()
    job_commands.command(f"--workdir={tmp_path / 'job'}")
    assert len(os.listdir(tmp_path / "job" / "blocks")) == 3
    monkeypatch.chdir(saved.parent)  # the same folder under its relative name
    job_commands.command(
        f"--workdir={tmp_path / 'job'}", f"--collaboration={saved.name}"
    )


def test_a_begun_job_asks_for_no_data_of_its_tuning(whole_job, tmp_path):
    record = json.loads((whole_job / "manifest.json").read_text())
    gone = {name: f"/gone/{name}" for name in ("data", "held_out", "from_run")}
    del record["flags"]["collaboration"], record["crc32"]
    record["flags"] |= gone
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    found = sample.Config(workdir=str(tmp_path)).recalled()
    assert {name: getattr(found, name) for name in gone} == gone


def test_code_and_weights_are_of_whole_paths_and_have_digests(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("nets.py", "g.pt"):
        (tmp_path / name).touch()
    config = sample.Config(generator_code="nets.py:g", generator_weights="g.pt")
    assert config.whole("generator_code") == f"{tmp_path}/nets.py:g"
    assert config.whole("generator_weights") == f"{tmp_path}/g.pt"
    assert config.whole("data") is None and config.whole("n") == 1000
    assert job_records._beside(config) == (
        ("generator_code", f"{tmp_path}/nets.py"),
        ("generator_weights", f"{tmp_path}/g.pt"),
    )


def test_leftovers_go_before_blocks_are_drawn(saved, tmp_path, monkeypatch):
    left = tmp_path / "job" / "blocks" / ".writing-here-7-000001.npz"
    real, seen = cluster.results, []

    def killed(*given):
        left.touch()
        raise KeyboardInterrupt(2)
        yield

    def looking(*given):
        seen.append(left.exists())
        return real(*given)

    monkeypatch.setattr(cluster, "results", killed)
    with pytest.raises(SystemExit):
        job_commands.begin(saved, tmp_path / "job", "--format=npz")
    monkeypatch.setattr(cluster, "results", looking)
    job_commands.command(f"--workdir={tmp_path / 'job'}")
    assert seen == [False]


def test_doubts_are_told_once_a_kind(saved, tmp_path, capfd, monkeypatch):
    def written(write, missing, *how):
        (job,) = write.args
        for i in missing:
            doubts = (f"{i / 7:.0%} of the chains were capped",)
            (pathlib.Path(job.folder) / job.name(i)).touch()
            yield jobs.Written(i, job.samples(i), "0", 1.0, doubts)

    monkeypatch.setattr(cluster, "results", written)
    job_commands.begin(saved, tmp_path / "job", "--format=npz")
    assert capfd.readouterr().err.count("of the chains were capped") == 1


def test_a_job_is_not_begun_of_a_collaboration_that_goes_meanwhile(saved, tmp_path):
    gone = tmp_path / "collaboration"
    shutil.copytree(saved, gone)
    workdir = tmp_path / "job"
    workdir.mkdir()
    given = {"workdir": str(workdir), "collaboration": str(gone), "format": "npz"}
    config = sample.Config(**given, given={name: name for name in given})

    def tuned():
        (gone / "collaboration.json").unlink()

    with pytest.raises(FileNotFoundError, match="No such file"):
        job_records.begin(config, lambda: tuned() or saved_one(saved))
    assert not (workdir / "manifest.json").exists()


def saved_one(folder):
    return tc.load_collaboration(folder)


def test_the_report_and_the_figure_of_a_job_are_made_again(whole_job, tmp_path):
    shutil.copytree(whole_job, tmp_path / "job")
    figure, report = (tmp_path / "job" / name for name in ("samples.png", "report.md"))
    figure.write_bytes(b"half")
    report.unlink()
    job_commands.command(f"--workdir={tmp_path / 'job'}")
    for path in (figure, report):
        assert path.read_bytes() == (whole_job / path.name).read_bytes()
