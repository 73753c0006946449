"""Damages files for as long as is asked, and prints what every reader made of them.

    make fuzz MINUTES=30

A finding is an error that is no sentence, an input that takes
more than ten seconds, or one for which the process grew by half a gibibyte.
"""

import argparse
import collections
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings

import hypothesis
from fuzzing import mutations, readers
from fuzzing.reader import outcome

SLOW, GROWN = 10, 2**29  # seconds, bytes
ROUND = 200  # inputs of one reader before it is the next one's turn


class Hangs(BaseException):
    """An input took too long."""


def hangs(*_):
    raise Hangs


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Watch:
    """Counts of one reader, and its findings by the place where they were raised."""

    def __init__(self, reader, folder):
        self.reader, self.folder = reader, folder
        self.counts = collections.Counter()
        self.seconds = 0.0
        self.findings: dict[str, bytes] = {}

    def one(self, content: bytes) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        path = self.folder / self.reader.file
        path.write_bytes(content)
        before, started = peak(), time.monotonic()
        signal.alarm(SLOW)
        try:
            self.counts[outcome(self.reader, path)] += 1
        except Hangs:
            self.found("it takes too long", content)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{pathlib.Path(last.filename).name}:{last.lineno}"
            text = f"{type(error).__name__} at {where}: {str(error)[:200]}"
            self.found(text, content, key=f"{type(error).__name__} {where}")
        finally:
            signal.alarm(0)
        self.seconds += time.monotonic() - started
        if peak() > before + GROWN:
            self.found(f"it took {(peak() - before) >> 20} MiB", content, key="memory")

    def found(self, text, content, key=None):
        self.counts["found"] += 1
        if self.findings.setdefault(key or text, content) is content:
            place = pathlib.Path(tempfile.gettempdir(), "found")
            place.mkdir(exist_ok=True)
            kept = place / f"{abs(hash(content)):016x}-{self.reader.file}"
            kept.write_bytes(content)
            print(f"{self.reader.name}: {text} ({kept})", flush=True)

    def round(self, others, seed):
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=ROUND,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(mutations.damaged(self.reader.valid(), others))
        def inputs(content):
            self.one(content)

        inputs()

    def row(self):
        n = sum(self.counts.values())
        rate = n / self.seconds if self.seconds else 0
        told = (self.counts[name] for name in ("refused", "accepted", "found"))
        return [self.reader.name, str(n), *map(str, told), f"{rate:.0f}"]


def table(watches):
    rows = [["reader", "inputs", "refused", "accepted", "findings", "inputs/s"]]
    rows += [watch.row() for watch in watches]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in rows
    )


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--reader", help="of readers with this in their names alone")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, hangs)
    others = [content for reader in readers.READERS for content in reader.valid()]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "input")
        watches = [
            Watch(reader, place)
            for reader in readers.READERS
            if given.reader is None or given.reader in reader.name
        ]
        end, seed = time.monotonic() + 60 * given.minutes, given.seed
        while time.monotonic() < end:
            for watch in watches:
                if time.monotonic() < end:
                    watch.round(others, seed)
            seed += 1
    print(table(watches))
    sys.exit(any(watch.findings for watch in watches))


if __name__ == "__main__":
    main()
