"""The pictures of emoji that three vendors draw, 64x64, in npm's emoji-datasource-*."""

import hashlib
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np

from tf_collab import files
from tf_collab.data.images import asking, collecting, decoding, sets

__all__ = ["VENDORS", "emoji"]

VENDORS = ("apple", "twitter", "facebook")
VERSION = "16.0.0"  # whose pictures the numbers of docs/results are of
RIGHTS = "Twitter's alone may be shown (CC-BY 4.0, with attribution)"
_LARGEST = 2**26  # bytes of a list; the one of 16.0.0 has 2 MiB
# Code points of skin tones, hair that has one, sexes and directions, and joints.
_LOOKS = {f"1F3F{tone:X}" for tone in range(0xB, 0x10)}
_LOOKS |= {"2640", "2642", "27A1", "200D", "FE0F"}
_PEOPLE = {"1F468": "1F9D1", "1F469": "1F9D1", "1F466": "1F9D2", "1F467": "1F9D2"}


class _Picture(NamedTuple):
    path: pathlib.Path
    figure: str  # code points without those of looks
    category: str


def emoji(
    data_dir: asking.Folder = None,
    *,
    split: str = "train",
    download: bool = False,
    size: int | None = 64,
    crop: int | None = None,
    vendors: Sequence[str] = VENDORS,
    **storage: Unpack[collecting.Storage],
) -> sets.Images:
    """Some 3700 pictures of emoji by each vendor, in colour on white, with categories.

    They are read from the folders emoji-datasource-VENDOR in `data_dir`, npm's packages
    of that name and of version 16.0.0, which belong to the vendors. The ten categories
    of emoji.json are the classes. A group is an emoji by all vendors, in all skin
    tones, sexes and directions, and whatever else has the same file; one picture in ten
    is for tests, in whole groups. `size` and `crop` are sides in pixels, see
    `decoding.fit`. Raises ValueError if a package is missing, damaged or of another
    version; the message has the command that fetches it.
    """
    del download  # npm does it
    data_dir = asking.checked(data_dir, split, False, size, crop)
    if data_dir is None:
        raise ValueError(
            "emoji were not looked for: give the folder of their packages as data_dir"
        )
    unknown = {*vendors} - {*VENDORS}
    if unknown or not vendors:
        raise ValueError(
            f"vendors must be some of {', '.join(VENDORS)}, but are {[*vendors]}"
        )
    vendors = [vendor for vendor in VENDORS if vendor in vendors]  # in one order
    lists = [_package(data_dir, vendor) / "emoji.json" for vendor in vendors]
    each = map(_pictures, lists, vendors)
    pictures = [picture for some in each for picture in some]
    groups = _groups(pictures)
    rows = sets.held_out(data_dir, len(pictures), split, groups)
    names, labels = np.unique([one.category for one in pictures], return_inverse=True)
    paths = [pictures[row].path for row in rows]
    source = collecting.Source(
        data_dir,
        [*lists, *paths],
        split,
        len(paths),
        ((str(path.relative_to(data_dir)), path) for path in paths),
        decoding.read,
        labelled=True,
    )
    return sets.Images(
        collecting.collect(source, size=size, crop=crop, **storage),
        labels[rows],
        classes=len(names),
        notes=(f"pictures of {', '.join(vendors)}: {RIGHTS}",),
        digest=source.digest,
        groups=groups[rows],
    )


def _package(data_dir: pathlib.Path, vendor: str) -> pathlib.Path:
    """A vendor's folder; ValueError unless the package is there in our version."""
    name = f"emoji-datasource-{vendor}"
    place, about = data_dir / name, data_dir / name / "package.json"
    command = (
        f"run npm pack {name}@{VERSION} && mkdir -p {name} && tar xf "
        f"{name}-{VERSION}.tgz --strip-components=1 -C {name} in {str(data_dir)!r}"
    )
    if not about.exists():
        raise ValueError(f"{str(place)!r} is not npm's package: {command}")
    version = files.record(about, "package.json").get("version")
    if version != VERSION:
        raise ValueError(
            f"{str(place)!r} is version {version!r}, and another version has other "
            f"pictures than {VERSION}: {command}"
        )
    if not (pictures := place / "img" / vendor / "64").is_dir():
        raise ValueError(f"there is no folder {str(pictures)!r}: {command}")
    return place


def _pictures(path: pathlib.Path, vendor: str) -> list[_Picture]:
    """Those that a package's emoji.json says the vendor has."""
    files.regular(path)
    folder, found = path.parent / "img" / vendor / "64", []
    with files.reading(path, "list of emoji"):
        if (size := path.stat().st_size) > _LARGEST:
            raise ValueError(f"it has {size} bytes, too many for such a list")
        for one in files.parsed(path.read_bytes()):
            if not isinstance(category := one["category"], str):
                raise ValueError(f"the category {category!r} is not a text")
            for look in (one, *one.get("skin_variations", {}).values()):
                if look[f"has_img_{vendor}"]:
                    place = folder / pathlib.PurePath(look["image"]).name
                    if not place.is_file():
                        raise ValueError(f"its {place.name} is not in {str(folder)!r}")
                    found.append(_Picture(place, _figure(one), category))
    return found


def _figure(one: dict[str, Any]) -> str:
    """What a list's entry draws: its code points without those of looks."""
    points = one["unified"].split("-")
    kept = [_PEOPLE.get(point, point) for point in points if point not in _LOOKS]
    return "-".join(kept or points)


def _groups(pictures: Sequence[_Picture]) -> np.ndarray:
    """Numbers [n] of groups: pictures of one figure, and figures with one file."""
    above = {one.figure: one.figure for one in pictures}

    def top(figure: str) -> str:
        while above[figure] != figure:
            figure = above[figure]
        return figure

    first: dict[bytes, str] = {}
    for one in pictures:
        with open(one.path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        above[top(one.figure)] = top(first.setdefault(content, one.figure))
    return np.unique([top(one.figure) for one in pictures], return_inverse=True)[1]
