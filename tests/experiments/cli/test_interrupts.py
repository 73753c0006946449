"""Tests for experiments.cli.interrupts: how a program ends that is told to."""

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
import sys

import pytest

from experiments.cli import flags, interrupts

ROOT = pathlib.Path(__file__).parents[3]


@dataclasses.dataclass(frozen=True)
class Config:
    """A sample."""


def ended(run, capsys):
    """The exit status of a program, and what it said."""
    with pytest.raises(SystemExit) as stopped:
        flags.main(Config, run, ["sample"])
    return stopped.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    "number, status",
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_is_one_sentence(number, status, capsys):
    code, err = ended(lambda config: signal.raise_signal(number), capsys)
    assert code == status
    assert err.startswith("Interrupted") and err.count("\n") == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


@pytest.mark.parametrize("then", [None, ImportError("half imported")])
def test_one_that_a_library_swallowed_or_renamed_still_counts(then, capsys):
    def run(config):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            if then is not None:
                raise then from None

    code, err = ended(run, capsys)
    assert code == 130
    assert err.startswith("Interrupted") and err.count("\n") == 1


def test_what_whoever_started_it_had_it_ignore_is_ignored():
    numbers = interrupts.SIGNALS
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        done = []

        def run(config):
            with interrupts.deferred() as stop:
                for number in numbers:
                    signal.raise_signal(number)
                assert not stop.asked
            done.append("all")

        flags.main(Config, run, ["sample"])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert done == ["all"]


def test_while_steps_are_made_it_waits_and_while_they_are_judged_it_does_not(capsys):
    seen = []

    def run(config):
        with interrupts.deferred() as stop:
            signal.raise_signal(signal.SIGTERM)
            seen.append(stop.asked)
            with pytest.raises(KeyboardInterrupt), stop.suspended():
                seen.append("too late")
        seen.append("too late")

    assert ended(run, capsys)[0] == 143
    assert seen == [True]

    def judge(config):
        with interrupts.deferred() as stop:
            with pytest.raises(KeyboardInterrupt), stop.suspended():
                signal.raise_signal(signal.SIGINT)
                seen.append("too late")
            seen.append(stop.asked)
            stop.heed()

    assert ended(judge, capsys)[0] == 130
    assert seen == [True, True]


def test_a_press_that_arrives_twice_at_once_is_one(monkeypatch):
    with pytest.raises(KeyboardInterrupt), interrupts.deferred() as stop:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
    monkeypatch.setattr(interrupts, "ECHO", 0)
    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


# In C for ten minutes, as a call of TensorFlow's may be, where Python hears no signal.
BUSY = """
import contextlib, dataclasses, hashlib, sys
from experiments.cli import flags
from experiments.cli import interrupts

@dataclasses.dataclass(frozen=True)
class Config:
    pass

def run(config):
    with interrupts.deferred() if "deferred" in sys.argv else contextlib.nullcontext():
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                print("busy", flush=True)
                hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)

flags.main(Config, run, ["busy"])
"""


@pytest.mark.parametrize("where", ["deferred", "anywhere"])
def test_a_busy_program_is_ended_by_a_second_signal_or_when_none_waits_for_it(where):
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, where],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout.readline() == "busy\n"
        presses = 0
        while child.poll() is None and presses < (60 if where == "deferred" else 1):
            child.send_signal(signal.SIGINT)
            presses += 1
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.5)
        try:
            assert child.wait(60) == 130
        finally:
            child.kill()
        assert child.stderr.read() == f"{interrupts.AT_ONCE}\n"
    assert presses > 1 or where == "anywhere"
