"""What all rows have alike: images, and how large and how long things are."""

from typing import NamedTuple

import numpy as np

import tf_collab as tc

__all__ = ["SIZES", "Data", "Sizes", "fashion_mnist"]

Labelled = tuple[np.ndarray, np.ndarray]  # images in [-1, 1], labels of int32


class Sizes(NamedTuple):
    """How large and how long."""

    width: int = 8  # of nets
    steps: int = 1000  # of training
    batch: int = 64
    calls: int = 1_000_000  # of tuning


SIZES = Sizes()


class Data(NamedTuple):
    """Images with labels, for three uses."""

    train: Labelled  # both nets learn from it, and D's copies
    held_out: Labelled  # chooses and judges
    fresh: Labelled  # judges once more, when all is over


def fashion_mnist() -> Data:
    """The 60 000 images of training; of the 10 000 others each half has a use."""
    train, test = (tc.data.fashion_mnist(split=s) for s in ("train", "test"))
    x, y = (tc.data.to_float(part.pixels).numpy() for part in (train, test))
    labels = [part.labels.astype("int32") for part in (train, test)]
    half = len(y) // 2
    parts = [(y[part], labels[1][part]) for part in (slice(half), slice(half, None))]
    return Data((x, labels[0]), *parts)
