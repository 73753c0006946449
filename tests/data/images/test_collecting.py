"""Tests for tf_collab.data.images.collecting."""

import os
import struct
import zlib

import numpy as np
import pytest
from helpers import image_folders, tiny_datasets
from PIL import Image

from tf_collab import data
from tf_collab.data.images import (
    collecting,
    decoding,
    memory,
    trees,
)


def by_hand(paths):
    return np.stack(
        [
            decoding.fit(decoding.read(p), crop=None, size=image_folders.SIZE)
            for p in sorted(paths)
        ]
    )


def test_images_come_in_the_order_of_their_names(pictures):
    paths = list(pictures.iterdir())
    np.testing.assert_array_equal(image_folders.load(pictures).pixels, by_hand(paths))


def test_trees_are_searched_and_other_files_left_alone(tmp_path):
    paths = tiny_datasets.write_pictures(tmp_path / "b" / "deep", 2)
    paths += tiny_datasets.write_pictures(tmp_path / "a", 3, suffix=".JPG")
    for name in ("a/list.txt", "a/._000001.jpg", ".writing-a.png", "b/labels.csv"):
        (tmp_path / name).write_text("no image")
    assert trees.walk(tmp_path, decoding.is_image).files == sorted(paths)
    found = image_folders.load(tmp_path)
    np.testing.assert_array_equal(found.pixels, by_hand(paths))
    assert found.skipped == 0


def bomb(path, side):
    """A PNG whose header says side x side, with little else."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99))):
        crc = struct.pack(">I", zlib.crc32(kind + body))
        content += struct.pack(">I", len(body)) + kind + body + crc
    path.write_bytes(content)


def shorten(path):
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:-200])


BROKEN = {
    "empty.png": (lambda path: path.touch(), "not a PNG, JPEG"),
    "text.jpg": (lambda path: path.write_text("hello"), "not a PNG, JPEG"),
    "short.jpg": (shorten, "truncated"),
    "short.png": (shorten, "trunc|broken"),
    "gone.png": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "large.png": (lambda path: bomb(path, 20_000), "decompression bomb"),
    "largish.png": (lambda path: bomb(path, 12_000), "decompression bomb"),
    "pipe.png": (os.mkfifo, "is a named pipe"),
    "loop.png": (lambda path: path.symlink_to("loop.png"), "Too many levels"),
    "script.png": (lambda path: path.write_text("%!PS-Adobe-3.0 EPSF"), "not a PNG"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_unreadable_file_in_a_hundred_is_left_out(name, pictures):
    whole = image_folders.load(pictures).pixels
    BROKEN[name][0](pictures / name)
    found = image_folders.load(pictures)
    assert found.skipped == 1
    np.testing.assert_array_equal(found.pixels, whole)


def test_a_hundredth_is_of_all_splits_together(pictures):
    for path in sorted(pictures.iterdir())[:2]:
        path.write_bytes(b"")
    parts = [data.folder(pictures, split=split) for split in ("train", "test")]
    assert [part.skipped for part in parts] in ([2, 0], [1, 1], [0, 2])
    (pictures / "c.png").touch()
    with pytest.raises(ValueError, match="more than 1 % of all 201"):
        data.folder(pictures, split="train")


@pytest.mark.parametrize("name", BROKEN)
def test_more_unreadable_files_are_refused_by_name(name, tmp_path):
    tiny_datasets.write_pictures(tmp_path, 49)
    make, reason = BROKEN[name]
    make(tmp_path / name)
    with pytest.raises(ValueError, match=reason) as failed:
        image_folders.load(tmp_path)
    words = str(failed.value)
    assert f"1 of the first 50 images of '{tmp_path}' cannot be read" in words
    assert f"{name} (" in words and "\n" not in words


def test_the_first_three_unreadable_files_are_named(pictures):
    for name in "abcde":
        (pictures / f"{name}.png").touch()
    with pytest.raises(ValueError) as failed:
        image_folders.load(pictures)
    words = str(failed.value)
    assert "5 of the first 205" in words and "more than 1 % of all 205" in words
    assert [f"{name}.png" in words for name in "abcde"] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_images_are_refused(n, tmp_path):
    tiny_datasets.write_pictures(tmp_path, n)
    with pytest.raises(ValueError, match=f"at least 2|no image in '{tmp_path}'"):
        image_folders.load(tmp_path)


def test_images_of_different_sizes_need_a_size(tmp_path):
    tiny_datasets.write_pictures(tmp_path, 2)
    Image.new("RGB", (30, 10)).save(tmp_path / "z.png")
    with pytest.raises(ValueError, match=r"20x16 pixels and z.png has 30x10"):
        data.folder(tmp_path, split="all", size=None)
    assert data.folder(tmp_path, split="all", size=None, crop=10).pixels.shape == (
        (3, 10, 10, 3)
    )


def test_progress_is_told(pictures):
    told = []
    image_folders.load(
        pictures, progress=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (200, 200) and told == sorted(told)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Forty images of half a MiB each, of which decoding takes nine times as much."""
    folder = tmp_path_factory.mktemp("large")
    for i in range(40):
        Image.new("RGB", (512, 342), (i, 0, 0)).save(folder / f"{i:02}.png")
    return folder


