"""The binary version of CIFAR-10 (Krizhevsky, 2009); its pickles are never read."""

import pathlib

import numpy as np

from tf_collab import files

__all__ = ["FOLDER", "cifar10_batches"]

FOLDER = "cifar-10-batches-bin"
NAMES = {
    "train": [f"data_batch_{i}.bin" for i in range(1, 6)],
    "test": ["test_batch.bin"],
}
RECORD = 1 + 3 * 32 * 32  # a label and an image, channel by channel
MOST = 2**28  # bytes of a batch; the official ones have 31 million


def cifar10_batches(
    data_dir: pathlib.Path, split: str
) -> tuple[list[pathlib.Path], np.ndarray, np.ndarray] | None:
    """Files, pixels uint8 `[n, 32, 32, 3]` and labels [n]; None if there are no files.

    `split` is train, test or all. Raises ValueError if only some of the files are
    there, or if one is damaged.
    """
    every = [name for names in NAMES.values() for name in names]
    for folder in (data_dir, data_dir / FOLDER):
        if any((folder / name).is_file() for name in every):
            break
    else:
        return None
    paths = [folder / name for name in NAMES.get(split, every)]
    records = np.concatenate([_records(path) for path in paths])
    channels = records[:, 1:].reshape(-1, 3, 32, 32)
    pixels = np.ascontiguousarray(channels.transpose(0, 2, 3, 1))
    return paths, pixels, records[:, 0].astype(int)


def _records(path: pathlib.Path) -> np.ndarray:
    if not path.exists():
        raise ValueError(f"{str(path.parent)!r} has no {path.name}")
    files.regular(path)
    size = path.stat().st_size
    sound = 0 < size <= MOST and size % RECORD == 0
    content = np.fromfile(path, np.uint8) if sound else np.zeros(0, np.uint8)
    if len(content) != size or not sound or content[::RECORD].max() > 9:
        raise files.Unsound(
            f"{str(path)!r} is not a batch of CIFAR-10 in its binary version"
        )
    return content.reshape(-1, RECORD)
