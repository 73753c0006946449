"""One reader's turn: damaged files for a while, in a process that may crash.

A finding is an error that is no sentence, and an input that takes ten seconds of a
processor, or a minute; for which the process grows by half a gibibyte; or of which the
process dies. What was found is kept, a file for each place where it was raised.
"""

import ctypes
import faulthandler
import itertools
import multiprocessing
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import tempfile
import traceback
import warnings
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fuzzing import mutations
from fuzzing.reader import Reader, outcome

__all__ = ["FORK", "Files", "Turn", "chunk", "take"]

CHUNK = 250  # inputs of a seed
SLOW, STILL = 10.0, 60.0  # seconds of a processor, and of the clock
GROWN = 2**29  # bytes
FORK = multiprocessing.get_context("fork")


class Turn(ctypes.Structure):
    """What came of a turn, in memory shared with the process that takes it."""

    _fields_ = (
        ("refused", ctypes.c_long),
        ("accepted", ctypes.c_long),
        ("findings", ctypes.c_long),
        ("seeds", ctypes.c_long),  # that were begun
        ("seconds", ctypes.c_double),  # of processors: making, writing, reading
    )

    @property
    def inputs(self) -> int:
        return self.refused + self.accepted + self.findings


class Files(NamedTuple):
    """Contents: a reader's valid files, and those of all readers."""

    own: Sequence[bytes]
    others: Sequence[bytes]


def chunk(reader: Reader, seed: int, files: Files) -> Iterator[bytes]:
    """The inputs of a seed."""
    rng = random.Random(f"{reader.name} {seed}")
    for _ in range(CHUNK):
        yield mutations.damaged(rng, *files)


def take(
    reader: Reader,
    first: int,
    files: Files,
    place: pathlib.Path,
    *,
    inputs: int,
    seconds: float,
) -> Turn:
    """Chunks from the seed `first` on, until there are `inputs` or `seconds` are over.

    What was found is in the folder `place`. Raises RuntimeError if a valid file is not
    accepted, which the process tells on stderr.
    """
    for name in ("input", "temporary"):
        shutil.rmtree(place / name, ignore_errors=True)
        (place / name).mkdir(parents=True)
    turn = FORK.RawValue(Turn)
    process = FORK.Process(
        target=_chunks, args=(turn, reader, first, files, place, inputs, seconds)
    )
    process.start()
    # Ticks, not a clock's time, since a machine may stop all processes for a while.
    ticks, last, words = 0, None, ""
    while process.exitcode is None:
        process.join(STILL / 60)
        ticks += 1
        if last != (last := (turn.seeds, turn.inputs)) or not turn.seeds:
            ticks = 0
        elif ticks > 60:
            words = f"more than {STILL:g} seconds"
            os.kill(process.pid, signal.SIGABRT)
            process.join()
    if process.exitcode > 0 or (process.exitcode and not turn.seeds):
        raise RuntimeError(f"{reader.name}: the turn ended with {process.exitcode}")
    if process.exitcode:
        number = signal.Signals(-process.exitcode)
        if number == signal.SIGPROF:
            words = f"more than {SLOW:g} seconds of a processor"
        words = words or number.name
        frame = re.search(r'"([^"]*)", line (\d+)', (place / "told").read_text("utf-8"))
        where = _where(*frame.groups()) if frame else "a place unknown"
        content = next((place / "input").rglob(reader.file)).read_bytes()
        _keep(reader, f"{words} at {where}", content, place)
        turn.findings += 1
    return turn


def _chunks(
    turn: Turn,
    reader: Reader,
    first: int,
    files: Files,
    place: pathlib.Path,
    inputs: int,
    seconds: float,
) -> None:
    told = open(place / "told", "w", encoding="utf-8")  # noqa: SIM115
    faulthandler.enable(told)
    faulthandler.register(signal.SIGPROF, told, chain=True)
    warnings.simplefilter("ignore")
    tempfile.tempdir = str(place / "temporary")
    folder = place / "input"
    for content in files.own:
        assert outcome(reader, content, folder) == "accepted", reader.name
    started = _seconds()
    for seed in itertools.count(first):
        if turn.inputs >= inputs or turn.seconds >= seconds:
            return
        turn.seeds += 1
        for content in chunk(reader, seed, files):
            _one(turn, reader, content, place)
            turn.seconds = _seconds() - started


def _one(turn: Turn, reader: Reader, content: bytes, place: pathlib.Path) -> None:
    before = _peak()
    signal.setitimer(signal.ITIMER_PROF, SLOW)
    try:
        came = outcome(reader, content, place / "input")
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        name = f"{type(error).__name__} at {_where(last.filename, last.lineno)}"
        _keep(reader, name, content, place, f": {str(error)[:200]}")
        came = "findings"
    if (grown := _peak() - before) > GROWN:
        _keep(reader, "much memory", content, place, f": {grown >> 20} MiB")
        came = "findings"
    setattr(turn, came, getattr(turn, came) + 1)


def _keep(
    reader: Reader, name: str, content: bytes, place: pathlib.Path, more: str = ""
) -> None:
    folder = place / f"{zlib.crc32(f'{reader.name} {name}'.encode()):08x}"
    if not folder.exists():
        folder.mkdir()
        (folder / reader.file).write_bytes(content)
        print(f"{reader.name}: {name}{more} ({folder})", flush=True)


def _where(file: str, line: object) -> str:
    return f"{pathlib.Path(file).name}:{line}"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _seconds() -> float:
    """Of processors, by this process and those that it waited for."""
    return sum(os.times()[:4])
