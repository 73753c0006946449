"""Filling the book: the cells that it lacks, drawn by the processes that flags name."""

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.benchmarking import cells, desks, subjects
from experiments.benchmarking.book import Book
from experiments.benchmarking.subjects import Subject
from experiments.rundir import progress
from experiments.stages import cluster_work
from tf_collab.front import cluster

__all__ = ["fill"]


def fill(
    config: Any, book: Book, programs: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """Draws and measures each cell that is not in the book yet.

    `programs` are the modules whose runs are known, by name; `more` are further flags
    of theirs. Whatever is refused of a run is refused before the first is drawn.
    """
    whole = os.path.abspath if config.cluster else str  # as workers find it
    setting = desks.Setting(whole(book.workdir), programs, more, config.n)
    heads: list[dict[str, Any]] = []
    left: list[desks.Batch] = []
    for folder in config.from_run:
        with subjects.entered(folder, book.workdir, programs, more) as subject:
            every = cells.cells(config)
            heads += [cells.head(subject, cell, config.n) for cell in every]
            left += _batches(whole(folder), subject, config, book)
    book.begin(heads)
    first = done = len(heads) - sum(len(batch.cells) for batch in left)
    with (
        desks.Desk() as desk,
        progress.bar("cells", len(heads), first=first, unit="cells") as reach,
    ):
        work = functools.partial(desk.draw, setting)
        if config.cluster:
            others = _apart(setting, config, book, left, desk)
            work = functools.partial(desks.apart, others)
        # Workers are gone before their folders are, also where this is broken off.
        with contextlib.closing(cluster_work.spread(config, work, left)) as found:
            for told in found:
                for one in filter(None, told):
                    book.add(*one)
                done += len(told)
                reach(done)


def _apart(
    setting: desks.Setting,
    config: Any,
    book: Book,
    left: list[desks.Batch],
    desk: desks.Desk,
) -> desks.Setting:
    """The setting of desks in other processes, which find what they copy."""
    for batch in {batch.folder: batch for batch in left}.values():
        desk.prepare(setting, batch)
    desk.close()
    if config.cluster != cluster.LOCAL:
        return setting
    return setting._replace(place=desk.enter_context(book.workers()))


def _batches(
    folder: str, subject: Subject, config: Any, book: Book
) -> Iterator[desks.Batch]:
    """The cells of a GAN that are not in the book yet."""
    every = list(cells.cells(config))
    shorter = {(c.walk, c.seed, c.budget): c for c in every if c.walk}
    for cell in every:
        if cell.walk:
            continue
        after = shorter.get((cell.method, cell.seed, cell.budget))
        heads = {c: cells.head(subject, c, config.n) for c in (cell, after) if c}
        norm = book.of(heads[cell]).get("z_square_after")
        wanted = tuple(c for c, line in heads.items() if not book.has(line))
        if cell in wanted or (wanted and norm is not None):
            yield desks.Batch(folder, subject.line, wanted, norm)
