"""Image sets as TensorFlow Datasets (TFDS) prepares them."""

import io
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import files
from tf_collab.data.images import collecting, decoding, sets

__all__ = ["arrays", "encoded", "opened", "place", "records"]

INFO = "dataset_info.json"  # TFDS writes it last, and again if it prepares a set again


def arrays(
    name: str, split: str, data_dir: os.PathLike | str | None, download: bool
) -> tuple[list[pathlib.Path], np.ndarray, np.ndarray] | None:
    """Files, pixels uint8 `[n, h, w, channels]` and labels [n] of a small labelled set.

    `split` is a split of TFDS. None if the set is not prepared and may not be
    downloaded. Raises ValueError if it is damaged or cannot be downloaded.
    """
    found = opened(name, split, data_dir, download, as_supervised=True)
    if found is None:
        return None
    root, dataset = found
    with files.reading(root, f"{name} of TFDS"):
        parts = list(records(root, dataset.batch(1024)))
        if not parts:
            raise ValueError(f"it has no image for {split}")
        pixels, labels = (np.concatenate(arrays) for arrays in zip(*parts))
    return [root / INFO], pixels, labels.astype(int)


def encoded(
    name: str,
    split: str,
    data_dir: os.PathLike | str | None,
    download: bool,
    *,
    part: str = "all",
) -> collecting.Source | None:
    """The encoded images of a large set, to be decoded like files.

    `split` is a split of TFDS, and `part` (train, test or all) a part of it, see
    `sets.held_out`. None if the set is not prepared and may not be downloaded. Raises
    ValueError if it is damaged or cannot be downloaded.
    """
    import tensorflow_datasets as tfds

    decoders = tfds.decode.PartialDecoding(
        {"image": True}, {"image": tfds.decode.SkipDecoding()}
    )
    found = opened(name, split, data_dir, download, decoders=decoders)
    if found is None:
        return None
    root, dataset = found
    with files.reading(root, f"{name} of TFDS"):
        dataset = dataset.map(lambda record: record["image"])
    rows = sets.held_out(root, int(dataset.cardinality()), part)
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


def place(name: str, data_dir: pathlib.Path) -> tuple[pathlib.Path, str] | None:
    """The folder and the name by which TFDS finds a prepared set; None if it is absent.

    `data_dir` may be that folder, the one above it, the set's own, or a version's.
    """
    here, version = data_dir.absolute(), ""
    if (here / INFO).is_file():
        here, version = here.parent, f":{here.name}"
    folders = [here, here / "tensorflow_datasets"]
    above = here.parents[len(pathlib.PurePath(name).parts) - 1 :][:1]
    folders += [folder for folder in above if folder / name == here]
    for folder in folders:
        if any((folder / name).glob(f"*/{INFO}")):
            return folder, name + version
    return None


def opened(
    name: str,
    split: str,
    data_dir: os.PathLike | str | None,
    download: bool,
    **options: Any,
) -> tuple[pathlib.Path, tf.data.Dataset] | None:
    """The folder of a set and its records; None if it is not prepared.

    `options` are those of TFDS's `as_dataset`. Raises ValueError if the set is damaged
    or cannot be downloaded.
    """
    import tensorflow_datasets as tfds

    there = None if data_dir is None else place(name, pathlib.Path(data_dir))
    if there is not None:
        data_dir, name = there
    called = name if data_dir is None else f"{name} in {str(data_dir)!r}"
    try:
        builder = tfds.builder(name, data_dir=data_dir)
        if download:
            builder.download_and_prepare()
        dataset = builder.as_dataset(split=split, shuffle_files=False, **options)
    except Exception as error:  # sites, protocols and parsers have errors of their own
        # TFDS asserts that a set is prepared.
        if isinstance(error, AssertionError) and there is None:
            return None
        reason = files.first_sentence(error)
        doing = "downloaded" if download else "opened"
        raise ValueError(f"TFDS's {called} could not be {doing}: {reason}") from error
    root, count = pathlib.Path(builder.data_path), int(dataset.cardinality())
    # No record is shorter than its own frame of 16 bytes.
    size = sum(path.stat().st_size for path in root.glob("*") if path.is_file())
    if size and not 0 <= count <= size // 16:
        raise ValueError(
            f"TFDS's {called} is damaged: it has {size} bytes and should hold {count} "
            "records"
        )
    for path in sorted(root.glob("*.tfrecord*")):
        _check_lengths(path)
    return root, dataset


def _check_lengths(path: pathlib.Path) -> None:
    """Raises Unsound if a record is longer than the file.

    TensorFlow takes the memory that a record asks for, and dies if it is too much.
    """
    files.regular(path)
    at, size = 0, path.stat().st_size
    with open(path, "rb", buffering=0) as file:
        while at < size:
            head = os.pread(file.fileno(), 8, at)  # a length, in a frame of 16 bytes
            there = at + 16 + int.from_bytes(head, "little")
            if len(head) < 8 or there > size:
                raise files.Unsound(
                    f"{str(path)!r} cannot be read: its record at byte {at} would end "
                    f"at byte {there} of {size}"
                )
            at = there


def records(root: pathlib.Path, dataset: tf.data.Dataset) -> Iterator[Any]:
    """Yields the records of a set as NumPy values, in its order.

    Raises OSError if TensorFlow cannot read one.
    """
    try:
        yield from dataset.as_numpy_iterator()
    except tf.errors.OpError as error:
        reason = error.message.splitlines()[0]
        raise OSError(f"{str(root)!r} cannot be read: {reason}") from error
