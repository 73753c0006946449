"""What is there of a job: its flags, and a checksum of each block that is written."""

import json
import os
import pathlib
import re
import shutil
import time
from collections.abc import Collection, Mapping
from typing import Any

from tf_collab import atomic, files, formats
from tf_collab.front import jobs
from tf_collab.tables import USUAL

__all__ = ["FOLDER", "Manifest", "read"]

FOLDER = formats.BLOCKS  # beside it
LEAST = {"n": 1, "block": 1, "seed": 0, "threads": 1}
EVERY = 10.0  # seconds between two writes of a manifest
WHAT = "manifest of a job"


def read(folder: os.PathLike | str) -> dict[str, Any] | None:
    """The manifest in a folder; None if there is none, ValueError if it is damaged."""
    path = pathlib.Path(folder, formats.MANIFEST)
    if not path.exists():
        return None
    record = files.record(path, WHAT)
    with files.reading(path, WHAT):
        found = {
            name: _object(record, name) for name in ("flags", "software", "inputs")
        }
        _check_flags(found["flags"])
        for name in ("software", "inputs"):
            if not all(isinstance(told, str) for told in found[name].values()):
                raise ValueError(f"{name!r} has other values than text")
        told = _object(record, "blocks").items()
        found["blocks"] = {int(i): _written(int(i), block) for i, block in told}
        _check_blocks(found["flags"], found["blocks"])
        return found


class Manifest:
    """The manifest of a job in `folder`; a block is there once it is in it.

    A block that was written in the last seconds before a kill is not, and is drawn
    again, to the same bytes.
    """

    def __init__(self, folder: os.PathLike | str, job: jobs.Job, flags: Mapping):
        self.path, self.job, self.flags = (
            pathlib.Path(folder, formats.MANIFEST),
            job,
            dict(flags),
        )
        found = read(folder)
        self.blocks: dict[int, jobs.Written] = found["blocks"] if found else {}
        self._saved = time.monotonic()

    def missing(self, lost: Collection[int] | None = None) -> list[int]:
        """The blocks to draw: those that are not here, or that are `lost`."""
        lost = self.lost() if lost is None else lost
        return [i for i in range(self.job.total) if i not in self.blocks or i in lost]

    def lost(self) -> dict[int, str]:
        """The names of written blocks whose files are gone or have another size now."""
        job, folder = self.job, formats.FORMATS[self.job.format].folder
        lost = {}
        for i, written in self.blocks.items():
            found = jobs.size(pathlib.Path(job.folder, job.name(i)), folder=folder)
            if found is None or written.size not in (None, found):
                lost[i] = job.name(i)
        return lost

    def clear(self) -> None:
        """Removes what processes that were killed had begun to write, and no links."""
        suffix = formats.FORMATS[self.job.format].suffix
        start = re.escape(atomic.PREFIX)
        ours = re.compile(rf"{start}[\w.-]+-\d+-(old-)?\d{{6}}{re.escape(suffix)}")
        for path in pathlib.Path(self.job.folder).glob(f"{atomic.PREFIX}*"):
            if not ours.fullmatch(path.name) or path.is_symlink():
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def add(self, written: jobs.Written) -> None:
        """A block whose file is there; the manifest is written now and then."""
        self.blocks[written.number] = written
        if time.monotonic() - self._saved > EVERY:
            self.save()

    def save(self) -> None:
        """Writes the manifest, whole or not at all."""
        told = {
            f"{i:06d}": {"file": f"{FOLDER}/{self.job.name(i)}"} | _told(written)
            for i, written in sorted(self.blocks.items())
        }
        record = {
            "flags": dict(sorted(self.flags.items())),
            "software": dict(self.job.software),
            "inputs": dict(self.job.inputs),
            "blocks": told,
        }
        with atomic.writing(self.path) as path:
            path.write_text(json.dumps(files.sealed(record), indent=1) + "\n", "utf-8")
        self._saved = time.monotonic()


def _told(written):
    told = written._asdict()
    del told["number"]
    return told


def _object(record, name):
    if not isinstance(record[name], dict):
        raise ValueError(f"{name!r} is not a JSON object")
    return dict(record[name])


def _check_flags(flags):
    for name, least in LEAST.items():
        if type(flags[name]) is not int or flags[name] < least:
            raise ValueError(f"{name!r} is not a whole number from {least} on")
    for name, known in (("method", USUAL), ("format", formats.FORMATS)):
        if not isinstance(flags[name], str) or flags[name] not in known:
            raise ValueError(f"{name!r} is none of {', '.join(known)}")


def _check_blocks(flags, blocks):
    n, size = flags["n"], flags["block"]
    for i, block in blocks.items():
        if not 0 <= i * size < n or block.samples != min(size, n - i * size):
            raise ValueError(f"block {i} of {block.samples} samples is not of the job")


def _written(index, told):
    return jobs.Written(
        index,
        int(told["samples"]),
        str(told["sha256"]),
        float(told["efficiency"]),
        tuple(map(str, told["doubts"])),
        None if told.get("size") is None else int(told["size"]),
    )
