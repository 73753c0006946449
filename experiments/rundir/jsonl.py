"""Tables of measured lines, one JSON object each, every line written once."""

import json
import math
import os
import pathlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from experiments.cli import errors
from tf_collab import atomic, files

__all__ = ["Table"]

LONGEST = 2**20  # bytes of a line
SUM = "crc32"  # the field of a line that tells of a flipped bit
MEND = "repair or remove"  # a line without a checksum
# Tables of runs: a line of one is not a line of another. A copy may have any name.
NAMES = ("results", "timings", "training", "layers", "evaluation", "benchmark")
TEXTS = {"experiment", "dataset", "phase", "method", "judge", "protocol"}
COUNTS = {"seed", "gan_step", "d_step", "n"}
METRICS = ("good", "kl", "js", "modes", "spread", "mmd2", "sliced_wasserstein")
# Those whose names go on with their protocol: net, layer, count, split.
DISTANCES = ("fd_", "fid_", "kid_", "jsd")
SCORES = ("cs_", "is_", "precision_", "recall_", "density_", "coverage_", "labelled_")
MEASURED = (*METRICS, *DISTANCES, *SCORES, "efficiency", "seconds")


class Table:
    """A file of JSON lines, in the order in which they were appended.

    The same lines give the same bytes: fields keep their order, floats are
    written by `repr`, an undefined number is None. A line ends in its checksum, which
    `lines` leaves out; files of older versions, or of other origin, have none. In a
    `copy`, whose fields somebody may have left out or rounded, it is not asked for.
    """

    def __init__(self, path: os.PathLike | str, *, copy: bool = False):
        self.path = pathlib.Path(path)
        self._lines = _read(self.path, copy)

    def lines(self) -> list[dict[str, Any]]:
        return [dict(line) for line in self._lines]

    def find(
        self, fields: Mapping[str, Any], named: Iterable[str] = ()
    ) -> dict[str, Any] | None:
        """The first line with all of `fields`, and with any values of those `named`."""
        wanted, also = _plain(dict(fields)).items(), {*named}
        found = (row for row in self._lines if wanted <= row.items())
        return next((dict(row) for row in found if also <= row.keys()), None)

    def has(self, **fields: Any) -> bool:
        """Whether some line holds all of `fields`."""
        return self.find(fields) is not None

    def append(
        self,
        line: dict[str, Any],
        key: Sequence[str],
        place: Callable[[dict[str, Any]], Any] = lambda line: 0,
        named: Iterable[str] = (),
    ) -> bool:
        """Writes `line`, unless there is one with the same values under `key`.

        That one is kept as it is, so a resumed run doubles nothing; one that lacks a
        field of those `named` is another. Returns whether the line was written. It
        comes before the first whose `place` is further on.
        """
        line = _plain(line)
        if self.find({field: line[field] for field in key}, named):
            return False
        further = (i for i, row in enumerate(self._lines) if place(row) > place(line))
        at = next(further, len(self._lines))
        lines = [*self._lines[:at], line, *self._lines[at:]]
        with atomic.writing(self.path) as temporary:
            rows = [_summed(row, self.path.stem) for row in lines]
            temporary.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
        self._lines = lines
        return True


def _plain(value: Any, field: str = "") -> Any:
    """`value` as JSON gives it back: no NumPy scalars, no tuples, no NaN."""
    if isinstance(value, dict):
        return {name: _plain(part, name) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part, field) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise FloatingPointError(f"The result {field!r} is {value}, not a number.")
    return value


def _summed(line: dict[str, Any], name: str) -> str:
    return json.dumps({**line, SUM: _sum(line, name)}, allow_nan=False)


def _sum(line: dict[str, Any], name: str) -> str:
    return f"{zlib.crc32(f'{name} {json.dumps(line)}'.encode()):08x}"


def _read(path: pathlib.Path, copy: bool) -> list[dict[str, Any]]:
    try:
        files.regular(path)
    except FileNotFoundError:  # nothing else is an empty table
        return []
    except files.Unsound as error:
        raise errors.Refused(f"{error}: move it away") from None
    lines: list[dict[str, Any]] = []
    sums: list[Any] = []
    wrong: dict[int, str] = {}
    with open(path, "rb") as file:
        while text := file.readline(LONGEST + 1):
            try:
                lines.append(_line(text))
            except (ValueError, RecursionError) as error:
                lines.append({})
                wrong[len(lines)] = files.first_sentence(error)
                while len(text) > LONGEST and not text.endswith(b"\n"):
                    text = file.readline(LONGEST + 1) or b"\n"
    summed = not copy and any(SUM in line for line in lines)
    for number, line in enumerate(lines, start=1):
        sums.append(line.pop(SUM, None))
        if summed and number not in wrong and sums[-1] not in _sums(line, path.stem):
            wrong[number] = "it does not have its checksum"
    if wrong and (other := _of_another(lines, sums, path.stem)):
        raise errors.Refused(
            f"{str(path)!r} has the lines of {other}.jsonl: give each file its name "
            "back, or, if this one is a copy, remove it"
        )
    if wrong:
        raise errors.Refused(_damage(path, wrong, "remove" if summed else MEND))
    return lines


def _sums(line: dict[str, Any], name: str) -> set[str]:
    """What the checksum of a line may be in the file of that name."""
    return {_sum(line, one) for one in ((name,) if name in NAMES else (name, *NAMES))}


def _of_another(lines: Sequence[dict[str, Any]], sums: Sequence[Any], own: str) -> str:
    """Another table whose checksums most lines have; "" where there is none."""
    for name in {*NAMES} - {own} if own in NAMES else ():
        theirs = sum(found == _sum(line, name) for line, found in zip(lines, sums))
        if theirs > len(lines) / 2:
            return name
    return ""


def _damage(path: pathlib.Path, wrong: dict[int, str], advice: str) -> str:
    """The sentence on lines that are damaged, by their numbers."""
    (first, why), *others = wrong.items()
    if not others:
        return f"{str(path)!r}, line {first}, was damaged ({why}): {advice} that line"
    numbers = errors.some([*map(str, wrong)])
    return (
        f"{str(path)!r}, lines {numbers}, were damaged (line {first}: {why}): "
        f"{advice} those lines"
    )


def _line(text: bytes) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise ValueError("it is too long")
    line = files.parsed(text)
    if not isinstance(line, dict):
        raise ValueError("it is not a JSON object")
    for name, value in line.items():
        if name in TEXTS:
            good, kind = isinstance(value, str) and value.isprintable(), "a text"
        elif name in COUNTS:
            good, kind = type(value) is int, "a whole number"
        elif name.startswith(MEASURED):
            good, kind = type(value) in (int, float, type(None)), "a number"
        else:
            continue
        if not good:
            raise ValueError(f"its {name!r} is {str(value)[:40]!r}, not {kind}")
    return line
