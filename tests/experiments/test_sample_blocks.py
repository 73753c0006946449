"""A job of blocks from the command line: begun, killed, gone on with, verified."""

import json
import os
import pathlib

import numpy as np
import pytest
from helpers import small_jobs, small_runs

import tf_collab as tc
from experiments import sample
from experiments.cli import errors, flags
from experiments.stages import block_jobs
from tf_collab.cpu import threads
from tf_collab.front import blocks, cluster, jobs


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return small_jobs.save(tmp_path_factory.mktemp("saved"))


@pytest.fixture(autouse=True)
def fresh():
    yield
    blocks._source.cache_clear()


def command(*argv):
    flags.main(sample.Config, sample.run, ["sample", *argv])


def begin(source, workdir, *argv):
    given = [
        f"--collaboration={source}",
        f"--workdir={workdir}",
        "--n=25",
        "--block=10",
    ]
    command(*given, *argv)


def refused(capfd, *argv):
    """The sentence with which a command is refused."""
    with pytest.raises(SystemExit) as ended:
        command(*argv)
    told = capfd.readouterr().err
    assert ended.value.code == 2 and told.splitlines()[-1:], told
    return told.splitlines()[-1]


def contents(workdir):
    """The bytes of all blocks, and of the manifest."""
    paths = [workdir / "manifest.json", *sorted((workdir / "blocks").iterdir())]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """A job that was never broken off."""
    workdir = tmp_path_factory.mktemp("whole") / "job"
    begin(source, workdir, "--format=npz", "--method=rejection", "--seed=4")
    return workdir


def test_a_job_leaves_its_blocks_its_manifest_and_the_report(whole):
    left = {*os.listdir(whole)}
    assert left == {"blocks", "manifest.json", "report.md", "samples.png"}
    assert sorted(os.listdir(whole / "blocks")) == [f"00000{i}.npz" for i in range(3)]
    sizes = [len(np.load(whole / f"blocks/00000{i}.npz")["x"]) for i in range(3)]
    assert sizes == [10, 10, 5]
    record = json.loads((whole / "manifest.json").read_text())
    told = {"n": 25, "block": 10, "format": "npz", "method": "rejection", "seed": 4}
    assert told.items() <= record["flags"].items()
    assert record["flags"]["threads"] == threads.available()
    assert "workdir" not in record["flags"] and "cluster" not in record["flags"]
    digests = [block["sha256"] for block in record["blocks"].values()]
    there = sorted((whole / "blocks").iterdir())
    assert digests == [jobs.digest(path) for path in there]


@pytest.mark.parametrize("written", [0, 2])
def test_a_killed_job_goes_on_to_the_same_bytes(
    source, whole, tmp_path, monkeypatch, written
):
    real, left = blocks.write, [written]

    def killed(job, index):
        if not left[0]:
            raise KeyboardInterrupt(2)
        left[0] -= 1
        return real(job, index)

    monkeypatch.setattr(blocks, "write", killed)
    with pytest.raises(SystemExit):
        begin(
            source, tmp_path / "job", "--format=npz", "--method=rejection", "--seed=4"
        )
    monkeypatch.setattr(blocks, "write", real)
    asked = []

    def told(job, missing, *how):
        asked.extend(missing)
        return real_written(job, missing, *how)

    real_written = cluster.written
    monkeypatch.setattr(cluster, "written", told)
    command(f"--workdir={tmp_path / 'job'}")  # the flags are in its manifest
    assert asked == [*range(written, 3)]
    assert contents(tmp_path / "job") == contents(whole)


def test_another_flag_is_not_the_same_job(whole, source, capfd):
    before = small_runs.everything(whole)
    told = refused(capfd, f"--workdir={whole}", "--n=26")
    assert told.startswith("--n=26, but the job in ") and "--n=25: give that" in told
    assert "--seed=4" in refused(capfd, f"--workdir={whole}", "--seed=3")
    told = refused(capfd, f"--workdir={whole}", "--workers=2")
    assert told == "--workers=2 has no effect with --cluster=none: leave it out"
    told = refused(capfd, f"--collaboration={source}", "--block=10")
    assert "has no effect with one file for all samples: see --format" in told
    assert small_runs.everything(whole) == before


