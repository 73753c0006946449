"""The large sets without classes: CelebA, LSUN bedrooms and any folder."""

import os
from typing import Unpack

from tf_collab.data import asking, collecting, decoding, images, prepared

__all__ = ["celeba", "folder", "lsun"]

CELEBA = "img_align_celeba"
BEDROOM = "lsun/bedroom"  # to TFDS


def celeba(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = 108,
    **storage: Unpack[collecting.Storage],
) -> images.Images:
    """Faces, aligned, of 178x218 (Liu et al., 2015, arXiv:1411.7766).

    From `img_align_celeba/*.jpg` in `data_dir` or from TFDS. `all` has the validation
    images too. Without `list_eval_partition.txt` one file in ten is for tests.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    source = None if data_dir is None else _celeba_files(data_dir, split)
    if source is None:
        name = {"all": "train+validation+test"}.get(split, split)
        source = prepared.encoded("celeb_a", name, data_dir, download)
    if source is None:
        raise asking.missing("celeba", data_dir, f"the folder {CELEBA}", tfds="celeb_a")
    return _from_source(source, size, crop, storage)


def lsun(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> images.Images:
    """Bedrooms (Yu et al., 2015, arXiv:1506.03365), three million of them.

    From TFDS's `lsun/bedroom`, or a folder of images. One in ten is for tests.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    source = None
    if data_dir is not None and not (data_dir / "lsun").is_dir():
        source = _files(data_dir, split)
    if source is None:
        source = prepared.encoded(BEDROOM, "train", data_dir, download, part=split)
    if source is None:
        raise asking.missing("lsun", data_dir, "image files", tfds=BEDROOM)
    return _from_source(source, size, crop, storage)


def folder(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> images.Images:
    """Any tree of PNG, JPEG, WebP, BMP and GIF files; one in ten is for tests."""
    del download  # there is nothing to get
    data_dir = asking.checked(data_dir, split, False, size, crop)
    source = None if data_dir is None else _files(data_dir, split)
    if source is None:
        kinds = ", ".join(sorted(decoding.SUFFIXES))
        raise ValueError(f"no image in {data_dir}: give a folder with files {kinds}")
    return _from_source(source, size, crop, storage)


def _files(root, split):
    paths = collecting.image_files(root)
    rows = images.held_out(root, len(paths), split) if paths else []
    return _file_source(root, paths, split, rows)


def _celeba_files(data_dir, split):
    root = data_dir if data_dir.name == CELEBA else data_dir / CELEBA
    listed = root.parent / "list_eval_partition.txt"
    if not root.is_dir() or not listed.is_file() or split == "all":
        return _files(root, split)
    wanted = {"train": "0", "test": "2"}[split]
    words = listed.read_text("utf8").split()
    part = dict(zip(words[::2], words[1::2]))
    paths = collecting.image_files(root)
    rows = [i for i, path in enumerate(paths) if part.get(path.name) == wanted]
    return _file_source(root, paths, split, rows)


def _file_source(root, paths, split, rows):
    if not paths:
        return None
    whole, paths = len(paths), [paths[i] for i in rows]
    items = ((os.path.relpath(path, root), path) for path in paths)
    n = len(paths)
    return collecting.Source(root, paths, split, n, items, decoding.read, whole)


def _from_source(source, size, crop, storage):
    pixels = collecting.collect(source, size=size, crop=crop, **storage)
    return images.Images(pixels, skipped=source.n - len(pixels))
