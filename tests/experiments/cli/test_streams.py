"""Tests for experiments.cli.streams: programs whose stdout and stderr are poor ones."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = """
import contextlib, dataclasses, os, sys
from experiments.cli import flags
from experiments.rundir import progress

@dataclasses.dataclass(frozen=True)
class Config:
    "A sample."
    file: str = ""

def run(config):
    with open(config.file, "wb") as file:
        progress.say("half ± done")
        with contextlib.suppress(OSError):
            os.write(2, b"as C++ code does")
        file.write(b"work")
    print("1 ± 2 – ü")

flags.main(Config, run)
"""
POOR = ">/dev/full", "2>/dev/full", "2>&-", ">&-", "<&- >&- 2>&-"
FULL = "'stdout' failed: No space left on device."


def ended(streams, file, **environment):
    words = [sys.executable, "-c", PROGRAM, f"--file={file}"]
    return subprocess.run(
        ["bash", "-c", f'"$@" {streams}', "bash", *words],
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("streams", POOR)
def test_the_work_is_done_and_no_file_gets_what_a_stream_was_told(streams, tmp_path):
    done = ended(streams, tmp_path / "file")
    full = streams == ">/dev/full"
    assert done.returncode == (2 if full else 0), done.stderr
    assert (tmp_path / "file").read_bytes() == b"work"
    assert "Traceback" not in done.stderr
    assert done.stdout == ("1 ± 2 – ü\n" if streams[0] == "2" else "")
    if "2>" not in streams:
        assert done.stderr.endswith(f"{FULL}\n") == full


def test_a_run_goes_on_when_the_reader_of_its_stderr_leaves(tmp_path):
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "wb") as pipe:
        words = [sys.executable, "-c", PROGRAM, f"--file={tmp_path / 'file'}"]
        done = subprocess.run(
            words, check=False, cwd=ROOT, stdout=subprocess.PIPE, stderr=pipe
        )
    assert (done.returncode, done.stdout) == (0, "1 ± 2 – ü\n".encode())


def test_letters_that_a_stream_lacks_are_spelled_out(tmp_path):
    done = ended("", tmp_path / "file", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "1 +/- 2 - \\xfc\n")
    assert done.stderr.startswith("half +/- done\n")
