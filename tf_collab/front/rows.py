"""Reals as somebody has them: arrays, a `tf.data.Dataset`, or a folder of images."""

import os
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab.front import misfits, sources
from tf_collab.front.labels import beside
from tf_collab.groups import numbered

__all__ = ["Rows", "rows"]


class Rows(NamedTuple):
    """Reals that are like a generator's samples."""

    x: Any  # [rows, *data], leaves like those of G's samples
    labels: np.ndarray | None  # [rows] whole numbers, beside x
    notes: tuple[str, ...]  # how they were changed to be like samples
    groups: np.ndarray | None = None  # [rows] whole numbers; None: rows are independent

    def __len__(self) -> int:
        return len(tf.nest.flatten(self.x)[0])

    def take(self, index: np.ndarray | slice) -> "Rows":
        x, labels, groups = tf.nest.map_structure(
            lambda leaf: leaf if leaf is None else leaf[index],
            (self.x, self.labels, self.groups),
        )
        return Rows(x, labels, self.notes, groups)

    def independent(self) -> "Rows":
        """One row of each group, or all."""
        if self.groups is None:
            return self
        return self.take(np.unique(self.groups, return_index=True)[1])


def rows(
    given: Any, like: Any, *, name: str, labels: Any = None, groups: Any = None
) -> Rows:
    """What is given, as rows like the samples `like` [n, *data] of a generator.

    `given` is an array or a structure of arrays, a dataset of such (batched or not), or
    the path of a folder of images, which are resized to the samples' size. A pair whose
    first part is like the samples is x with its labels. `groups` [rows], numbers or
    names, are of rows that are not independent of each other. Bytes are scaled to the
    range of the samples, images without channels get one, and notes tell of both.
    ValueError, a sentence that begins with `name`, for what cannot be like samples.
    """
    notes: list[str] = []
    if isinstance(given, (str, os.PathLike)):
        given = sources.folder(given, like, name, notes)
    elif isinstance(given, tf.data.Dataset):
        given = sources.collected(given, like, name)
    if _is_pair(given, like):
        if labels is not None:
            raise ValueError(f"{name} has labels of its own, and labels beside it")
        given, labels = given
    misfits.check_parts(given, like, name)
    leaves = [
        _leaf(np.asarray(leaf), np.asarray(sample), name, notes)
        for leaf, sample in zip(tf.nest.flatten(given), tf.nest.flatten(like))
    ]
    if len(sizes := {len(leaf) for leaf in leaves}) > 1:
        raise ValueError(f"{name} has parts of {sorted(sizes)} rows: give equal ones")
    known = beside(tf.nest.pack_sequence_as(like, leaves))
    misfits.check_varied(leaves if known is None else leaves[:1], name)
    if labels is None and tf.nest.is_nested(like):
        # What is handed on beside a sample as its label tells the judge classes.
        whole = (v for v in leaves if v.dtype.kind in "iu" and v.ndim == 1)
        labels = next(whole, known)
    if labels is not None:
        labels = _labels(labels, len(leaves[0]), name)
    if groups is not None:
        groups = _groups(groups, len(leaves[0]), name, notes)
    x = tf.nest.pack_sequence_as(like, leaves)
    return Rows(x, labels, (*dict.fromkeys(notes),), groups)


def _leaf(leaf, sample, name, notes):
    shape = sample.shape[1:]
    if leaf.ndim == sample.ndim - 1 and shape[-1:] == (1,):
        notes.append(f"{name} has no channels: it got one")
        leaf = leaf[..., None]
    if leaf.ndim == 0 or leaf.shape[1:] != shape or leaf.dtype.kind not in "biuf":
        raise ValueError(misfits.of_leaf(leaf, sample, name))
    if not len(leaf):
        raise ValueError(f"{name} is empty")
    if sample.dtype.kind == "f" and leaf.dtype == np.uint8 and leaf.max() > 1:
        low = 0 if 0 <= sample.min() <= sample.max() <= 1 else -1
        notes.append(f"{name} is of bytes: it was scaled from [0, 255] to [{low}, 1]")
        leaf = leaf.astype(np.float32) / 255
        return leaf if low == 0 else 2 * leaf - 1
    leaf = leaf.astype(sample.dtype, copy=False)
    if bad := np.count_nonzero(~np.isfinite(leaf.reshape(len(leaf), -1)).all(axis=1)):
        raise ValueError(
            f"{bad} of {len(leaf)} rows of {name} are not finite: leave such rows out"
        )
    misfits.check_range(leaf, sample, name)
    return leaf


def _labels(labels, n, name):
    labels = np.asarray(labels)
    if labels.ndim == 2 and n == len(labels) and np.isin(labels, (0, 1)).all():
        labels = labels.argmax(axis=1)  # one-hot
    labels = labels[:, 0] if labels.shape == (n, 1) else labels
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            f"labels of {name} are whole numbers [{n}] from 0 on, one a row, not "
            f"{str(labels.dtype)[: misfits.WORD]} {list(labels.shape)}"
        )
    return labels


def _groups(groups, n, name, notes):
    try:
        found = numbered(groups, n)
    except ValueError as error:
        raise ValueError(f"of {name} {error}") from None
    sizes = np.bincount(found)
    notes.append(
        f"{name} is {n} rows in {len(sizes)} groups, the largest of {sizes.max()}: "
        "parts hold whole groups, and intervals of distances are over groups"
    )
    return found


def _is_pair(given, like):
    """Whether it is (x, labels) where samples are one array."""
    return (
        isinstance(given, (tuple, list))
        and len(given) == 2
        and not tf.nest.is_nested(like)
        and not tf.nest.is_nested(given[0])
        and np.ndim(given[0]) > 1
    )
