"""Hands damaged files to every reader, and counts what it made of them.

    make fuzz MINUTES=30

Each reader is a line of --out. What a line counts stays, so that a fuzz which was
killed goes on, with further seeds. The reader that has had least time is next, until
each has what is asked of it. A folder of what was found is kept.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from typing import Any

from fuzzing import readers, turns
from fuzzing.reader import Reader
from fuzzing.table import asked, table

from tf_collab import atomic

TURN = 5.0  # seconds of a processor
MEMORY = pathlib.Path("/dev/shm")  # files there never wait for a disk
BEGUN = {
    "inputs": 0,
    "refused": 0,
    "accepted": 0,
    "findings": 0,
    "seconds": 0.0,
    "seeds": 0,
}

Lines = dict[str, dict[str, Any]]


def main() -> None:
    given = _parser().parse_args()
    warnings.simplefilter("ignore")  # of threads, when a process forks
    lines = _lines(given.out)
    wanted = [one for one in readers.READERS if (given.reader or "") in one.name]
    memory = MEMORY if MEMORY.is_dir() else None
    place = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory))
    with turns.FORK.Pool(1) as pool:  # this process computes nothing
        valid = pool.apply(_valid)
    others = [content for own in valid.values() for content in own]
    end = time.monotonic() + 60 * given.minutes
    while time.monotonic() < end and (reader := _next(wanted, lines)):
        line = lines[reader.name]
        turn = turns.take(
            reader,
            line["seeds"],
            turns.Files(valid[reader.name], others),
            place,
            inputs=asked(line) - line["inputs"],
            seconds=TURN,
        )
        for name in BEGUN:
            line[name] = round(line[name] + getattr(turn, name), 2)
        line["asked"] = asked(line)
        _write(given.out, lines)
    print(table(line for line in lines.values() if line["inputs"]))
    found = any(lines[one.name]["findings"] for one in wanted)
    if not found:
        shutil.rmtree(place)
    sys.exit(found)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--out", type=pathlib.Path, required=True)
    made.add_argument("--minutes", type=float, default=10)
    made.add_argument("--reader", help="of readers with this in their names alone")
    return made


def _next(wanted: list[Reader], lines: Lines) -> Reader | None:
    """The reader that lacks inputs, and has had least time."""
    lacking = [
        one for one in wanted if lines[one.name]["inputs"] < asked(lines[one.name])
    ]
    return min(lacking, key=lambda one: lines[one.name]["seconds"], default=None)


def _lines(out: pathlib.Path) -> Lines:
    """By reader, in the order of the table of readers."""
    lines = {one.name: {"reader": one.name, **BEGUN} for one in readers.READERS}
    for text in out.read_text("utf-8").splitlines() if out.exists() else []:
        line = json.loads(text)
        lines[line["reader"]] = line
    return lines


def _valid() -> dict[str, Sequence[bytes]]:
    return {one.name: one.valid() for one in readers.READERS}


def _write(out: pathlib.Path, lines: Lines) -> None:
    with atomic.writing(out) as temporary:
        texts = [json.dumps(line) for line in lines.values() if line["inputs"]]
        temporary.write_text("".join(f"{text}\n" for text in texts), "utf-8")


if __name__ == "__main__":
    main()
