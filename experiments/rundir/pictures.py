"""The table and the curves of a run, and the pictures of one GAN step."""

import json
import pathlib
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.figure import Figure

from experiments.rundir import monitor, recovery, report, run_folder
from tf_collab import archives, files, marks, tables

__all__ = ["Album", "samples", "show", "write"]

_FIGURE = re.compile(r"figures/[\w.-]{1,200}\.png", re.ASCII)


def write(run: run_folder.Run, notes: Sequence[str]) -> None:
    """The run's table with its notes, and metrics against GAN and D steps."""
    lines = recovery.known(run)
    gan_steps = sorted({line["gan_step"] for line in lines})
    with run.writing("table.md") as path:
        text = report.table(lines, gan_steps, tables.METHODS) + "\n"
        if by_class := report.class_table(lines):
            text += f"\n{by_class}\n"
        text += "".join(f"\n{note}\n" for note in notes)
        path.write_text(text, encoding="utf-8")
    drawn = [
        (name, figure, monitor.png(figure)) for name, figure in report.curves(lines)
    ]
    new = [one for one in drawn if _is_new(run, one[0], one[2])]
    if not new:
        return
    watch = monitor.Monitor(run, "figures")
    for name, figure, encoded in new:
        _file(run, watch, gan_steps[-1], name, figure, name, encoded)
    watch.flush()


def _is_new(run: run_folder.Run, name: str, encoded: bytes) -> bool:
    path = run.at(f"figures/{name}.png")
    if run.pdf and not path.with_suffix(".pdf").exists():
        return True
    return not path.exists() or path.read_bytes() != encoded


class Album:
    """The pictures of one GAN step, in figures/ and in TensorBoard.

    `is_due` tells whether a result is new, a D has learned or a picture is lost; else
    they need not be made again.
    """

    def __init__(self, run: run_folder.Run, gan_step: int, d_steps: dict[str, int]):
        self.run, self.gan_step = run, gan_step
        lines = [line for line in recovery.known(run) if line["gan_step"] == gan_step]
        self.lines = lines
        self._shown = [[[line["method"], line["d_step"]] for line in lines], d_steps]
        self._mark = f"figures/shown-g{gan_step}.json"
        self._names: list[str] = []

    @property
    def is_due(self) -> bool:
        sums = _sums(self.run.at(self._mark), self._shown)
        also = [pathlib.Path(name).with_suffix(".pdf") for name in sums or ()]
        wanted = [*(sums or ()), *(map(str, also) if self.run.pdf else ())]
        if not sums or not all(self.run.at(name).is_file() for name in wanted):
            return True
        return bool(self._damaged())

    def _damaged(self) -> list[str]:
        """Pictures that are there and not as they were written."""
        sums = _sums(self.run.at(self._mark), self._shown) or {}
        known = {self.run.at(name): (name, sum) for name, sum in sums.items() if sum}
        there = {path: told for path, told in known.items() if path.is_file()}
        return [name for path, (name, sum) in there.items() if sum != _sum(path)]

    def __enter__(self) -> Self:
        for name in self._damaged():
            recovery.tell_remade(self.run, name)
        self.watch = monitor.Monitor(self.run, f"figures-g{self.gan_step}")
        return self

    def show(self, name: str, figure: Figure) -> None:
        """Files `figure` as figures/NAME-gSTEP.png."""
        at = self.gan_step
        self._names.append(
            show(self.run, self.watch, at, name, figure, f"{name}-g{at}")
        )

    def samples(self) -> dict[str, dict[str, np.ndarray]]:
        """By method, x, score and any label, drawn with the most steps of D."""
        return samples(self.run, self.lines)

    def __exit__(self, kind: Any, *error: Any) -> None:
        """The mark comes last, so that a run killed before makes them all again."""
        if kind is None:
            self.watch.flush()
            with self.run.writing(self._mark) as path:
                sums = {name: _sum(self.run.at(name)) for name in self._names}
                text = json.dumps([*self._shown, sums])
                path.write_text(text, encoding="utf-8")


def show(
    run: run_folder.Run,
    watch: monitor.Monitor,
    step: int,
    name: str,
    figure: Figure,
    file: str,
) -> str:
    """Writes a figure as figures/FILE.png, and as `name` in TensorBoard.

    With --pdf also as figures/FILE.pdf. Returns the name of the first, which says in
    itself of which FILE it is.
    """
    return _file(run, watch, step, name, figure, file, monitor.png(figure, file))


def _file(
    run: run_folder.Run,
    watch: monitor.Monitor,
    step: int,
    name: str,
    figure: Figure,
    file: str,
    encoded: bytes,
) -> str:
    written = f"figures/{file}.png"
    with run.writing(written) as path:
        path.write_bytes(encoded)
    if run.pdf:
        with run.writing(f"figures/{file}.pdf") as path:
            path.write_bytes(monitor.pdf(figure))
    watch.image(step, name, encoded)
    return written


def _sum(path: pathlib.Path) -> str:
    """What tells of a figure that was damaged or is another's."""
    return f"{zlib.crc32(path.read_bytes()):08x}"


def _sums(path: pathlib.Path, wanted: list) -> dict[str, str] | None:
    """The files in which was shown what is wanted, None if another was or none.

    Each has its checksum, which files of older versions lack.
    """
    try:
        files.regular(path)
        with files.reading(path):
            *shown, named = files.parsed(path.read_bytes())
            sums = dict(named) if isinstance(named, dict) else dict.fromkeys(named, "")
            sound = all(map(_FIGURE.fullmatch, sums))
    except (OSError, ValueError):
        return None
    return sums if sound and shown == wanted else None


def samples(
    run: run_folder.Run, lines: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, np.ndarray]]:
    """By method, what was drawn with the most steps of D."""
    found = {}
    for line in report.last_steps(lines):
        if line["n"]:
            key = {n: line[n] for n in ("gan_step", "d_step", "method")}
            name = recovery.sample_file(**key)
            try:
                path = run.at(name)
                found[line["method"]] = _drawn(path, line["n"], name)
            except (OSError, ValueError) as error:
                run.log(f"{name} is not shown: {error}")
    return found


def _drawn(path: pathlib.Path, n: int, name: str) -> dict[str, np.ndarray]:
    what = f"file of {n} samples"
    files.regular(path)
    if not marks.is_whole(path, name):
        raise ValueError(
            f"{str(path)!r} is damaged, or is that of another sampler or step: the "
            "run's own command draws it again"
        )
    drawn = archives.arrays(path, ("x", "score", "label"), what=what)
    with files.reading(path, what):
        of_each = {name: drawn[name].shape for name in drawn if name != "x"}
        if drawn["x"].shape[:1] != (n,) or {*of_each.values()} != {(n,)}:
            raise ValueError(f"it has {list(drawn['x'].shape)} of them")
    return drawn