def test_files_are_verified_and_some_blocks_drawn_again(whole, capfd, monkeypatch):
    command(f"--workdir={whole}", "--verify")
    printed = capfd.readouterr().out.splitlines()
    assert printed[0] == "3 of 3 blocks have the bytes of manifest.json"
    again = [f"block {i}, drawn again, has the same bytes" for i in range(3)]
    assert printed[1:] == again
    # What other threads give differs in the last bits, and what is another draw more.
    draw = tc.sampling.draw
    for shift, words in ((1e-5, "to rounding"), (1e-1, "has other samples")):
        blocks._source.cache_clear()

        def moved(*given, shift=shift, **how):
            found = draw(*given, **how)
            return found._replace(x=found.x + np.float32(shift))

        monkeypatch.setattr(tc.sampling, "draw", moved)
        if shift < 1e-2:
            command(f"--workdir={whole}", "--verify")
        else:
            with pytest.raises(SystemExit) as ended:
                command(f"--workdir={whole}", "--verify")
            assert ended.value.code == 2
        found = capfd.readouterr()
        told = found.out.splitlines()
        assert len(told) == 4 and all(words in line for line in told[1:])
        last = "3 of 3 blocks have other samples when they are drawn again, such as"
        assert (last in found.err) == (shift > 1e-2)


def test_damage_is_told_and_mended_by_the_command(whole, capfd, tmp_path):
    before = contents(whole)
    path = whole / "blocks" / "000001.npz"
    path.write_bytes(b"damaged")
    told = refused(capfd, f"--workdir={whole}", "--verify")
    assert told.startswith("1 of 3 blocks are missing or have other bytes")
    assert "'000001.npz'" in told
    path.unlink()
    command(f"--workdir={whole}")
    assert contents(whole) == before


@pytest.mark.parametrize(
    "argv, words",
    [
        (["--verify"], "--verify is of a job in --workdir, and there is no "),
        (
            ["--format=png", "--cluster=tcp://here:1"],
            "must be none, local, or the addre",
        ),
        (["--format=png"], "--format=png is of images, and these samples are none"),
        (
            ["--format=npz", "--block=1", "--n=200001"],
            "is more than 200000 blocks: give a larger",
        ),
        (["--format=npz", "--from_run=."], "--from_run and --collaboration="),
        (["--format=npz", "--calls=9"], "--calls=9 has no effect with --collaboration"),
    ],
)
def test_what_cannot_be_a_job_is_one_sentence(source, tmp_path, capfd, argv, words):
    workdir = tmp_path / "job"
    told = refused(capfd, f"--collaboration={source}", f"--workdir={workdir}", *argv)
    assert words in told and not (workdir / "manifest.json").exists()


def test_code_that_a_manifest_names_is_not_run(whole, tmp_path):
    record = json.loads((whole / "manifest.json").read_text())
    record["flags"]["generator_code"] = "nets.py:g"
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(errors.Refused, match="was begun with --generator_code=nets"):
        sample.Config(workdir=str(tmp_path)).recalled()


@pytest.mark.parametrize(
    "flags", [{"n": "x"}, {"block": [10]}, {"n": {"a": 1}}, {"n": None}, {"seed": 1.5}]
)
def test_damaged_flags_are_one_sentence(whole, tmp_path, capfd, flags):
    record = json.loads((whole / "manifest.json").read_text())
    record["flags"] |= flags
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    told = refused(capfd, f"--workdir={tmp_path}", "--verify")
    assert "manifest.json' " in told


