"""Runs of which one call of the system fails: nothing is lost, and they go on."""

import json
import shutil

import pytest
from helpers import bare_runs, faults

from experiments.cli import errors
from tf_collab import atomic


def work(folder):
    """What a run does to its folder, a table and a file of samples at a time."""
    with bare_runs.start(folder) as run:
        run.begin("train", {"lrg": 0.1})
        run.folder("checkpoints")
        for step in range(2):
            if not run.results.has(step=step):
                with run.writing(f"samples/{step}.npz") as path:
                    path.write_bytes(bytes(1000 + step))
                run.results.append({"step": step, "kl": step / 7}, key=("step",))
        run.begin("shape", {"lrg": 0.1, "niters": 2})
        run.log("done")


def left(folder):
    found = bare_runs.everything(folder)
    found.pop("log", None)
    return found


@pytest.mark.parametrize("before", [None, 1])
def test_whatever_call_fails_the_same_command_goes_on_to_the_same_bytes(
    before, tmp_path, capsys
):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    work(whole)
    if before:
        shutil.copytree(whole, folder)
        lines = (whole / "results.jsonl").read_text().splitlines(keepends=True)
        (folder / "results.jsonl").write_text(lines[0])
        (folder / "samples" / "1.npz").unlink()
        shutil.copytree(folder, tmp_path / "before")
    failed = 0
    for call, error in faults.each(lambda: work(folder)):
        assert error is None or isinstance(error, (OSError, errors.Refused)), (
            call,
            error,
        )
        failed += error is not None
        if error is not None:
            assert "\n" not in str(error) and "/proc/self" not in str(error)
        found, end = left(folder), left(whole)
        # A lock stays where removing it was what failed.
        found.pop("lock", None)
        for name, content in found.items():
            if content is None or name.startswith(atomic.PREFIX):
                continue
            if name == "config.json":
                phases = json.loads(content)["phases"].items()
                assert phases <= json.loads(end[name])["phases"].items()
            elif name == "results.jsonl":
                assert end[name].startswith(content) and content.endswith(b"}\n")
            elif not name.startswith(f"samples/{atomic.PREFIX}"):
                assert content == end[name]
        if before:
            assert (folder / "results.jsonl").read_bytes().startswith(lines[0].encode())
            assert (folder / "samples" / "0.npz").exists()
        work(folder)
        assert left(folder) == left(whole)
        shutil.rmtree(folder)
        if before:
            shutil.copytree(tmp_path / "before", folder)
    assert failed > 30


def test_a_refused_command_removes_nothing_whatever_call_fails(tmp_path):
    bare_runs.finish(tmp_path)
    (tmp_path / ".writing-table.md").write_text("half")
    before = bare_runs.everything(tmp_path)

    def refused():
        with bare_runs.start(tmp_path) as run:
            run.check("train", {"lrg": 0.2})

    for call, error in faults.each(refused, ends=errors.Refused):
        assert isinstance(error, (OSError, errors.Refused)), (call, error)
        found = bare_runs.everything(tmp_path)
        found.pop("lock", None)
        assert found == before
