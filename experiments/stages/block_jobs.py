"""A job of many samples: begun or gone on with, drawn in blocks, and verified."""

import contextlib
import functools
import pathlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import held_folder, locks, progress
from experiments.stages import cluster_work, job_records
from tf_collab import formats
from tf_collab.front import blocks, jobs, manifest, quiet, verifying

__all__ = ["check_format", "run", "verify"]

FOLDERS = manifest.FOLDER, "collaboration", "tuning"  # in that of a job
REDRAWN = 3  # blocks that --verify draws again
WORDS = {
    "same": "has the same bytes",
    "close": "has the same samples, to rounding",
    "other": "has other samples: on another kind of processor rounding may turn a "
    "decision of a sampler; on the same it means that something is wrong",
}


def run(
    config: Any,
    tuned: Callable[[], "tc.Collaboration"],
    show: Callable[["tc.Collaboration"], object],
) -> None:
    """Draws what is missing of the job in --workdir; `tuned` is asked where it begins.

    What `tuned` gives is in the folder of --collaboration, or in WORKDIR/collaboration.
    `show` writes what is shown of it, and is asked where the job goes on.
    """
    with _held(config) as folder, errors.blaming("", RuntimeError):
        kept = job_records.begun(config)
        if kept is None:
            kept = job_records.begin(config, tuned)
        else:
            show(job_records.collaboration(kept.job))
        job, lost = kept.job, kept.lost()
        missing = kept.missing(lost)
        if lost:
            progress.say(f"{_told(job, lost)}: they are drawn again now")
        pathlib.Path(job.folder).mkdir(exist_ok=True)
        kept.clear()
        there = job.n - sum(map(job.samples, missing))
        if there:
            progress.say(f"{there} of {job.n} samples are there")
        write = functools.partial(blocks.write, job)
        began, done = time.monotonic(), there
        told = {quiet.kind(d) for block in kept.blocks.values() for d in block.doubts}
        folder.at(manifest.FOLDER)
        try:
            with progress.bar("samples", job.n, first=there, unit="samples") as reach:
                for block in cluster_work.results(
                    config, write, missing, job.threads, blocks.leave
                ):
                    folder.at(manifest.FOLDER)
                    kept.add(block)
                    done += block.samples
                    reach(done)
                    for doubt in block.doubts:
                        if quiet.kind(doubt) not in told:
                            told.add(quiet.kind(doubt))
                            progress.say(f"note, of block {block.number}: {doubt}")
        finally:
            kept.save()
        kept.clear()
        if lost := kept.lost():
            raise errors.Refused(
                f"{_told(job, lost)} in {job.folder!r}: the same command draws again "
                "what is lost"
            )
    seconds = time.monotonic() - began
    place = str(pathlib.Path(config.workdir, manifest.FOLDER))
    print(
        f"{job.n} samples by {job.method} are in {place!r}, "
        f"{job.total} blocks with their checksums in {formats.MANIFEST}; this command "
        f"drew {done - there} of them in {seconds:.1f} s"
    )


def _told(job: jobs.Job, lost: dict[int, str]) -> str:
    """What is lost of the blocks that were written, as the subject of a sentence."""
    return (
        f"{len(lost)} of {job.total} blocks are missing, or of another size than when "
        f"they were written, such as {next(iter(lost.values()))!r}"
    )


def check_format(config: Any, c: "tc.Collaboration") -> None:
    """Refuses a format of images alone for other samples; `c` need not be tuned."""
    if config.format is None or not formats.FORMATS[config.format].images:
        return
    if why := blocks.no_images(c.shown):
        raise errors.Refused(
            f"--format={config.format} is of images, and {why}: take another format"
        )


def _verified(count: int, total: int) -> str:
    """That so many blocks of `total` are finished, and as they were written."""
    if count == 0:
        return "no block is finished yet: the command without --verify draws them"
    if count == total:
        have = "its one block has" if total == 1 else f"all {total} blocks have"
        return f"{have} the bytes of {formats.MANIFEST}"
    are = "is finished and has" if count == 1 else "are finished and have"
    named = "block" + "s" * (count != 1)
    left = f"{total - count} {'is' if total - count == 1 else 'are'} not drawn yet"
    return f"{count} {named} {are} the bytes of {formats.MANIFEST}, {left}"


def verify(config: Any) -> None:
    """Tells whether all files are those of the manifest, and draws some again."""
    with _held(config), errors.blaming("", RuntimeError):
        kept = job_records.begun(config)
        assert kept is not None  # as the flags were asked for
        job, count = kept.job, len(kept.blocks)
        with progress.bar("checksums", count, unit="blocks") as reach:
            wrong = verifying.damaged(kept, reach)
        if wrong:
            paths = [repr(str(pathlib.Path(job.folder, name))) for name in wrong]
            raise errors.Refused(
                f"{len(wrong)} of {count} blocks are missing or have other bytes than "
                f"when they were written ({errors.some(paths)}): "
                "remove them, and the command without --verify draws them again"
            )
        print(_verified(count, job.total))
        picked = sorted(random.sample(sorted(kept.blocks), min(REDRAWN, count)))
        again = verifying.redrawn(kept, picked)
        for index, found in again.items():
            print(f"block {index}, drawn again, {WORDS[found]}")
        others = [index for index, found in again.items() if found == "other"]
        if others:
            raise errors.Refused(
                f"{len(others)} of {len(again)} blocks have other samples when they "
                f"are drawn again, such as block {others[0]}"
            )


@contextlib.contextmanager
def _held(config: Any) -> Iterator[held_folder.HeldFolder]:
    with held_folder.HeldFolder(config.workdir) as folder, locks.locked(folder.held):
        for name in (formats.MANIFEST, *FOLDERS):
            folder.at(name)
        yield folder
