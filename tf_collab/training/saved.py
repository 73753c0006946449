"""One checkpoint in its folder: its mark, its damage, its removal."""

import errno
import json
import math
import os
import pathlib
import stat
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import files

__all__ = ["MARK", "PREFIX", "damage", "is_checkpoint", "mark", "remove"]

PREFIX = "variables"  # the names of a checkpoint's files begin with it
MARK = "mark"  # the name of the variable that holds the mark

# Words in TensorFlow's errors that mean: the system cannot read the file just now.
_PASSING = [
    os.strerror(code)
    for code in (
        *(errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
        *(errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EBUSY),
        *(errno.ENODEV, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    )
]


def is_checkpoint(folder: pathlib.Path) -> bool:
    """Whether `folder` holds a checkpoint, sound or damaged.

    Raises OSError if the folder cannot be read.
    """
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        return False
    return any(name.startswith(f"{PREFIX}.") for name in os.listdir(folder))


def damage(folder: pathlib.Path) -> str | None:
    """A sentence on what is wrong with the content, or None; reads all of it.

    Raises OSError if the system could not read a file, which is not damage.
    """
    try:
        size = _size(folder)
    except files.Unsound as error:
        return str(error)
    try:
        reader = tf.train.load_checkpoint(str(folder / PREFIX))
        shapes = reader.get_variable_to_shape_map()
        types = reader.get_variable_to_dtype_map()
        for name, shape in shapes.items():
            # A damaged shape may ask for more memory than there is.
            if math.prod(shape) * max(1, types[name].size) > size:
                return f"{name} has the shape {shape}, and all files {size} bytes"
            value = reader.get_tensor(name)
            # NaN is what a net that diverged leaves; a mask, or the best so far, may
            # be infinite.
            if types[name].is_floating and np.isnan(value).any():
                return f"{name} has values that are not numbers"
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        _size(folder)  # gone or out of reach meanwhile?
        if isinstance(error, MemoryError):
            bytearray(2 * size)  # fails as well if memory is short without any damage
            return "it asks for more memory than there is"
        for words in _PASSING:
            if words in str(error):
                raise OSError(f"{str(folder)!r} failed: {words}.") from error
        return files.first_sentence(error)
    return None


def mark(folder: pathlib.Path) -> dict[str, Any] | None:
    """The mark of a sound checkpoint; None if it is older than marks."""
    reader = tf.train.load_checkpoint(str(folder / PREFIX))
    name = f"{MARK}/.ATTRIBUTES/VARIABLE_VALUE"
    if not reader.has_tensor(name):
        return None
    try:
        value = json.loads(reader.get_tensor(name))
    except (ValueError, TypeError, RecursionError):
        value = None
    if isinstance(value, dict) and "step" in value:
        return value
    return {"step": None}  # which is not the mark of any step


def remove(folder: pathlib.Path) -> None:
    """Removes a checkpoint's files, and its folder unless other files are in it.

    Removes nothing if `folder` is a link or does not exist. Raises OSError if a file
    cannot be removed.
    """
    if not folder.is_dir() or folder.is_symlink():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(PREFIX):
                continue
            if entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)
            elif entry.is_dir(follow_symlinks=False):  # left by an interrupted write
                for part in pathlib.Path(entry.path).glob("part-*"):
                    part.unlink()
                _remove_if_empty(entry.path)
    _remove_if_empty(folder)


def _remove_if_empty(folder: os.PathLike | str) -> None:
    try:
        os.rmdir(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _size(folder: pathlib.Path) -> int:
    """The size of a checkpoint's files in bytes; reads all of them."""
    size = 0
    for name in os.listdir(folder):
        if name.startswith(f"{PREFIX}."):
            size += _bytes(folder / name)
    return size


def _bytes(path: pathlib.Path) -> int:
    try:
        # A named pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise files.Unsound(f"{path.name} is a link") from None
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise files.Unsound(f"{path.name} is not a regular file")
        return sum(map(len, iter(lambda: os.read(descriptor, 2**20), b"")))
    finally:
        os.close(descriptor)
