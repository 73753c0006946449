"""Locks that others left, or hold."""

import fcntl
import os

import pytest
from helpers import bare_runs

from experiments.cli import errors


def occupy(path, how):
    if how == "text":
        path.write_text("mine")
    elif how == "a number, as other programs' locks":
        path.write_text("1234\n")
    elif how == "a long number":
        path.write_text("12345678901")
    elif how == "long":
        path.write_text(bare_runs.HELD + "mine")
    elif how == "folder":
        path.mkdir()
    elif how == "pipe":
        os.mkfifo(path)


@pytest.mark.parametrize(
    "how",
    ["text", "a number, as other programs' locks", "a long number", "long"]
    + ["folder", "pipe"],
)
@pytest.mark.parametrize("begun", [True, False])
def test_a_file_called_lock_that_is_not_ours_is_left(how, begun, tmp_path):
    if begun:
        bare_runs.finish(tmp_path)
    occupy(tmp_path / "lock", how)
    before = os.stat(tmp_path / "lock").st_mtime_ns, {*os.listdir(tmp_path)}
    with pytest.raises(errors.Refused, match="lock' is not a lock that a run left"):
        bare_runs.start(tmp_path).__enter__()
    after = os.stat(tmp_path / "lock").st_mtime_ns, {*os.listdir(tmp_path)}
    assert before == after
    if how not in ("folder", "pipe"):
        assert (tmp_path / "lock").read_text()


def test_an_empty_file_called_lock_does_and_is_left_empty(tmp_path):
    """A process leaves one if it is killed before it has written its words."""
    (tmp_path / "lock").touch()
    bare_runs.finish(tmp_path)
    assert (tmp_path / "lock").read_bytes() == b""


def test_the_lock_of_a_killed_process_goes(tmp_path):
    (tmp_path / "lock").write_text(bare_runs.HELD)
    bare_runs.finish(tmp_path)
    assert {*bare_runs.everything(tmp_path)} == {"config.json"}


def test_the_lock_that_a_killed_process_of_an_older_version_left_goes(tmp_path):
    """It held a process id alone, as others' locks do: only beside a run's record."""
    (tmp_path / "lock").write_text("1234")
    with pytest.raises(errors.Refused, match="is not a lock that a run left"):
        bare_runs.start(tmp_path).__enter__()
    (tmp_path / "lock").unlink()
    bare_runs.finish(tmp_path)
    before = bare_runs.everything(tmp_path)
    (tmp_path / "lock").write_text("1234")
    with bare_runs.start(tmp_path):  # held as any other
        assert str(os.getpid()) in (tmp_path / "lock").read_text()
    assert bare_runs.everything(tmp_path) == before


def test_the_process_of_an_older_version_that_holds_a_folder_is_named(tmp_path):
    bare_runs.finish(tmp_path)
    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("1234")
        lock.flush()
        with pytest.raises(errors.Refused, match="in use by process 1234:"):
            bare_runs.start(tmp_path).__enter__()
    assert (tmp_path / "lock").read_text() == "1234"


def test_a_refused_command_does_not_touch_the_lock_that_another_holds(tmp_path):
    with bare_runs.start(tmp_path) as run:
        run.begin("train", {})
        before = (tmp_path / "lock").read_text()
        assert str(os.getpid()) in before
        with pytest.raises(errors.Refused, match=f"in use by process {os.getpid()}:"):
            bare_runs.start(tmp_path).__enter__()
        assert (tmp_path / "lock").read_text() == before
