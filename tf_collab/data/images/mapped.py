"""Images that do not fit into memory: a `.npy` file, written once and read by rows."""

import errno
import os
import pathlib
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from tf_collab import atomic, files

__all__ = ["MappedPixels", "write"]


class MappedPixels:
    """uint8 `[n, height, width, channels]` in a `.npy` file, read when it is indexed.

    `pixels[key]` is an array in memory; key is a number, a slice or an array of rows.
    Indexing raises OSError if the file has vanished or shrunk. Raises ValueError if the
    file does not hold such an array.
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
            # NumPy refuses a file that is cut short, but not one that is too long.
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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def subset(self, rows: np.ndarray) -> "MappedPixels":
        """Some of the rows, still on disk."""
        return MappedPixels(self.path, self._rows[rows])

    def _check(self) -> None:
        """Raises OSError if the file shrank: reading a lost page kills the process."""
        try:
            lost = self.path.stat().st_size < self._bytes
        except OSError as error:
            why = f"{error.strerror} (these images were in use)"
            raise OSError(error.errno, why, str(self.path)) from error
        if lost:
            why = f"{os.strerror(errno.EIO)} (cut short while its images were in use)"
            raise OSError(errno.EIO, why, str(self.path))


def write(path: pathlib.Path, count: int, blocks: Iterable[np.ndarray]) -> None:
    """Writes blocks `[k, ...]` of uint8 one after the other, `count` rows at most.

    The file appears under its name when it is complete. Its folder must exist. Raises
    OSError if the file cannot be written.
    """
    kept, shape = 0, ()
    # By process, so that two that write the same images do not collide.
    with (
        atomic.writing(path, by=f"{os.getpid()}-") as temporary,
        open(temporary, "wb") as file,
    ):
        for block in blocks:
            if not kept:
                shape = block.shape[1:]
                _write_header(file, (count, *shape))
            # Not through a map, where a full disk would be a signal, not an error.
            file.write(block.tobytes())
            kept += len(block)
        file.seek(0)
        _write_header(file, (kept, *shape))


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Writes a header; NumPy pads it to one length for every number of rows."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
