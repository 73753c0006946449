"""The large sets without labels: CelebA, LSUN bedrooms and any folder."""

import os
import pathlib
from collections.abc import Iterable
from typing import Unpack

from tf_collab.data.images import (
    asking,
    collecting,
    decoding,
    faces,
    layouts,
    prepared,
    sets,
    trees,
)

__all__ = ["celeba", "folder", "lsun"]

BEDROOM = "lsun/bedroom"  # the name of the set in TFDS


def celeba(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = 108,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Aligned faces of 178x218 (Liu et al., 2015, arXiv:1411.7766).

    They are read from the folder `img_align_celeba` in `data_dir`, or from TFDS. The
    split `all` includes the validation images. Without the list of splits one file in
    ten is for tests. `size` and `crop` are sides in pixels, see `decoding.fit`. Raises
    ValueError if the set is missing or damaged.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    source = None if data_dir is None else _celeba_files(data_dir, split)
    if source is None:
        name = {"all": "train+validation+test"}.get(split, split)
        source = prepared.encoded("celeb_a", name, data_dir, download)
    if source is None:
        what = f"the folder {faces.FOLDERS[0]}"
        raise asking.missing("celeba", data_dir, what, tfds="celeb_a")
    return _from_source(source, size, crop, storage)


def lsun(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = None,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Three million bedrooms (Yu et al., 2015, arXiv:1506.03365).

    They are read from TFDS's `lsun/bedroom`, or from a folder of images. One in ten is
    for tests. Raises ValueError if the set is missing or damaged.
    """
    data_dir = asking.checked(data_dir, split, download, size, crop)
    source = None
    if data_dir is not None and not prepared.place(BEDROOM, data_dir):
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
) -> sets.Images:
    """Any tree of PNG, JPEG, WebP, BMP and GIF files; one in ten is for tests.

    Raises ValueError if there is no such file, or if too many cannot be read.
    """
    del download  # there is nothing to download
    data_dir = asking.checked(data_dir, split, False, size, crop)
    source = None if data_dir is None else _files(data_dir, split)
    if source is None:
        kinds = ", ".join(sorted(decoding.SUFFIXES))
        advice = data_dir and layouts.advice(data_dir)
        raise ValueError(
            f"no image in {str(data_dir)!r}{layouts.contents(data_dir)}: "
            + (advice or f"give a folder with files {kinds}")
        )
    return _from_source(source, size, crop, storage)


def _files(root: pathlib.Path, split: str) -> collecting.Source | None:
    tree = trees.walk(root, decoding.is_image)
    if not tree.files:
        return None
    rows = sets.held_out(root, len(tree.files), split)
    return _file_source(root, tree, split, rows)


def _celeba_files(data_dir: pathlib.Path, split: str) -> collecting.Source | None:
    root = faces.folder(data_dir)
    if root is None:
        return None
    listed = faces.partition(root)
    if listed is None:
        said = (
            f"no {faces.LISTS[0]} near {str(root)!r}: one face in ten, at random, is "
            "for tests",
        )
        found = _files(root, split)
        return found and found._replace(notes=(*said, *found.notes))
    tree = trees.walk(root, decoding.is_image)
    parts = [listed.get(path.stem) for path in tree.files]
    if unknown := parts.count(None):
        left_out = {**tree.left_out, "faces without a split": unknown}
        tree = tree._replace(left_out=left_out)
    wanted: dict[str, set[int | None]]
    wanted = {"train": {0}, "test": {2}, "all": {0, 1, 2, None}}
    rows = [i for i, part in enumerate(parts) if part in wanted[split]]
    return _file_source(root, tree, split, rows)


def _file_source(
    root: pathlib.Path, tree: trees.Tree, split: str, rows: Iterable[int]
) -> collecting.Source | None:
    if not tree.files:
        return None
    paths: list[pathlib.Path] = [tree.files[i] for i in rows]
    return collecting.Source(
        root,
        paths,
        split,
        len(paths),
        ((os.path.relpath(path, root), path) for path in paths),
        decoding.read,
        whole=len(tree.files),
        notes=trees.summary(root, tree.left_out),
    )


def _from_source(
    source: collecting.Source,
    size: int | None,
    crop: int | None,
    storage: collecting.Storage,
) -> sets.Images:
    pixels = collecting.collect(source, size=size, crop=crop, **storage)
    skipped = source.n - len(pixels)
    return sets.Images(
        pixels, skipped=skipped, notes=source.notes, digest=source.digest
    )
