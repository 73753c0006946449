"""Whether the files of a job are those of its manifest, and can be drawn again."""

import pathlib
import tempfile
from collections.abc import Callable, Sequence

import numpy as np

from tf_collab import formats
from tf_collab.front import blocks, jobs, manifest

__all__ = ["damaged", "redrawn"]

# Of floats that are drawn with other threads or on another machine, in spreads of the
# samples of a block.
TOLERANCE = 1e-3


def damaged(
    kept: manifest.Manifest, reach: Callable[[int], None] = lambda done: None
) -> list[str]:
    """The blocks of a manifest whose files are missing or have other bytes.

    A link, or what is no file of its format, is no block, whatever it leads to.
    """
    job, wrong = kept.job, []
    for done, (index, written) in enumerate(kept.blocks.items(), start=1):
        path = pathlib.Path(job.folder, job.name(index))
        folder = formats.FORMATS[job.format].folder
        there = jobs.size(path, folder=folder) is not None
        if not there or jobs.digest(path) != written.sha256:
            wrong.append(job.name(index))
        reach(done)
    return wrong


def redrawn(kept: manifest.Manifest, indices: Sequence[int]) -> dict[int, str]:
    """Blocks that are drawn once more, each `same` in bytes, `close` or `other`."""
    job, found = kept.job, {}
    for index in indices:
        with tempfile.TemporaryDirectory() as folder:
            again = blocks.write(job, index, folder)
            if again.sha256 == kept.blocks[index].sha256:
                found[index] = "same"
                continue
            read = formats.FORMATS[job.format].read
            name = job.name(index)
            old, new = (
                read(pathlib.Path(where, name)) for where in (job.folder, folder)
            )
            found[index] = "close" if _close(old, new) else "other"
    return found


def _close(old, new):
    if old.keys() != new.keys():
        return False
    x = old["x"]
    # One grey level, or a part of the spread and the rounding of the numbers.
    step = 1.0 if x.dtype == np.uint8 else TOLERANCE * float(np.std(x, dtype=float))
    if x.dtype != np.uint8:
        step += 16 * float(np.finfo(np.float32).eps) * float(np.max(np.abs(x)))
    return all(
        old[name].shape == new[name].shape
        and np.all(np.abs(old[name].astype(float) - new[name]) <= step * (name == "x"))
        for name in old
    )
