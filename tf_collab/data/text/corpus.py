"""Lines of characters from the One Billion Word benchmark, or from any text."""

import hashlib
import math
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import tensors
from tf_collab.data.images import asking, epochs
from tf_collab.data.text import reading, vocabulary

__all__ = ["Text", "billion_word", "text_batches"]

_ROWS = 2**16  # lines processed at a time
_CODES = 2**22  # characters processed at a time, padding included
_HELD_OUT = 50  # one line in so many is held out


class Text(NamedTuple):
    """Lines of one length as indices into a vocabulary."""

    lines: np.ndarray  # [n, length] uint16, to learn from
    held_out: np.ndarray  # [m, length] uint16, the last lines
    vocabulary: vocabulary.Vocabulary  # of the lines to learn from
    notes: tuple[str, ...] = ()  # sentences about files that were left out
    digest: str | None = None  # SHA-256 of all lines


def billion_word(
    data_dir: asking.Folder = None,
    *,
    length: int = 32,
    lines: int = 10_000_000,
    vocabulary_size: int = 2048,
    download: bool = False,
) -> Text:
    """At most `lines` sentences (Chelba et al., 2013, arXiv:1312.3005).

    They are read from UTF-8 files, in order of their names: all in the folder
    `data_dir`, or those that match it as a pattern. Else they come from TFDS. Empty
    lines are left out; other lines are cut to their first `length` characters or padded
    with backticks. The last fiftieth of the lines is held out. A character takes two
    bytes of memory, and nothing else grows with the text. Raises ValueError if the text
    is missing, is not UTF-8, has fewer than 2 lines or more than 65 536 different
    characters, or if a number is out of range.
    """
    for name, value, least in (("length", length, 1), ("lines", lines, 2)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, but is {value}")
    vocabulary.check_size(vocabulary_size)
    source = reading.find(data_dir, download)
    if source is None:
        name = "billion_word"
        raise asking.missing(name, data_dir, "text files", tfds=reading.LM1B)
    indices, points = _numbered(source, lines, length)
    n = len(indices)
    if n < 2:
        tfds = f"TFDS's {reading.LM1B}"
        place = tfds if data_dir is None else repr(os.fspath(data_dir))
        raise ValueError(f"{place} has {n} lines of text: at least 2 are needed")
    text = _ranked(indices, points, n - max(1, n // _HELD_OUT), vocabulary_size)
    digest = hashlib.sha256(repr((text.lines.shape, text.vocabulary)).encode())
    for part in (text.lines, text.held_out):
        digest.update(part.data)
    return text._replace(notes=source.notes, digest=digest.hexdigest())


def text_batches(
    indices: np.ndarray, vocabulary_size: int, batch: int, seed: int | tf.Tensor
) -> Callable[[int | tf.Tensor], tf.Tensor]:
    """`batch_at(step)` -> one-hot float32 `[batch, length, vocabulary_size]`.

    `indices` are lines [n, length]. As in `batches`, every epoch is a new permutation,
    and `batch_at` can be called inside or outside of a graph. Raises ValueError unless
    the indices are whole numbers from 0 to vocabulary_size - 1, and `batch` is 1 to n.
    """
    if indices.ndim != 2 or indices.dtype.kind not in "iu":
        raise ValueError(
            "batches of text need whole numbers [n, length], but got "
            f"{indices.dtype} {list(indices.shape)}"
        )
    # One-hot silently turns an index out of range into a row of zeros.
    if indices.size and not 0 <= indices.min() <= indices.max() < vocabulary_size:
        raise ValueError(
            f"indices must be 0 to {vocabulary_size - 1} in a vocabulary of "
            f"{vocabulary_size}, but are {indices.min()} to {indices.max()}"
        )
    lines_at = epochs.shuffled(indices, batch, seed, what="lines")

    def batch_at(step: int | tf.Tensor) -> tf.Tensor:
        # Not on the CPU: a one-hot batch is thousands of times as large as its indices.
        return tf.one_hot(tf.cast(lines_at(step), tf.int32), vocabulary_size)

    return batch_at


def _numbered(
    source: reading.Source, lines: int, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lines [n, length] of characters numbered as they came, and their code points."""
    # The system gives this memory only when it is written to.
    shape = [min(source.most, lines), length]
    try:
        indices = np.empty(shape, np.uint16)
    except (MemoryError, ValueError):  # ValueError for shapes that no array can have
        raise ValueError(
            f"{shape[0]} lines of {length} characters take "
            f"{2 * math.prod(shape) / 2**30:.3g} GiB: ask for fewer or shorter ones"
        ) from None
    numbers, points, kept = np.full(vocabulary.CODES, -1), np.empty(0, int), 0
    for path, block in source.blocks(length, max(1, _CODES // length)):
        codes = vocabulary.code_points(block[: len(indices) - kept], length)
        seen = np.zeros(vocabulary.CODES, bool)
        seen[codes] = True
        new = np.flatnonzero(seen & (numbers < 0))
        numbers[new] = np.arange(len(points), len(points) + len(new))
        points = np.append(points, new)
        if len(points) > 2**16:
            raise reading.no_text(path, f"it goes beyond {2**16} different characters")
        indices[kept : kept + len(codes)] = numbers[codes]
        kept += len(codes)
        if kept == len(indices):
            break
    return indices[:kept], points


def _ranked(indices: np.ndarray, points: np.ndarray, held_out: int, size: int) -> Text:
    """The text with its characters numbered by frequency; overwrites `indices`."""
    counts = np.zeros(vocabulary.CODES, int)
    for rows in tensors.slices(held_out, _ROWS):
        block = indices[rows]
        counts[points] += np.bincount(block.ravel(), minlength=len(points))
    characters = vocabulary.Vocabulary.of(counts, size)
    ranks = characters.table()[points]
    for rows in tensors.slices(len(indices), _ROWS):
        block = indices[rows]
        block[:] = ranks[block]
    return Text(indices[:held_out], indices[held_out:], characters)
