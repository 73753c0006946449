"""Reads all attributes of an HDF5 file: a program that `archives` runs.

The library behind h5py trusts the lengths in a damaged file. It then fills the memory
or never returns, and nothing in the same process could stop it.
"""

import contextlib
import resource
import sys

import h5py

__all__ = ["main"]

SECONDS, BYTES = 5, 2**30  # of processor time; of memory, beyond what importing took


def main(path: str) -> None:
    """Reads every attribute within SECONDS and BYTES; fails if one is damaged."""
    with (
        contextlib.suppress(OSError),  # a system other than Linux
        open("/proc/self/statm", encoding="utf-8") as file,
    ):
        most = int(file.read().split()[0]) * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with h5py.File(path, "r") as root:
        _read(root)
        root.visititems(lambda name, item: _read(item))


def _read(item: h5py.Group | h5py.Dataset) -> None:
    for name in item.attrs:
        _ = item.attrs[name]


if __name__ == "__main__":
    main(sys.argv[1])
