"""What is not as it was written is told by a job, and by --verify, and drawn again."""

import json
import os
import pathlib

import numpy as np
import pytest
from helpers import job_commands

import tf_collab as tc
from experiments.stages import block_jobs, cluster_work
from tf_collab import formats
from tf_collab.front import blocks, cluster

pytestmark = pytest.mark.usefixtures("other_jobs_forgotten")


def test_files_are_verified_and_some_blocks_drawn_again(whole_job, capfd, monkeypatch):
    job_commands.command(f"--workdir={whole_job}", "--verify")
    printed = capfd.readouterr().out.splitlines()
    assert printed[0] == "all 3 blocks have the bytes of manifest.json"
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
            job_commands.command(f"--workdir={whole_job}", "--verify")
        else:
            with pytest.raises(SystemExit) as ended:
                job_commands.command(f"--workdir={whole_job}", "--verify")
            assert ended.value.code == 2
        found = capfd.readouterr()
        told = found.out.splitlines()
        assert len(told) == 4 and all(words in line for line in told[1:])
        last = "3 of 3 blocks have other samples when they are drawn again, such as"
        assert (last in found.err) == (shift > 1e-2)


def test_blocks_that_are_not_drawn_yet_are_told_apart(
    saved, tmp_path, capfd, monkeypatch
):
    results = cluster_work.results

    def one(*given):
        yield next(results(*given))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(cluster_work, "results", one)
        job_commands.begin(saved, tmp_path / "job", "--format=npz")
    capfd.readouterr()
    job_commands.command(f"--workdir={tmp_path}/job", "--verify")
    told = "1 block is finished and has the bytes of manifest.json, 2 are not drawn yet"
    assert capfd.readouterr().out.splitlines()[0] == told


@pytest.mark.parametrize(
    "count, total, told",
    [
        (0, 1, "no block is finished yet: the command without --verify draws them"),
        (0, 5, "no block is finished yet: the command without --verify draws them"),
        (1, 1, "its one block has the bytes of manifest.json"),
        (2, 2, "all 2 blocks have the bytes of manifest.json"),
        (
            2,
            3,
            "2 blocks are finished and have the bytes of manifest.json, 1 is not "
            "drawn yet",
        ),
    ],
)
def test_one_block_and_none_are_told_as_such(count, total, told):
    assert block_jobs._verified(count, total) == told


def test_damage_is_told_and_mended_by_the_command(whole_job, capfd, tmp_path):
    before = job_commands.contents(whole_job)
    path = whole_job / "blocks" / "000001.npz"
    path.write_bytes(b"damaged")
    told = job_commands.refused(capfd, f"--workdir={whole_job}", "--verify")
    assert told.startswith("1 of 3 blocks are missing or have other bytes")
    assert "000001.npz'" in told
    path.unlink()
    job_commands.command(f"--workdir={whole_job}")
    assert job_commands.contents(whole_job) == before


@pytest.mark.parametrize(
    "flags", [{"n": "x"}, {"block": [10]}, {"n": {"a": 1}}, {"n": None}, {"seed": 1.5}]
)
def test_damaged_flags_are_one_sentence(whole_job, tmp_path, capfd, flags):
    record = json.loads((whole_job / "manifest.json").read_text())
    record["flags"] |= flags
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    told = job_commands.refused(capfd, f"--workdir={tmp_path}", "--verify")
    assert "manifest.json' " in told


def truncated(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("spoil", [pathlib.Path.unlink, truncated])
def test_a_finished_job_draws_again_what_is_lost_of_it(spoil, whole_job, capfd):
    before = job_commands.contents(whole_job)
    spoil(whole_job / "blocks" / "000001.npz")
    job_commands.command(f"--workdir={whole_job}")
    told = "1 of 3 blocks are missing, or of another size than when they were written"
    assert f"{told}, such as '000001.npz'" in capfd.readouterr().err
    assert job_commands.contents(whole_job) == before
    job_commands.command(f"--workdir={whole_job}")
    found = capfd.readouterr()
    assert "drew 0 of them" in found.out and "missing" not in found.err


@pytest.mark.parametrize("spoil", [pathlib.Path.unlink, truncated])
def test_what_is_lost_while_a_job_draws_is_told_at_its_end(
    spoil, saved, tmp_path, capfd, monkeypatch
):
    real = cluster.results

    def losing(write, missing, *how):
        for told in real(write, missing, *how):
            yield told
            if told.number == 1:
                spoil(tmp_path / "job" / "blocks" / "000000.npz")

    monkeypatch.setattr(cluster, "results", losing)
    with pytest.raises(SystemExit) as ended:
        job_commands.begin(saved, tmp_path / "job", "--format=npz")
    found = capfd.readouterr()
    assert ended.value.code == 2 and "are in" not in found.out
    assert "1 of 3 blocks are missing, or of another size than when" in found.err
    monkeypatch.setattr(cluster, "results", real)
    job_commands.command(f"--workdir={tmp_path / 'job'}")
    assert len(os.listdir(tmp_path / "job" / "blocks")) == 3


def test_a_folder_without_a_job_is_said_to_hold_none(tmp_path, capfd):
    """How to begin one is told, or what to do where its record was lost."""
    none = (
        f"--verify is of a job, and --workdir={str(tmp_path)!r} holds none: there is "
        "no manifest.json in it"
    )
    told = job_commands.refused(capfd, f"--workdir={tmp_path}", "--verify")
    assert told == (
        f"{none}, nor a folder 'blocks'; a command with --format (one of "
        f"{', '.join(formats.FORMATS)}) and without --verify begins a job there"
    )
    (tmp_path / "blocks").mkdir()
    told = job_commands.refused(capfd, f"--workdir={tmp_path}", "--verify")
    assert told == (
        f"{none}; put a copy of it back, or take another --workdir, where the same "
        "flags draw the same samples"
    )
