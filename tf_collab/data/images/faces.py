"""The faces of CelebA and their official splits, in the layouts common on disks."""

import pathlib
import re

from tf_collab import files

__all__ = ["FOLDERS", "LISTS", "folder", "partition"]

FOLDERS = ("img_align_celeba", "img_align_celeba_png")
_ABOVE = ("", "Img", "celeba", "CelebA", "CelebA/Img", "celeba/Img")
LISTS = ("list_eval_partition.txt", "list_eval_partition.csv")
_BESIDE = ("", "Eval", "Anno")
_LARGEST = 2**26  # bytes; the official list has 4 MiB


def folder(data_dir: pathlib.Path) -> pathlib.Path | None:
    """The folder of the faces: `data_dir`, or a folder in it; None if there is none."""
    for above in _ABOVE:
        for name in FOLDERS:
            if (data_dir / above / name).is_dir():
                return data_dir / above / name
    # Files numbered as the faces are, whatever their folder is called.
    inside = re.compile(r"\d{6}\.(jpe?g|png)", re.IGNORECASE).fullmatch
    there = any(inside(path.name) for path in data_dir.glob("*"))
    return data_dir if there or data_dir.name in FOLDERS else None


def partition(root: pathlib.Path) -> dict[str, int] | None:
    """A face's name without suffix -> 0 for training, 1 for validation, 2 for tests.

    It is read from the list nearest to the faces, in their folder or one of three above
    it; None if there is no list. Raises ValueError if the list is damaged.
    """
    root = root.absolute()
    for above in (root, *root.parents[:3]):
        for beside in _BESIDE:
            for name in LISTS:
                path = above / beside / name
                if path.exists():
                    return _read(path)
    return None


def _read(path: pathlib.Path) -> dict[str, int]:
    files.regular(path)
    with files.reading(path, "list of CelebA's splits"):
        if (size := path.stat().st_size) > _LARGEST:
            raise ValueError(f"it has {size} bytes, too many for such a list")
        splits = {}
        for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
            words = line.replace(",", " ").split()
            if not words or (number == 1 and words == ["image_id", "partition"]):
                continue
            if len(words) != 2 or words[1] not in ("0", "1", "2"):
                raise ValueError(
                    f"line {number} is {line[:80]!r}, not the name of a file and 0, 1 "
                    "or 2"
                )
            splits[pathlib.PurePath(words[0]).stem] = int(words[1])
        if not splits:
            raise ValueError("it is empty")
    return splits
