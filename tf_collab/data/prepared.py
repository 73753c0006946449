"""Image sets as TensorFlow Datasets (TFDS) prepares them."""

import io
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab.data import collecting, decoding, images

__all__ = ["arrays", "encoded", "opened", "records"]

INFO = "dataset_info.json"  # written last, and anew when a set is prepared anew


def arrays(
    name: str, split: str, data_dir: os.PathLike | str | None, download: bool
) -> tuple[list[pathlib.Path], np.ndarray, np.ndarray] | None:
    """Files, pixels `[n, h, w, channels]` and labels of a small set with classes.

    `split` is TFDS's. None where it is not prepared and may not be downloaded.
    """
    found = opened(name, split, data_dir, download, as_supervised=True)
    if found is None:
        return None
    root, dataset = found
    pixels, labels = zip(*records(root, dataset.batch(1024)))
    return [root / INFO], np.concatenate(pixels), np.concatenate(labels).astype(int)


def encoded(
    name: str,
    split: str,
    data_dir: os.PathLike | str | None,
    download: bool,
    *,
    part: str = "all",
) -> collecting.Source | None:
    """The images of a large set as they were encoded, to be decoded like files.

    `split` is TFDS's, `part` a held-out part of it. None as above.
    """
    import tensorflow_datasets as tfds

    decoders = tfds.decode.PartialDecoding(
        {"image": True}, {"image": tfds.decode.SkipDecoding()}
    )
    found = opened(name, split, data_dir, download, decoders=decoders)
    if found is None:
        return None
    root, dataset = found
    dataset = dataset.map(lambda record: record["image"])
    rows = images.held_out(root, int(dataset.cardinality()), part)
    chosen = set(rows.tolist())
    items = (
        (f"image {i}", io.BytesIO(image))
        for i, image in enumerate(records(root, dataset))
        if i in chosen
    )
    return collecting.Source(
        root,
        [root / INFO],
        f"{split} {part}",
        len(rows),
        items,
        decoding.read,
        whole=int(dataset.cardinality()),
    )


def opened(name, split, data_dir, download, **options):
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
        if download:
            builder.download_and_prepare()
        dataset = builder.as_dataset(split=split, shuffle_files=False, **options)
    except AssertionError:  # TFDS's word for what is not prepared
        return None
    except Exception as error:  # a site, a protocol, a parser: each has its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        doing = "downloaded" if download else "opened"
        raise ValueError(f"TFDS's {name} could not be {doing}: {reason}") from error
    return pathlib.Path(builder.data_path), dataset


def records(root: pathlib.Path, dataset: tf.data.Dataset) -> Iterator[Any]:
    try:
        yield from dataset.as_numpy_iterator()
    except tf.errors.OpError as error:
        reason = error.message.splitlines()[0]
        raise OSError(f"{root} cannot be read: {reason}") from error
