"""Forms of sets that are not read, and advice what to do with them."""

import itertools
import os
import pathlib

__all__ = ["advice", "contents"]

_SHOWN = 4  # names in a sentence
# Patterns of names, up to two folders down, and advice for the first match.
_ADVICE = (
    (
        ("data.mdb",),
        "is an LMDB database, which is not read: export it to image files (python3 "
        "data.py export DATABASE --out_dir FOLDER, of LSUN's own program) and give "
        "their folder",
    ),
    (
        ("data_batch_1", "cifar-10-python.tar.gz"),
        "is of CIFAR-10's Python version, whose pickles could run code and are never "
        "read: get the binary version (cifar-10-binary.tar.gz, with data_batch_1.bin)",
    ),
    (
        ("data_batch_1.mat", "cifar-10-matlab.tar.gz"),
        "is of CIFAR-10's Matlab version, which is not read: get the binary version "
        "(cifar-10-binary.tar.gz, with data_batch_1.bin)",
    ),
    (
        ("training.pt",),
        "is a pickle, which could run code and is never read: give the folder raw with "
        "the IDX files",
    ),
    (
        (
            *("*.tar", "*.tar.gz", "*.tgz", "*.tar.bz2", "*.tar.xz"),
            *("*.zip", "*.7z", "*.7z.001", "*.rar"),
        ),
        "is an archive: unpack it first",
    ),
)


def advice(folder: os.PathLike | str) -> str | None:
    """A sentence about a known file that cannot be read as it is; None without one."""
    root = pathlib.Path(folder)
    for patterns, sentence in _ADVICE:
        for depth, pattern in itertools.product(("", "*/", "*/*/"), patterns):
            if matches := sorted(root.glob(depth + pattern)):
                return f"{str(matches[0])!r} {sentence}"
    return None


def contents(folder: os.PathLike | str | None) -> str:
    """The end of a sentence that says what a folder holds; "" if it is not a folder."""
    if folder is None or not os.path.isdir(folder):
        return ""
    names = sorted(os.listdir(folder))
    if not names:
        return ", which is empty"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f", which holds {', '.join(map(repr, names[:_SHOWN]))}{more}"
