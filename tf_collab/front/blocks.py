"""Samples in blocks: block i is a function of a saved collaboration, a seed and i.

So sample i depends neither on who draws the blocks, nor on their order, nor on how
often a job was killed. A block has chains of its own; a burn-in is of the whole job.
"""

import functools
import os
import pathlib
import socket
from typing import Any

import numpy as np

import tf_collab as tc
from tf_collab import formats
from tf_collab.cpu import threads
from tf_collab.front import judging, labels, moves, quiet, samplers
from tf_collab.front.jobs import (
    Job,
    Written,
    digest,
    digests,
    named,
    size,
    software,
)
from tf_collab.front.outcome import Outcome
from tf_collab.tables import USUAL

__all__ = ["arrays", "leave", "limits", "no_images", "saved", "write"]

# Numbers of batches that a block may use. They are a word of 64 bits in the seeds of a
# batch, so that no two blocks share one.
BATCHES = 2**40
ROUNDING = 1e-3  # of values of images, which may be a little outside of -1 to 1


def write(job: Job, index: int, folder: str | None = None) -> Written:
    """Draws block `index` and writes its file, into `folder` in place of the job's.

    RuntimeError where software, inputs or threads here are not the job's.
    """
    threads.hold(job.threads)
    doubts: list[str] = []
    with quiet.quiet(doubts.append):
        draw, seen = _source(job)
        with quiet.of(samplers.asking(job.method)):
            drawn = draw(index)
    row = formats.FORMATS[job.format]
    block = formats.Block(arrays(drawn.x), index * job.block, seen)
    path = pathlib.Path(folder or job.folder, job.name(index))
    # Another process may write the same bytes: one of a job that was killed.
    with row.writing(path, by=f"{socket.gethostname()}-{os.getpid()}-") as place:
        row.write(place, block)
        told, length = digest(place), size(place, folder=row.folder)
    return Written(
        index,
        job.samples(index),
        told,
        drawn.efficiency,
        tuple(dict.fromkeys(doubts)),
        length,
    )


def leave() -> None:
    """Lets go of the collaboration of which this process has drawn."""
    _source.cache_clear()


@functools.lru_cache(maxsize=1)
def _source(job):
    other = sorted(digests(job.source, job.beside)) != sorted(job.inputs)
    # A job of before knows fewer packages.
    if not {*job.software} <= {*software()} or other:
        raise RuntimeError(
            f"this process has {named(software())} and the collaboration in "
            f"{job.source!r}, and the job was begun with {named(job.software)}"
            + (" and" + " other code or" * bool(job.beside)) * other
            + " another collaboration" * other
        )
    found = job.opened(job.source, job.given)
    gan = found.dials.gan(USUAL[job.method].refines)
    sampler = samplers.sampler(found.dials, job.method)
    of_all, of_starts, of_batches = tc.seeds.split(tc.seeds.as_seed(job.seed), 3)
    options = {
        "real": moves.scored(gan, found.real),
        "batch": min(job.block, moves.BATCH),
    }
    begin = functools.partial(tc.sampling.begin, sampler, gan.prior, **options)
    shared = begin(seed=of_all) if sampler.burn_in else None

    def draw(index):
        own = tc.seeds.fold_in(of_starts, index)
        return tc.sampling.draw(
            sampler,
            gan.prior,
            job.samples(index),
            seed=of_batches,
            first=index * BATCHES,
            state=begin(seed=own) if shared is None else shared,
            **options,
        )

    return draw, limits(found)


def saved(source: str, given: None) -> Outcome:
    """What a collaboration saved, all of whose nets are in its folder."""
    return tc.load_collaboration(source).outcome


def arrays(x: Any) -> dict[str, np.ndarray]:
    """Samples as arrays by name: x, and label where there are any beside it."""
    if not isinstance(x, tuple):
        return {"x": x}
    known = labels.beside(x)
    return {"x": x[0], "label": x[1] if known is None else known}


def limits(found: Outcome) -> tuple[float, float] | None:
    """What is black and white in samples; None where they are no images."""
    if no_images(found.shown):
        return None
    shown = judging.pixels(found.shown)
    return (0.0 if shown.min() >= 0 and shown.max() <= 1 else -1.0), 1.0


def no_images(rows: Any) -> str | None:
    """Why samples like these rows are no images; None where they are."""
    x = judging.pixels(rows)
    if x.ndim != 4 or x.shape[-1] not in formats.CHANNELS:
        return "these samples are none"
    low, high = float(x.min()), float(x.max())
    if low < -1 - ROUNDING or high > 1 + ROUNDING:
        return (
            f"the values of held-out reals go from {low:g} to {high:g}, where black "
            "and white are -1 and 1, or 0 and 1"
        )
    return None
