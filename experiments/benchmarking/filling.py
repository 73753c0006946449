"""Filling the book: the cells that it lacks, drawn by the processes that flags name."""

import contextlib
import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from experiments.benchmarking import cell_workers, cells, subjects
from experiments.benchmarking.book import Book, key_of
from experiments.benchmarking.subjects import Subject
from experiments.rundir import progress
from experiments.stages import cluster_work
from tf_collab.front import cluster

__all__ = ["fill"]

Work = Callable[[cell_workers.Batch], Iterable[cells.Told | None]]


def fill(
    config: Any, book: Book, programs: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """Draws and measures each cell that is not in the book yet.

    `programs` are the modules whose runs are known, by name; `more` are further flags
    of theirs. Whatever is refused of a run is refused before the first is drawn.
    """
    whole = os.path.abspath if config.cluster else str  # as workers find it
    setting = cell_workers.Setting(whole(book.workdir), programs, more, config.n)
    heads: list[dict[str, Any]] = []
    left: list[cell_workers.Batch] = []
    listed: set[tuple] = set()  # keys: a run may be given by two of its names
    for folder in config.from_run:
        with subjects.entered(folder, book.workdir, programs, more) as subject:
            every = cells.cells(config)
            heads += [cells.head(subject, cell, config.n) for cell in every]
            places = subject.places() if config.cluster else {}
            left += _batches(whole(folder), subject, config, book, places, listed)
    book.begin(heads)
    first = done = len(heads) - sum(len(batch.cells) for batch in left)
    with (
        cell_workers.CellWorker() as worker,
        progress.bar("cells", len(heads), first=first, unit="cells") as reach,
    ):
        work: Work = functools.partial(worker.draw, setting)
        if config.cluster:
            others = _apart(setting, config, book, left, worker)
            work = functools.partial(cell_workers.apart, others)
        # Workers are gone before their folders are, also where this is broken off.
        found = cluster_work.spread(config, work, left, cell_workers.leave)
        with contextlib.closing(found):
            for told in itertools.chain.from_iterable(found):
                if told is not None:
                    book.add(*told)
                done += 1
                reach(done)


def _apart(
    setting: cell_workers.Setting,
    config: Any,
    book: Book,
    left: list[cell_workers.Batch],
    worker: cell_workers.CellWorker,
) -> cell_workers.Setting:
    """The setting of workers in other processes, which find what they copy."""
    for batch in {batch.folder: batch for batch in left}.values():
        worker.prepare(setting, batch)
    worker.close()
    if config.cluster != cluster.LOCAL:
        return setting
    return setting._replace(place=worker.enter_context(book.workers()))


def _batches(
    folder: str,
    subject: Subject,
    config: Any,
    book: Book,
    places: Mapping[str, Any],
    listed: set[tuple],
) -> Iterator[cell_workers.Batch]:
    """The cells of a GAN that are neither in the book nor `listed`, and lists them."""
    every = list(cells.cells(config))
    shorter = {(c.walk, c.seed, c.budget): c for c in every if c.walk}
    for cell in every:
        if cell.walk:
            continue
        after = shorter.get((cell.method, cell.seed, cell.budget))
        heads = {c: cells.head(subject, c, config.n) for c in (cell, after) if c}
        norm = book.of(heads[cell]).get("z_square_after")
        due = {c: key_of(line) for c, line in heads.items() if not book.has(line)}
        wanted = tuple(c for c, own in due.items() if own not in listed)
        listed.update(due.values())
        if cell in wanted or (wanted and norm is not None):
            yield cell_workers.Batch(folder, subject.line, wanted, norm, places)
