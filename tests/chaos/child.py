"""Commands of programs in processes that can be held at moments that have names.

A moment is just before or after a file gets its name, or halfway through the writing of
a checkpoint. A process holds itself there (SIGSTOP), so that anything can be done to it
or to its folder before it goes on. Processes are forked from this one, which has
imported TensorFlow and computes nothing: importing takes longer than a tiny run.
"""

import contextlib
import importlib
import os
import pathlib
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf
from chaos import inside, watching
from helpers import cheaply

# What the runs import, the last of it where it is first used.
from experiments.benchmarking import cells  # noqa: F401
from experiments.cli import flags
from experiments.coulomb_gan import charges  # noqa: F401
from experiments.images import image_sets  # noqa: F401
from experiments.points import targets  # noqa: F401
from experiments.stages import admission, d_tuning, gan_training  # noqa: F401

__all__ = ["HALF", "LIMIT", "Child", "Ended", "call"]

HALF = "half of"  # begins the name of a moment in the writing of a checkpoint
LIMIT = 120.0  # seconds without a new moment, after which a process hangs


class Ended(NamedTuple):
    """How a process ended."""

    status: int | None  # negative: the signal that killed it; None: it hung
    out: str
    err: str
    moments: list[str]  # that it came to, in order
    deeds: list[str]  # that no program may do: see `watching`

    @property
    def said(self) -> str:
        """The last line on stderr."""
        return (self.err.strip().splitlines() or [""])[-1]


class Child:
    """A command that runs; `output` is a new folder for what it says."""

    def __init__(
        self,
        module: str,
        argv: Sequence[str],
        folder: pathlib.Path,
        output: pathlib.Path,
        *,
        hold: str = "",
        then: str = "",
        also: Callable[[], None] = lambda: None,
        watched: bool = True,
    ):
        """Held at the first moment called `hold`, after which `inside` does `then`."""
        output.mkdir()
        self._output = output
        self._moments = output / "moments"
        self._moments.touch()
        self._status: int | None = None
        with warnings.catch_warnings(action="ignore"):  # of threads, in Python 3.12
            self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                status = _be(module, argv, folder, output, hold, then, also, watched)
            except BaseException:
                traceback.print_exc()
            finally:
                _flush()
                os._exit(status)

    def held(self, within: float = LIMIT) -> bool:
        """Waits for the moment; False where the process ended, or hung, before."""
        return self._waited(os.WUNTRACED, within)

    def go(self) -> None:
        """Lets a process that is held go on."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self, within: float = LIMIT) -> Ended:
        """Waits for the end; a process that hangs is killed."""
        self._waited(0, within)
        hung = self._status is None
        if hung:
            os.kill(self.pid, signal.SIGKILL)
            self._waited(0, LIMIT)
        texts = (
            pathlib.Path(self._output, name).read_text("utf-8", "replace")
            for name in ("out", "err", "moments", "deeds")
        )
        out, err, moments, deeds = texts
        status = None if hung else self._status
        return Ended(status, out, err, moments.splitlines(), deeds.splitlines())

    def _waited(self, options: int, within: float) -> bool:
        seen, end = 0, time.monotonic() + within
        while self._status is None and time.monotonic() < end:
            pid, found = os.waitpid(self.pid, options | os.WNOHANG)
            if pid and os.WIFSTOPPED(found):
                return True
            if pid:
                self._status = os.waitstatus_to_exitcode(found)
            else:
                time.sleep(0.005)
                if (size := self._moments.stat().st_size) > seen:
                    seen, end = size, time.monotonic() + within
        return False


def call(function: Callable, *args: object) -> None:
    """Calls a function in a process of its own, since this one computes nothing."""
    if pid := os.fork():
        assert os.waitpid(pid, 0)[1] == 0, function
        return
    try:
        _cheaply()
        function(*args)
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


def _be(module, argv, folder, output, hold, then, also, watched) -> int:
    _redirect(output)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    moments = open(output / "moments", "w", encoding="utf-8")  # noqa: SIM115
    pending = [hold]

    def reached(moment: str) -> None:
        print(moment, file=moments, flush=True)
        if moment in pending:
            pending.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
            inside.ACTS[then]()

    _cheaply()
    _name_moments(folder.resolve(), reached)
    also()
    own = [folder, output, folder.with_name("moved")]
    (output / "deeds").touch()
    if watched:
        watching.watch(output / "deeds", own)
    program = importlib.import_module(f"experiments.{module}")

    def run(config: object) -> None:
        reached("begun")
        program.run(config)

    try:
        flags.main(program.Config, run, [module, *argv])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else bool(ended.code)
    return 0


def _redirect(output: pathlib.Path) -> None:
    for name, number in (("out", 1), ("err", 2)):
        opened = os.open(output / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.dup2(opened, number)
        os.close(opened)
    # Whoever forks may have put others in their place, as pytest does.
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()


def _cheaply() -> None:
    cheaply.draw_coarsely()
    cheaply.optimize_no_graphs()
    cheaply.remember_protocols()
    cheaply.name_no_handles()
    cheaply.wait_for_no_disk()


def _name_moments(root: pathlib.Path, reached: Callable[[str], None]) -> None:
    replace, write = os.replace, tf.train.Checkpoint.write

    def name_of(path: object) -> str:
        return os.path.relpath(pathlib.Path(str(path)).resolve(), root)

    def watched_replace(source, target, **how):
        name, lines = name_of(target), ""
        if name.endswith(".jsonl"):
            lines = pathlib.Path(source).read_bytes().count(b"\n")
        reached(f"before {name} {lines}".rstrip())
        replace(source, target, **how)
        reached(f"after {name} {lines}".rstrip())

    def half_write(self, path, *args, **kwargs):
        done = write(self, path, *args, **kwargs)
        reached(f"{HALF} {name_of(path)}")
        return done

    os.replace, tf.train.Checkpoint.write = watched_replace, half_write
