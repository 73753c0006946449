"""One checkpoint in its folder: what it says it is, what is wrong with it, its end."""

import errno
import json
import math
import os
import pathlib
import stat
from typing import Any

import tensorflow as tf

from tf_collab import files

__all__ = ["MARK", "PREFIX", "damage", "is_checkpoint", "mark", "remove"]

PREFIX = "variables"  # with which the names of all its files begin
MARK = "mark"  # the name of the variable in which it says what it is

# What TensorFlow's words tell of a system that cannot read just now.
_PASSING = [
    os.strerror(code)
    for code in (
        *(errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
        *(errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EBUSY),
        *(errno.ENODEV, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    )
]


def is_checkpoint(folder: pathlib.Path) -> bool:
    """Whether `folder` is one, sound or not, rather than somebody's own folder."""
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        return False
    return any(name.startswith(f"{PREFIX}.") for name in os.listdir(folder))


def damage(folder: pathlib.Path) -> str | None:
    """What is wrong with the content, or None: reads all of it.

    What the system could not read is an OSError: it says nothing of the content.
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
            reader.get_tensor(name)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        _size(folder)  # gone or out of reach meanwhile?
        if isinstance(error, MemoryError):
            bytearray(2 * size)  # fails too, where it is not damage that asks for more
            return "it asks for more memory than there is"
        for words in _PASSING:
            if words in str(error):
                raise OSError(f"{str(folder)!r} failed: {words}.") from error
        return files.first_sentence(error)
    return None


def mark(folder: pathlib.Path) -> dict[str, Any] | None:
    """What a sound checkpoint says it is; None of one from before there were marks."""
    reader = tf.train.load_checkpoint(str(folder / PREFIX))
    name = f"{MARK}/.ATTRIBUTES/VARIABLE_VALUE"
    if not reader.has_tensor(name):
        return None
    try:
        found = json.loads(reader.get_tensor(name))
    except (ValueError, TypeError, RecursionError):
        found = None
    if isinstance(found, dict) and "step" in found:
        return found
    return {"step": None}  # of no step, whoever wrote it


def remove(folder: pathlib.Path) -> None:
    """Removes a checkpoint's files, and the folder unless it holds others too.

    Where `folder` is a link or is missing, nothing is removed.
    """
    if not folder.is_dir() or folder.is_symlink():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(PREFIX):
                continue
            if entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)
            elif entry.is_dir(follow_symlinks=False):  # of one that was half written
                for part in pathlib.Path(entry.path).glob("part-*"):
                    part.unlink()
                _remove_if_empty(entry.path)
    _remove_if_empty(folder)


def _remove_if_empty(folder):
    try:
        os.rmdir(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _size(folder):
    """How many bytes the files of a checkpoint have; all are read."""
    size = 0
    for name in os.listdir(folder):
        if name.startswith(f"{PREFIX}."):
            size += _bytes(folder / name)
    return size


def _bytes(path):
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
