"""Lines of characters: the One Billion Word benchmark, or any text."""

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

_ROWS = 2**16  # lines looked at together
_CODES = 2**22  # characters looked at together, padding and all
_HELD_OUT = 50  # one line in so many


class Text(NamedTuple):
    """Lines of one length as indices into a vocabulary."""

    lines: np.ndarray  # [n, length] uint16, to learn from
    held_out: np.ndarray  # [m, length] uint16, those that came last
    vocabulary: vocabulary.Vocabulary  # of the lines to learn from
    notes: tuple[str, ...] = ()  # sentences: what was left out
    digest: str | None = None  # of all lines


def billion_word(
    data_dir: asking.Folder = None,
    *,
    length: int = 32,
    lines: int = 10_000_000,
    vocabulary_size: int = 2048,
    download: bool = False,
) -> Text:
    """Sentences (Chelba et al., 2013, arXiv:1312.3005), as many as `lines` at most.

    From UTF-8 files, all in the folder `data_dir` or those that it matches as a
    pattern, in order of their names; or from TFDS. Empty lines are left out; others are
    cut to their first characters or padded with backticks. The last one in fifty is
    held out. They take two bytes a character, and nothing else grows with the text.
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
        digest.update(part)
    return text._replace(notes=source.notes, digest=digest.hexdigest())


def text_batches(
    indices: np.ndarray, vocabulary_size: int, batch: int, seed: int | tf.Tensor
) -> Callable[[int | tf.Tensor], tf.Tensor]:
    """`batch_at(step)` -> one-hot float32 `[batch, length, vocabulary_size]`.

    Lines [n, length] are shown as `batches` shows images: every epoch is a new
    permutation, in a graph or outside.
    """
    if indices.ndim != 2 or indices.dtype.kind not in "iu":
        raise ValueError(
            "batches of text need whole numbers [n, length], but got "
            f"{indices.dtype} {list(indices.shape)}"
        )
    # A character beyond would be a row of zeros, without a word.
    if indices.size and not 0 <= indices.min() <= indices.max() < vocabulary_size:
        raise ValueError(
            f"indices must be 0 to {vocabulary_size - 1} in a vocabulary of "
            f"{vocabulary_size}, but are {indices.min()} to {indices.max()}"
        )
    lines_at = epochs.shuffled(indices, batch, seed, what="lines")

    def batch_at(step):
        # Not on the CPU: a batch is thousands of times as large as its indices.
        return tf.one_hot(tf.cast(lines_at(step), tf.int32), vocabulary_size)

    return batch_at


def _numbered(source, lines, length):
    """Lines [n, length] with characters numbered as they came, and what those are."""
    # This memory is not taken before it is written to.
    shape = [min(source.most, lines), length]
    try:
        indices = np.empty(shape, np.uint16)
    except (MemoryError, ValueError):  # what no array can have is a ValueError
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


def _ranked(indices, points, held_out, size):
    """The text with its characters numbered by frequency, in place."""
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
