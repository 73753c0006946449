"""The small sets with ten classes: MNIST, Fashion-MNIST and CIFAR-10."""

import os
import pathlib
from typing import Unpack

import numpy as np

from tf_collab.data import asking, cifar, collecting, decoding, idx, images, prepared

__all__ = ["cifar10", "fashion_mnist", "mnist"]

DEBIAN_FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
IDX = "its four IDX files (train-images-idx3-ubyte.gz and so on)"

# Found files are (files, pixels, labels); None where they are not.


def mnist(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = None,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> images.Images:
    """Handwritten digits: 60 000 and 10 000, grey, 28x28, ten classes.

    From IDX files in `data_dir`, Keras' cache or TFDS.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    cache = _keras_cache() / "mnist.npz"
    found = _idx_files(data_dir, split) or _keras_digits(cache, split)
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
) -> images.Images:
    """Pictures of clothes in MNIST's form (Xiao et al., 2017, arXiv:1708.07747).

    From IDX files in `data_dir`, Debian's dataset-fashion-mnist, Keras' cache or TFDS.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    folders = (data_dir, DEBIAN_FASHION, _keras_cache() / "fashion-mnist")
    found = next(filter(None, (_idx_files(f, split) for f in folders)), None)
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
) -> images.Images:
    """50 000 and 10 000 colour images of 32x32, ten classes (Krizhevsky, 2009).

    From the binary version's files in `data_dir`, or from TFDS.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    found = None if data_dir is None else cifar.cifar10_batches(data_dir, split)
    found = found or _prepared("cifar10", data_dir, split, download)
    if found is None:
        what = f"the .bin files of its binary version ({cifar.FOLDER})"
        raise asking.missing("cifar10", data_dir, what, tfds="cifar10")
    return _from_arrays(found, split, size, crop, storage)


def _idx_files(data_dir, split):
    return None if data_dir is None else idx.digits(data_dir, split)


def _keras_cache():
    home = os.environ.get("KERAS_HOME", "~/.keras")
    return pathlib.Path(home).expanduser() / "datasets"


def _keras_digits(path, split):
    if not path.is_file():
        return None
    parts = ("train", "test") if split == "all" else (split,)
    with np.load(path, allow_pickle=False) as file:
        pixels = np.concatenate([file[f"x_{part}"] for part in parts])
        labels = np.concatenate([file[f"y_{part}"] for part in parts])
    return [path], pixels[..., None], labels.astype(int)


def _prepared(name, data_dir, split, download):
    split = {"all": "train+test"}.get(split, split)
    return prepared.arrays(name, split, data_dir, download)


def _from_arrays(found, split, size, crop, storage):
    files, pixels, labels = found
    _, height, width, _ = pixels.shape
    as_it_is = {None, height} if height == width else {None}
    if not {size, crop} <= as_it_is:
        items = ((f"image {i}", image) for i, image in enumerate(pixels))
        source = collecting.Source(
            files[0].parent, files, split, len(pixels), items, decoding.from_array
        )
        pixels = collecting.collect(source, size=size, crop=crop, **storage)
    return images.Images(pixels, labels, classes=10)
