"""Images too many for memory: a `.npy` file, written once and read by rows."""

import errno
import os
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from tf_collab import atomic, files

__all__ = ["MappedPixels", "write"]


class MappedPixels:
    """uint8 `[n, height, width, channels]` in a `.npy` file, read when asked for.

    `pixels[key]` is an array in memory, for any key of one axis: a number, a slice,
    an array of rows. Raises OSError if the file vanished or shrank meanwhile.
    """

    def __init__(self, path: os.PathLike | str, rows: np.ndarray | None = None):
        self.path = pathlib.Path(path)
        files.regular(self.path)
        self._bytes = self.path.stat().st_size
        with files.reading(self.path, "map of images"):
            self._file = np.lib.format.open_memmap(self.path, mode="r")
            if self._file.dtype != np.uint8 or self._file.ndim != 4:
                raise ValueError(
                    f"it has {self._file.dtype} {list(self._file.shape)}, and not "
                    "uint8 [n, height, width, channels]"
                )
            # One that is cut short cannot be mapped; more is another file's.
            if self._file.offset + self._file.nbytes != self._bytes:
                raise ValueError(
                    f"it has {self._bytes} bytes, and its header says "
                    f"{self._file.offset + self._file.nbytes}"
                )
        self._rows = np.arange(len(self._file)) if rows is None else rows
        self.shape = (len(self._rows), *self._file.shape[1:])
        self.ndim, self.dtype = self._file.ndim, self._file.dtype

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Any) -> np.ndarray:
        self._check()
        return np.take(self._file, self._rows[key], axis=0).view(np.ndarray)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def subset(self, rows: np.ndarray) -> "MappedPixels":
        """Some of its rows, still on disk."""
        return MappedPixels(self.path, self._rows[rows])

    def _check(self):
        """A page that the file has lost would kill the process without a word."""
        try:
            lost = self.path.stat().st_size < self._bytes
        except OSError as error:
            why = f"{error.strerror} (these images were in use)"
            raise OSError(error.errno, why, str(self.path)) from error
        if lost:
            why = f"{os.strerror(errno.EIO)} (cut short while its images were in use)"
            raise OSError(errno.EIO, why, str(self.path))


def write(path: pathlib.Path, count: int, blocks: Iterable[np.ndarray]) -> None:
    """Writes blocks `[k, ...]` of uint8, `count` rows at most, one after the other.

    The file appears under its name when it is whole, and its folder exists.
    """
    kept, shape = 0, ()
    # By the process: two that write the same images do not meet.
    with (
        atomic.writing(path, by=f"{os.getpid()}-") as temporary,
        open(temporary, "wb") as file,
    ):
        for block in blocks:
            if not kept:
                shape = block.shape[1:]
                _write_header(file, (count, *shape))
            # Not through a map: a full disk is an error here, a signal there.
            file.write(block.tobytes())
            kept += len(block)
        file.seek(0)
        _write_header(file, (kept, *shape))


def _write_header(file, shape):
    """Of the same length for every number of rows, as NumPy pads it."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