def test_a_job_goes_on_from_another_folder(source, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(source.parent)
    begin(source.name, tmp_path / "job", "--format=npz")
    record = json.loads((tmp_path / "job/manifest.json").read_text())
    assert record["flags"]["collaboration"] == str(source)
    assert "pillow" in record["software"]
    (tmp_path / "job" / "blocks" / "000001.npz").unlink()
    monkeypatch.chdir(tmp_path / "here")
    blocks._source.cache_clear()
    command(f"--workdir={tmp_path / 'job'}")
    assert len(os.listdir(tmp_path / "job" / "blocks")) == 3
    monkeypatch.chdir(source.parent)  # the same folder under its relative name
    command(f"--workdir={tmp_path / 'job'}", f"--collaboration={source.name}")


def test_a_begun_job_asks_for_no_data_of_its_tuning(whole, tmp_path):
    record = json.loads((whole / "manifest.json").read_text())
    gone = {name: f"/gone/{name}" for name in ("data", "held_out", "from_run")}
    del record["flags"]["collaboration"]
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
    assert block_jobs._beside(config) == (
        ("generator_code", f"{tmp_path}/nets.py"),
        ("generator_weights", f"{tmp_path}/g.pt"),
    )


def test_one_process_holds_a_job(whole, capfd):
    from experiments.rundir import held_folder, locks

    with held_folder.HeldFolder(whole) as folder, locks.locked(folder.held):
        for argv in ([], ["--verify"]):
            assert "is in use by process" in refused(capfd, f"--workdir={whole}", *argv)


@pytest.mark.parametrize("name", ["blocks", "collaboration", "tuning", "manifest.json"])
def test_nothing_is_opened_through_a_link(source, whole, tmp_path, capfd, name):
    workdir, elsewhere = tmp_path / "job", tmp_path / "elsewhere"
    workdir.mkdir()
    elsewhere.mkdir()
    (elsewhere / "000000.npz").write_text("mine")
    (workdir / name).symlink_to(elsewhere)
    if name == "manifest.json":
        (workdir / name).unlink()
        (workdir / name).symlink_to(whole / name)
    before = small_runs.everything(tmp_path)
    given = [f"--collaboration={source}"] if name != "manifest.json" else []
    argv = [*given, f"--workdir={workdir}", "--n=25", "--block=10", "--format=npz"]
    assert f"{name}' is a link, and a run opens nothing" in refused(capfd, *argv)
    assert small_runs.everything(tmp_path) == before


def test_a_format_of_images_is_refused_before_the_tuning(
    source, tmp_path, capfd, monkeypatch
):
    class Untuned:
        shown = np.linspace(0, 255, 64).reshape([1, 8, 8, 1])

    monkeypatch.setattr(sample, "_opened", lambda config: (Untuned(), "nsgan"))
    given = ["--data=x", "--held_out=y", "--generator=g", "--discriminator=d"]
    for name in "xygd":
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    told = refused(capfd, *given, f"--workdir={tmp_path / 'job'}", "--format=png")
    assert "--format=png is of images, and the values of held-out reals go from" in told


def test_a_job_begins_in_no_folder_with_files_of_others(source, tmp_path, capfd):
    mine = tmp_path / "blocks" / "000000.npz"
    mine.parent.mkdir()
    mine.write_text("mine")
    given = [f"--collaboration={source}", f"--workdir={tmp_path}", "--format=npz"]
    assert "blocks' holds files, and there is no manifest" in refused(capfd, *given)
    assert mine.read_text() == "mine" and os.listdir(tmp_path) == ["blocks"]


def test_leftovers_go_before_blocks_are_drawn(source, tmp_path, monkeypatch):
    left = tmp_path / "job" / "blocks" / ".writing-here-7-000001.npz"
    real, seen = cluster.written, []

    def killed(*given):
        left.touch()
        raise KeyboardInterrupt(2)
        yield

    def looking(*given):
        seen.append(left.exists())
        return real(*given)

    monkeypatch.setattr(cluster, "written", killed)
    with pytest.raises(SystemExit):
        begin(source, tmp_path / "job", "--format=npz")
    monkeypatch.setattr(cluster, "written", looking)
    command(f"--workdir={tmp_path / 'job'}")
    assert seen == [False]


def test_blocks_that_vanished_are_told(source, tmp_path, capfd, monkeypatch):
    real = cluster.written

    def losing(job, missing, *how):
        for told in real(job, missing, *how):
            yield told
            if told.number == 1:
                (tmp_path / "job" / "blocks" / "000000.npz").unlink()

    monkeypatch.setattr(cluster, "written", losing)
    with pytest.raises(SystemExit) as ended:
        begin(source, tmp_path / "job", "--format=npz")
    found = capfd.readouterr()
    assert ended.value.code == 2 and "are in" not in found.out
    assert "1 of 3 blocks were written and are not in" in found.err
    monkeypatch.setattr(cluster, "written", real)
    command(f"--workdir={tmp_path / 'job'}")
    assert len(os.listdir(tmp_path / "job" / "blocks")) == 3


def test_doubts_are_told_once_a_kind(source, tmp_path, capfd, monkeypatch):
    def written(job, missing, *how):
        for i in missing:
            doubts = (f"{i / 7:.0%} of the chains were capped",)
            (pathlib.Path(job.folder) / job.name(i)).touch()
            yield jobs.Written(i, job.samples(i), "0", 1.0, doubts)

    monkeypatch.setattr(block_jobs.cluster, "written", written)
    begin(source, tmp_path / "job", "--format=npz")
    assert capfd.readouterr().err.count("of the chains were capped") == 1