def watched(monkeypatch):
    """What was claimed of each allowance, and how many images were decoded."""
    totals, decoded, share, read = [], [], memory.Memory.share, decoding.read

    class Watched(memory.Memory):
        def __init__(self, total):
            super().__init__(total)
            totals.append(total)

    def count(file, claim):
        decoded.append(file)
        return read(file, claim)

    assert share is Watched.share
    monkeypatch.setattr(memory, "Memory", Watched)
    monkeypatch.setattr(decoding, "read", count)
    return totals, decoded


def test_what_does_not_fit_is_refused_after_one_image(large, monkeypatch):
    _, decoded = watched(monkeypatch)
    with pytest.raises(ValueError, match=r"which take .* and memory_gib is 0.0125"):
        data.folder(large, split="all", size=None, memory_gib=0.0125)
    assert len(decoded) == 1


@pytest.mark.parametrize("mapped", [False, True])
def test_decoding_stays_within_what_the_images_leave(
    mapped, large, tmp_path, monkeypatch
):
    monkeypatch.setattr(collecting, "_LEAST", 2**20)
    totals, decoded = watched(monkeypatch)
    most, kept = (0.015, 0) if mapped else (1 / 32, 40 * 512 * 342 * 3)
    blocks, stack = [], np.stack
    monkeypatch.setattr(
        np, "stack", lambda rows: blocks.append(len(rows)) or stack(rows)
    )
    options = {"memory_gib": most, "cache_dir": tmp_path if mapped else None}
    found = data.folder(large, split="all", size=None, **options)
    assert found.pixels.shape == (40, 342, 512, 3) and len(decoded) == 40
    np.testing.assert_array_equal(found.pixels[:][:, 0, 0, 0], range(40))
    room = 2 * max(blocks) * 512 * 342 * 3
    assert kept + totals[-1] + room <= most * 2**30


def test_an_image_that_no_memory_is_left_for_is_unreadable(large, monkeypatch):
    monkeypatch.setattr(collecting, "_LEAST", 2**20)
    with pytest.raises(ValueError, match=r"cannot be read.*takes 0.00424 GiB, and"):
        data.folder(large, split="all", size=8, memory_gib=0.0025)


def test_an_image_of_another_size_does_not_pile_up(tmp_path):
    for i, side in enumerate((8, 900, 901, 902)):
        Image.new("RGB", (side, side)).save(tmp_path / f"{i}.png")
    with pytest.raises(ValueError, match=r"0.png has 8x8 pixels and 1.png has 900"):
        data.folder(tmp_path, split="all", size=None)


def test_what_was_left_out_is_counted(pictures):
    for name in (".thumbnails/a.png", "run/figures/b.png", "notes.txt"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).touch()
    (pictures / "run/config.json").write_text('{"experiment":1,"flags":2,"phases":3}')
    found = image_folders.load(pictures)
    assert len(found.pixels) == 200 and found.skipped == 0
    told = "folders of runs (1), hidden folders (1), other files (1)"
    assert found.notes == (f"left out of {str(pictures)!r}: {told}",)


def test_the_digest_is_of_names_and_sizes_wherever_they_lie(pictures, tmp_path):
    first = image_folders.load(pictures).digest
    moved = pictures.rename(tmp_path / "elsewhere")
    os.utime(moved / "000003.png", (1, 1))
    assert image_folders.load(moved).digest == first
    digests = {first}
    (moved / "000003.png").rename(moved / "300000.png")
    digests.add(image_folders.load(moved).digest)
    (moved / "000004.png").unlink()
    digests.add(image_folders.load(moved).digest)
    Image.new("RGB", (40, 40)).save(moved / "000005.png")
    digests.add(image_folders.load(moved).digest)
    assert len(digests) == 4
