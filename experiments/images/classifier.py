"""A small classifier, trained here, whose features and logits image metrics compare.

Numbers from it are "Frechet distance" and "classifier score", never FID and IS: they
can be compared only where the classifier is the same.
"""

import hashlib
import json
import os
import pathlib
from typing import Any, NamedTuple

import numpy as np

import tf_collab as tc
from experiments.cli import errors
from tf_collab import atomic, files
from tf_collab.front.classifying import accuracy, train_classifier

__all__ = ["Labelled", "Pixels", "accuracy", "classifier", "train_classifier"]

# [n, height, width, channels] uint8, in memory or in a file
Pixels = np.ndarray | tc.data.MappedPixels


class Labelled(NamedTuple):
    """Images and what is on them."""

    pixels: Pixels
    labels: np.ndarray  # [n] whole numbers from 0


def classifier(
    folder: os.PathLike | str,
    train: Labelled,
    test: Labelled,
    *,
    seed: int = 0,
    epochs: int = 10,
) -> tuple[tc.metrics.Classifier, float]:
    """The classifier of these images and its share of right answers on `test`.

    It is trained once and kept in `folder`, as classifier.keras and classifier.json.
    """
    folder = pathlib.Path(folder)
    net, about = folder / "classifier.keras", folder / "classifier.json"
    wanted: dict[str, Any] = {"seed": seed, "epochs": epochs, "train": _digest(train)}
    wanted["test"] = _digest(test)
    if not about.exists():
        model = train_classifier(*train, seed=seed, epochs=epochs)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.writing(net) as temporary:
            model.save(temporary)
        record = {**wanted, "accuracy": accuracy(model, *test)}
        with atomic.writing(about) as temporary:  # last, so it vouches for the net
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    try:
        record = files.record(about)
        right = float(record["accuracy"])
        differ = [name for name in wanted if record[name] != wanted[name]]
    except (ValueError, TypeError, KeyError):
        raise errors.Refused(
            f"{str(about)!r} is damaged: remove it to train the classifier again"
        ) from None
    if differ:
        raise errors.Refused(
            f"{str(folder)!r} holds a classifier of another {' and '.join(differ)}: "
            "take another folder"
        )
    again = f"; remove {str(about)!r} to train the classifier again"
    with errors.blaming(advice=again):
        return tc.metrics.as_classifier(tc.models.load(net)), right


def _digest(data: Labelled) -> str:
    sums = hashlib.sha256()
    for array in data:
        sums.update(repr((array.shape, array.dtype.str)).encode())
        sums.update(np.ascontiguousarray(array).data)
    return sums.hexdigest()[:16]
