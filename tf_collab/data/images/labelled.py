"""The small sets with ten classes: MNIST, Fashion-MNIST and CIFAR-10."""

import hashlib
import os
import pathlib
from typing import Unpack

import numpy as np

from tf_collab import archives, files
from tf_collab.data.images import (
    asking,
    cifar,
    collecting,
    decoding,
    idx,
    prepared,
    sets,
)

__all__ = ["cifar10", "fashion_mnist", "mnist"]

DEBIAN_FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = 10
IDX = "its four IDX files (train-images-idx3-ubyte.gz and so on)"

# Folders below `data_dir`, as torchvision and the makers of the sets arrange them.
PLACES = {
    "mnist": ("", "raw", "MNIST/raw", "MNIST", "mnist"),
    "fashion_mnist": (
        *("", "raw", "FashionMNIST/raw", "FashionMNIST"),
        *("fashion-mnist", "fashion_mnist", "data/fashion", "fashion"),
    ),
}
KERAS = ("x_train", "y_train", "x_test", "y_test")  # arrays in Keras' mnist.npz

# Files, pixels [n, height, width, 1 or 3] and labels [n].
_Arrays = tuple[list[pathlib.Path], np.ndarray, np.ndarray]


def mnist(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = None,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Handwritten digits: 60 000 for training and 10 000 for tests, grey, 28x28.

    They are read from IDX files, Keras' mnist.npz or TFDS in `data_dir`; without
    `data_dir` from Keras' cache or TFDS. There are ten classes. `split` is train, test
    or all; `size` and `crop` are sides in pixels, see `decoding.fit`. Raises ValueError
    if the set is missing or damaged.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    if data_dir is None:
        found = _keras_digits(_keras_cache(), split)
    else:
        found = _idx_files("mnist", data_dir, split) or _keras_digits(data_dir, split)
    found = found or _prepared("mnist", data_dir, split, download)
    if found is None:
        raise asking.missing("mnist", data_dir, IDX, tfds="mnist")
    return _from_arrays(found, split, size, crop, storage)


def fashion_mnist(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = None,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Pictures of clothes in MNIST's form (Xiao et al., 2017, arXiv:1708.07747).

    They are read from IDX files or TFDS in `data_dir`; without `data_dir` from Debian's
    dataset-fashion-mnist, Keras' cache or TFDS. The options are those of `mnist`.
    Raises ValueError if the set is missing or damaged.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    usual = (DEBIAN_FASHION, _keras_cache() / "fashion-mnist")
    folders = usual if data_dir is None else (data_dir,)
    looked = (_idx_files("fashion_mnist", folder, split) for folder in folders)
    found = next(filter(None, looked), None)
    found = found or _prepared("fashion_mnist", data_dir, split, download)
    if found is None:
        name, also = "fashion_mnist", "install Debian's dataset-fashion-mnist, "
        raise asking.missing(name, data_dir, IDX, tfds=name, also=also)
    return _from_arrays(found, split, size, crop, storage)


def cifar10(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = None,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Colour images: 50 000 for training, 10 000 for tests, 32x32 (Krizhevsky, 2009).

    They are read from the files of the binary version in `data_dir`, or from TFDS.
    There are ten classes. The options are those of `mnist`. Raises ValueError if the
    set is missing or damaged.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    found = None if data_dir is None else cifar.cifar10_batches(data_dir, split)
    found = found or _prepared("cifar10", data_dir, split, download)
    if found is None:
        what = f"the .bin files of its binary version ({cifar.FOLDER})"
        raise asking.missing("cifar10", data_dir, what, tfds="cifar10")
    return _from_arrays(found, split, size, crop, storage)


def _idx_files(name: str, folder: pathlib.Path, split: str) -> _Arrays | None:
    places = (idx.digits(folder / place, split) for place in PLACES[name])
    return next(filter(None, places), None)


def _keras_cache() -> pathlib.Path:
    home = os.environ.get("KERAS_HOME", "~/.keras")
    return pathlib.Path(os.path.expanduser(home)) / "datasets"


def _keras_digits(folder: pathlib.Path, split: str) -> _Arrays | None:
    path = folder / "mnist.npz"
    if not os.path.lexists(path):
        return None
    what = "mnist.npz of Keras"
    parts = ("train", "test") if split == "all" else (split,)
    arrays = archives.arrays(path, KERAS, what=what)
    with files.reading(path, what):
        for part in parts:
            x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
            if x.ndim != 3 or y.shape != x.shape[:1] or not x.size:
                raise ValueError(
                    f"its images and labels for {part} are {list(x.shape)} and "
                    f"{list(y.shape)}: they should be [n, height, width] and [n]"
                )
            if x.dtype != np.uint8 or y.dtype.kind not in "iu":
                raise ValueError(
                    f"its images and labels are {x.dtype} and {y.dtype}, not whole "
                    "numbers"
                )
        pixels = np.concatenate([arrays[f"x_{part}"] for part in parts])
        labels = np.concatenate([arrays[f"y_{part}"] for part in parts])
    return [path], pixels[..., None], labels.astype(int)


def _prepared(
    name: str, data_dir: pathlib.Path | None, split: str, download: bool
) -> _Arrays | None:
    split = {"all": "train+test"}.get(split, split)
    return prepared.arrays(name, split, data_dir, download)


def _from_arrays(
    found: _Arrays,
    split: str,
    size: int | None,
    crop: int | None,
    storage: collecting.Storage,
) -> sets.Images:
    paths, pixels, labels = found
    count, height, width, _ = pixels.shape
    if count < 2:
        raise ValueError(f"{str(paths[0])!r} has {count} image: at least 2 are needed")
    if not 0 <= labels.min() <= labels.max() < CLASSES:
        raise ValueError(
            f"{str(paths[-1])!r} has labels {labels.min()} to {labels.max()}: the "
            f"{CLASSES} classes are 0 to {CLASSES - 1}"
        )
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    digest.update(labels.astype("<i8").data)
    images = sets.Images(pixels, labels, classes=CLASSES, digest=digest.hexdigest())
    if {size, crop} <= ({None, height} if height == width else {None}):
        return images  # at its own size
    items = ((f"image {i}", image) for i, image in enumerate(pixels))
    source = collecting.Source(
        paths[0].parent,
        paths,
        split,
        len(pixels),
        items,
        decoding.from_array,
        labelled=True,
    )
    fitted = collecting.collect(source, size=size, crop=crop, **storage)
    return images._replace(pixels=fitted)
