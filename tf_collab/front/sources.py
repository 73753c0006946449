"""Reals out of a folder of images or a `tf.data.Dataset`, as arrays."""

import os
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc

__all__ = ["collected", "folder", "told"]


def folder(
    path: str | os.PathLike, like: Any, name: str, notes: list[str]
) -> np.ndarray:
    """The pictures of a folder, in colour and of the samples' size, as bytes."""
    if tf.nest.is_nested(like) or np.ndim(like) != 4:
        raise ValueError(
            f"{name} is a folder of images, and the generator gives {told(like)}"
        )
    _, height, width, channels = np.shape(like)
    if height != width or channels != 3:
        raise ValueError(
            f"{name} is a folder, whose images become colour squares, and the "
            f"generator's samples are {height} x {width} with {channels} channels: "
            "read them into an array like these"
        )
    images = tc.data.folder(path, split="all", size=height)
    notes.extend(f"{name}: {note}" for note in images.notes)
    return np.asarray(images.pixels[np.arange(len(images.pixels))])


def collected(dataset: tf.data.Dataset, like: Any, name: str) -> Any:
    """All rows of a dataset, batched or not."""
    if tf.data.experimental.cardinality(dataset) == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"{name} is a dataset without end: give it take(n)")
    spec = tf.nest.flatten(dataset.element_spec)[0]
    batched = spec.shape.rank == np.ndim(tf.nest.flatten(like)[0])
    parts = list(dataset.as_numpy_iterator())
    if not parts:
        raise ValueError(f"{name} is an empty dataset")
    join = np.concatenate if batched else np.stack
    return tf.nest.map_structure(lambda *leaves: join(leaves), *parts)


def told(x: Any) -> str:
    """The types and shapes of arrays, n for their rows, in a few words."""

    def leaf(v):
        v = np.asarray(v)
        return f"{v.dtype} [{', '.join(['n', *map(str, v.shape[1:])])}]"

    return tc.tensors.spelled(x, leaf)
