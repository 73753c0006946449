"""Images in a map: what is written once, and a change that is noticed."""

import os

import numpy as np
import pytest
from helpers import image_folders
from PIL import Image

from tf_collab import data
from tf_collab.data.images import (
    decoding,
)


def test_a_set_too_large_for_memory_needs_a_folder(pictures):
    assert isinstance(
        image_folders.load(pictures, memory_gib=200 * image_folders.GIB).pixels,
        np.ndarray,
    )
    with pytest.raises(ValueError, match=r"split 'all', which take .*: give a"):
        image_folders.load(pictures, memory_gib=199 * image_folders.GIB)


def test_a_map_has_what_memory_would_have(pictures, tmp_path):
    (pictures / "000003.png").write_bytes(b"")
    (pictures / "gone.png").symlink_to("nowhere")
    whole = image_folders.load(pictures)
    found = image_folders.load(
        pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path
    )
    assert isinstance(found.pixels, data.MappedPixels)
    assert found.skipped == whole.skipped == 2
    np.testing.assert_array_equal(found.pixels[:], whole.pixels)


def test_a_map_is_written_once(pictures, tmp_path, monkeypatch):
    first = image_folders.load(
        pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path
    ).pixels[:]
    monkeypatch.setattr(decoding, "read", None)  # nothing is decoded again
    again = image_folders.load(
        pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path
    ).pixels[:]
    np.testing.assert_array_equal(first, again)


def test_a_map_may_be_in_the_home_folder(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "maps").mkdir()
    found = image_folders.load(
        pictures, memory_gib=image_folders.GIB, cache_dir="~/maps"
    )
    assert found.pixels.path.parent == tmp_path / "maps"


@pytest.mark.parametrize("change", ["content", "time", "name", "fewer", "size", "crop"])
def test_a_change_is_noticed(change, pictures, tmp_path):
    path, options = pictures / "000007.png", {"size": image_folders.SIZE, "crop": None}
    before = os.stat(path)
    image_folders.load(pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path)
    if change == "content":
        Image.new("RGB", (40, 40)).save(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "time":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    elif change == "name":
        path.rename(pictures / "other.png")
    elif change == "fewer":
        path.unlink()
    else:
        options[change] = 9
    found = data.folder(
        pictures,
        split="all",
        memory_gib=image_folders.GIB,
        cache_dir=tmp_path,
        **options,
    )
    expected = data.folder(pictures, split="all", **options)
    np.testing.assert_array_equal(found.pixels[:], expected.pixels)
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_splits_have_their_own_maps(pictures, tmp_path):
    for split, n in (("train", 180), ("test", 20), ("all", 200)):
        options = {
            "size": image_folders.SIZE,
            "cache_dir": tmp_path,
            "memory_gib": image_folders.GIB,
        }
        assert len(data.folder(pictures, split=split, **options).pixels) == n


@pytest.mark.parametrize("change", ["fewer", "side", "cut", "text"])
def test_a_map_that_is_not_what_was_written_is_refused_by_name(
    change, pictures, tmp_path
):
    path = image_folders.load(
        pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path
    ).pixels.path
    pixels = np.load(path)
    if change in ("fewer", "side"):
        np.save(path, pixels[:190] if change == "fewer" else pixels[:, :4])
    else:
        os.truncate(path, 1000) if change == "cut" else path.write_text("hello")
    with pytest.raises(ValueError, match=f"{path}' is not .*remove it") as refused:
        image_folders.load(pictures, memory_gib=image_folders.GIB, cache_dir=tmp_path)
    assert "\n" not in str(refused.value) and path.exists()
