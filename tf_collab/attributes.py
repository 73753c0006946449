"""Reads all attributes of an HDF5 file: a program of its own, `archives` runs it.

The library behind h5py takes the lengths in a damaged file at their word: it fills the
memory or never comes back, and nothing in the same process could stop it.
"""

import contextlib
import resource
import sys

import h5py

__all__ = ["main"]

SECONDS, BYTES = 5, 2**30  # of the processor, beyond what importing took


def main(path: str) -> None:
    with (
        contextlib.suppress(OSError),  # another system than Linux
        open("/proc/self/statm", encoding="utf-8") as file,
    ):
        most = int(file.read().split()[0]) * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with h5py.File(path, "r") as root:
        _read(root)
        root.visititems(lambda name, item: _read(item))


def _read(item):
    for name in item.attrs:
        _ = item.attrs[name]


if __name__ == "__main__":
    main(sys.argv[1])
