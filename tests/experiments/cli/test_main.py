"""Tests for experiments.cli.flags.main: how a program begins and ends."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import pytest

from experiments.cli import errors, flags

ROOT = pathlib.Path(__file__).parents[3]


@dataclasses.dataclass(frozen=True)
class Config:
    """A sample."""

    niters: int = 3


# What TensorFlow's writers raise is no OSError.
TF_ERROR = type("OutOfRangeError", (Exception,), {"__module__": "tensorflow.python"})


@pytest.mark.parametrize(
    "error, status, words",
    [
        (errors.Refused("--data_dir='x' is\nempty"), 2, "--data_dir='x' is empty"),
        (FloatingPointError("The loss is nan."), 1, "The loss is nan."),
        (
            OSError(28, "No space left on device", "a.npz"),
            2,
            "'a.npz' failed: No space",
        ),
        (PermissionError("No."), 2, "No."),
        (TF_ERROR("{{node x}} ck; File too large [Op:Save]"), 2, "ck; File too large."),
        (KeyboardInterrupt(), 130, "the same command goes on"),
    ],
)
def test_a_run_that_stops_says_why_in_one_line(error, status, words, capsys):
    def run(config):
        raise error

    with pytest.raises(SystemExit) as stopped:
        flags.main(Config, run, ["sample"])
    assert stopped.value.code == status
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_a_bug_keeps_its_traceback():
    def run(config):
        try:
            os.stat("/nowhere/at/all")
        except OSError:
            return {}["bug"]

    with pytest.raises(KeyError):
        flags.main(Config, run, ["sample"])


@pytest.mark.parametrize("before, after", [(None, "3"), ("0", "0")])
def test_tensorflow_starts_quietly_unless_told_otherwise(before, after, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    if before is not None:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", before)
    seen = []
    flags.main(
        Config, lambda _: seen.append(os.environ["TF_CPP_MIN_LOG_LEVEL"]), ["sample"]
    )
    assert seen == [after]
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "undone after the test")


BINARY = """
import dataclasses, sys
from experiments.cli import flags

@dataclasses.dataclass(frozen=True)
class Config:
    "A binary."
    niters: int = 3

def run(config):
    print(config.niters, *({"tensorflow", "numpy", "tqdm"} & set(sys.modules)))

if __name__ == "__main__":
    flags.main(Config, run)
"""


def binary(*args):
    return subprocess.run(
        [sys.executable, "-c", BINARY, *args],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_flags_are_parsed_without_tensorflow():
    done = binary("--niters=5")
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")


def test_a_process_ends_without_a_traceback():
    done = binary("--nitres=5")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--nitres is not a flag of this program; did you mean --niters?\n"
    )


def test_help_ends_well():
    done = binary("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--niters=INTEGER" in done.stdout


def test_a_reader_who_leaves_hears_nothing_more():
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-c", BINARY, "--help"],
            check=False,
            cwd=ROOT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (141, "")
