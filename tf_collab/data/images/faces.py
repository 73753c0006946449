"""CelebA's faces and their official splits, in the layouts that people have on disk."""

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
    """Where the faces are: in `data_dir`, in a folder in it, or in none."""
    for above in _ABOVE:
        for name in FOLDERS:
            if (data_dir / above / name).is_dir():
                return data_dir / above / name
    # Numbered as the faces are, whatever their folder is called now.
    inside = re.compile(r"\d{6}\.(jpe?g|png)", re.IGNORECASE).fullmatch
    there = any(inside(path.name) for path in data_dir.glob("*"))
    return data_dir if there or data_dir.name in FOLDERS else None


def partition(root: pathlib.Path) -> dict[str, int] | None:
    """0 for learning, 1 for validation, 2 for tests, by a face's name without suffix.

    From the list nearest to the faces, in their folder or one of three above it.
    """
    root = root.absolute()
    for above in (root, *root.parents[:3]):
        for beside in _BESIDE:
            for name in LISTS:
                path = above / beside / name
                if path.exists():
                    return _read(path)
    return None


def _read(path):
    files.regular(path)
    with files.reading(path, "list of CelebA's splits"):
        if (size := path.stat().st_size) > _LARGEST:
            raise ValueError(f"it has {size} bytes, too many for one")
        found = {}
        for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
            words = line.replace(",", " ").split()
            if not words or (number == 1 and words == ["image_id", "partition"]):
                continue
            if len(words) != 2 or words[1] not in ("0", "1", "2"):
                raise ValueError(
                    f"line {number} is {line[:80]!r} and not a file's name and 0, 1 or "
                    "2"
                )
            found[pathlib.PurePath(words[0]).stem] = int(words[1])
        if not found:
            raise ValueError("it is empty")
    return found
