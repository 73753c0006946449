"""Workers that draw cells: each enters a run once, for all cells of its GAN."""

import contextlib
import functools
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from experiments.benchmarking import book, cells, judging, subjects
from experiments.benchmarking.cells import Cell, Told
from experiments.benchmarking.subjects import Subject
from experiments.cli import errors
from experiments.rundir import locks

__all__ = ["Batch", "CellWorker", "Setting", "apart", "leave"]

Asked = Callable[[], judging.Judge]  # which looks at reals when it is first asked


class Setting(NamedTuple):
    """What is the same for all cells of a command."""

    workdir: str  # of the benchmark
    programs: Mapping[str, Any]  # whose runs are known, by name
    more: Mapping[str, Any]  # further flags of theirs
    n: int  # samples of a cell
    place: str | None = None  # for folders of workers that are apart; None: as usual


class Batch(NamedTuple):
    """Cells that one process draws: a sampler's, and one of a prior as short as it."""

    folder: str  # of the run
    line: Mapping[str, Any]  # what lines say of its GAN
    cells: tuple[Cell, ...]
    norm: float | None  # the mean square of the walk's latents, where it is known
    places: Mapping[str, Any]  # further flags of the run: where it finds its data


class CellWorker(contextlib.ExitStack):
    """A process's worker, which is in one run at a time.

    One that is `apart` works in a folder of its own, with a copy of what measures need,
    since a folder is one process's.
    """

    def __init__(self, *, apart: bool = False):
        super().__init__()
        self._apart = apart
        self._in: tuple[Any, Subject, Asked] | None = None

    def draw(self, setting: Setting, batch: Batch) -> Iterator[Told | None]:
        """What is told of each cell once it is drawn, None of one that there is not."""
        subject, judge = self._enter(setting, batch)
        return cells.draw(subject, judge, batch.cells, setting.n, batch.norm)

    def leave(self) -> None:
        """Leaves the run, and removes what this worker has of it."""
        self._in = None
        self.close()

    def prepare(self, setting: Setting, batch: Batch) -> None:
        """Makes what measures need, such as a classifier, where others may copy it."""
        subject, _ = self._enter(setting, batch)
        if subject.task.net is not None:
            subject.task.net()

    def _enter(self, setting: Setting, batch: Batch) -> tuple[Subject, Asked]:
        run = setting, batch.folder, batch.line
        if self._in is None or self._in[0] != run:
            self.leave()
            subject = self._entered(setting, batch)
            judge = functools.cache(lambda: judging.judge(subject.task, setting.n))
            self._in = run, subject, judge
        return self._in[1:]

    def _entered(self, setting: Setting, batch: Batch) -> Subject:
        workdir = setting.workdir
        with contextlib.ExitStack() as unheard:
            if self._apart:
                unheard.enter_context(contextlib.redirect_stderr(io.StringIO()))
                own = tempfile.TemporaryDirectory(prefix=book.WORKER, dir=setting.place)
                workdir = _copied(batch.folder, workdir, self.enter_context(own))
            more = {**setting.more, **batch.places}
            subject = self.enter_context(
                subjects.entered(batch.folder, workdir, setting.programs, more)
            )
            if self._apart and subject.task.net is not None:
                subject.task.net()
        if subject.line != batch.line:
            raise errors.Refused(
                f"--from_run={batch.folder!r} is not the same for all processes, or "
                "has changed: let nothing change it, and give the command again"
            )
        return subject


def _copied(folder: str, workdir: str, place: str) -> str:
    """`place`, with a copy of what measures of the run in `folder` need."""
    made = subjects.place(folder, workdir)
    if made.exists():
        no_lock = shutil.ignore_patterns(locks.NAME)
        copy = subjects.place(folder, place)
        shutil.copytree(made, copy, symlinks=True, ignore=no_lock)
    return place


@functools.cache
def _worker() -> CellWorker:
    """That of this process, until it ends."""
    return CellWorker(apart=True)


def leave() -> None:
    """Lets this process's worker leave its run."""
    _worker().leave()


def apart(setting: Setting, batch: Batch) -> list[Told | None]:
    """As `CellWorker.draw`, in a process that draws for another."""
    return list(_worker().draw(setting, batch))
