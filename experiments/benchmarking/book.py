"""What a benchmark wrote: a line for each cell, its times, its table and its page."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator
from typing import Any, Self

from experiments.benchmarking import page, pictures, summary, tables_shown
from experiments.rundir import jsonl, monitor, run_folder
from experiments.stages import held_runs

__all__ = ["Book", "key_of"]

# What tells the cells apart; the other fields of a line follow from these.
KEY = ("checkpoint", "d", "d_step", "seed", "method", "budget", "n")
WORKERS = "workers"  # a folder
WORKER = "tf_collab-worker-"  # begins the name of one in it


def key_of(line: dict[str, Any]) -> tuple:
    """What two lines of the same cell have alike."""
    return tuple(line[name] for name in KEY)


class Book:
    """The folder of a benchmark, held and locked for the length of a `with` block.

    `benchmark.jsonl` has what GANs, flags and seeds determine, `timings.jsonl` seconds
    and memory.
    """

    def __init__(self, config: Any):
        self._config = config
        self._places: dict[tuple, int] = {}
        self._run = run_folder.Run(
            config.workdir, config, experiment="benchmark", resume=True
        )

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as leave:
            run = leave.enter_context(self._run)
            held_runs.refuse_other_version(run)
            self.workdir = str(pathlib.Path(self._config.workdir))
            self._lines = jsonl.Table(run.at("benchmark.jsonl"))
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave.__exit__(*error)

    def begin(self, heads: Iterable[dict[str, Any]]) -> None:
        """Writes the first file: all that can be refused was.

        Lines will be in the order of `heads`, which they begin with, whatever comes
        first.
        """
        self._run.begin("benchmark", {})
        self._clear()
        self._places = {key_of(line): place for place, line in enumerate(heads)}

    def has(self, line: dict[str, Any]) -> bool:
        return self._lines.has(**dict(zip(KEY, key_of(line))))

    def of(self, line: dict[str, Any]) -> dict[str, Any]:
        """The line with the same key; {} if there is none."""
        return self._lines.find(dict(zip(KEY, key_of(line)))) or {}

    def add(
        self,
        line: dict[str, Any],
        seconds: float | None = None,
        memory: dict[str, int] | None = None,
    ) -> None:
        """Adds a cell; its times come first, so that no line lacks them."""
        if seconds is not None:
            run_memory = {"peak_memory_mib": memory}
            key = dict(zip(KEY, key_of(line)))
            self._run.timed(seconds, measured=run_memory, **key)
        self._lines.append(line, key=KEY, place=self._place)
        self._run.stay()

    @contextlib.contextmanager
    def workers(self) -> Iterator[str]:
        """A folder for those of workers; one that is killed leaves its own in it."""
        self._run.folder(WORKERS)
        try:
            yield os.path.abspath(pathlib.Path(self.workdir, WORKERS))
        finally:
            self._clear()

    def _clear(self) -> None:
        """Removes what workers left, also those of a command that was killed."""
        place = self._run.at(WORKERS)
        for own in place.glob(f"{WORKER}*"):
            shutil.rmtree(own, ignore_errors=True)
        with contextlib.suppress(OSError):  # it is not there, or others use it
            place.rmdir()

    def _place(self, line: dict[str, Any]) -> int:
        """Those of other commands stay where they are, at the top."""
        return self._places.get(key_of(line), -1)

    def finish(self) -> str:
        """Writes table, figures and page; returns a short table, and where they are."""
        run = self._run
        groups = summary.groups(self._lines.lines(), run.timings.lines(), KEY)
        with run.writing("table.md") as path:
            path.write_text(tables_shown.text(groups), encoding="utf-8")
        drawn = {}
        for number, group in enumerate(groups):
            figure = pictures.tradeoffs(group)
            with run.writing(f"figures/tradeoffs-{number}.png") as path:
                path.write_bytes(monitor.png(figure))
            wide = pictures.svg(figure, salt=group.title)
            column = pictures.tradeoffs(group, across=1)
            narrow = pictures.svg(column, salt=f"{group.title} in a column")
            drawn[group.title] = page.Figure(wide, narrow)
        with run.writing("report.html") as path:
            path.write_text(page.html(groups, drawn), encoding="utf-8")
        page_at, table_at = (
            pathlib.Path(self.workdir, name) for name in ("report.html", "table.md")
        )
        return (
            f"{tables_shown.short(groups)}\nThe other numbers, and why cells are "
            f"empty, are in {page_at} and {table_at}."
        )
