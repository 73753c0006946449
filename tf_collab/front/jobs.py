"""A job: all that its samples depend on, and what is told of each of its blocks."""

import hashlib
import importlib.metadata
import os
import pathlib
import stat
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tf_collab as tc
from tf_collab import formats
from tf_collab.front import keeping
from tf_collab.front.outcome import Outcome

__all__ = [
    "FLAGS",
    "Job",
    "Written",
    "digest",
    "digests",
    "named",
    "size",
    "software",
]

FLAGS = ("method", "n", "block", "seed", "format", "threads")  # of a job, in a manifest


class Job(NamedTuple):
    """All that the bytes of a job's files depend on, and where they go."""

    folder: str  # of the blocks
    source: str  # folder of the collaboration
    inputs: tuple[tuple[str, str], ...]  # its files, each with its SHA-256
    software: tuple[tuple[str, str], ...]  # packages and their versions
    method: str
    n: int
    block: int  # samples of a block; the last may have fewer
    seed: int
    format: str
    threads: int  # of TensorFlow in each process
    opened: Callable[[str, Any], Outcome]  # source, given -> what tuning found
    given: Any = None
    beside: tuple[tuple[str, str], ...] = ()  # files outside of source, by name

    @property
    def total(self) -> int:
        """How many blocks there are."""
        return -(-self.n // self.block)

    def samples(self, index: int) -> int:
        """How many samples a block has."""
        return min(self.block, self.n - index * self.block)

    def name(self, index: int) -> str:
        """The file of a block, in `folder`."""
        return f"{index:06d}{formats.FORMATS[self.format].suffix}"


class Written(NamedTuple):
    """What is told of a block once its file is there."""

    number: int  # of the block
    samples: int
    sha256: str
    efficiency: float  # kept / proposed
    doubts: tuple[str, ...]
    size: int | None = None  # in bytes; None in a manifest of before sizes were told


def size(path: pathlib.Path, *, folder: bool = False) -> int | None:
    """Bytes of a file, or of a folder's files; None where there is no such thing.

    A link is neither, whatever it leads to, nor is a folder with one in it.
    """
    try:
        parts = [os.lstat(path)]
        if folder:
            if not stat.S_ISDIR(parts[0].st_mode):
                return None
            parts = [entry.stat(follow_symlinks=False) for entry in os.scandir(path)]
    except FileNotFoundError:
        return None
    if not all(stat.S_ISREG(part.st_mode) for part in parts):
        return None
    return sum(part.st_size for part in parts)


def digest(path: pathlib.Path) -> str:
    """SHA-256 of a file, or of the names and digests of a folder's files."""
    if path.is_dir():
        inside = [f"{file.name} {digest(file)}\n" for file in sorted(path.iterdir())]
        return hashlib.sha256("".join(inside).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(
    folder: str | os.PathLike, beside: Sequence[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    """The files of a collaboration, and those beside it, each with its SHA-256.

    OSError where the folder, or one of the files meanwhile, is not there.
    """
    there = keeping.FILES & {*os.listdir(folder)}
    own = tuple((name, digest(pathlib.Path(folder, name))) for name in sorted(there))
    return own + tuple((name, digest(pathlib.Path(path))) for name, path in beside)


def software() -> tuple[tuple[str, str], ...]:
    """The packages on which bits of samples and scores depend, and versions here."""
    others = ("tensorflow", "keras", "pillow", "numpy", "scipy")
    versions = [(name, importlib.metadata.version(name)) for name in others]
    return (("tf_collab", tc.__version__), *versions)


def named(found: Sequence[tuple[str, str]]) -> str:
    """Packages and their versions, as a sentence has them."""
    return ", ".join(f"{name} {version}" for name, version in found)
