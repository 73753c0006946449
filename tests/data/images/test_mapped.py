"""Tests for tf_collab.data.images.mapped."""

import os
import resource
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import data
from tf_collab.data.images import mapped

PIXELS = np.random.default_rng(0).integers(256, size=(120, 4, 4, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.npy"
    mapped.write(path, 120, np.split(PIXELS, 3))
    return path


def test_blocks_become_one_npy_file(path):
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), PIXELS)
    assert [p.name for p in path.parent.iterdir()] == ["a.npy"]


def test_fewer_images_than_announced_make_a_shorter_file(tmp_path):
    mapped.write(tmp_path / "a.npy", 120, [PIXELS[:90], PIXELS[90:99]])
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), PIXELS[:99])


def test_it_is_read_as_an_array_is(path):
    pixels = data.MappedPixels(path)
    assert len(pixels) == 120 and pixels.shape == PIXELS.shape
    assert pixels.ndim == 4 and pixels.dtype == np.uint8
    for key in (5, -1, slice(3, 9), np.array([7, 2, 7]), PIXELS[:, 0, 0, 0] > 99):
        assert type(pixels[key]) is np.ndarray
        np.testing.assert_array_equal(pixels[key], PIXELS[key])
    np.testing.assert_array_equal(np.asarray(pixels), PIXELS)
    np.testing.assert_array_equal(tf.cast(pixels, tf.int32), PIXELS)
    assert sum(1 for _ in pixels) == 120


def test_a_subset_stays_on_disk(path):
    rows = np.array([4, 100, 7])
    part = data.MappedPixels(path).subset(rows).subset(np.array([2, 0]))
    np.testing.assert_array_equal(part[:], PIXELS[[7, 4]])


def test_what_is_read_can_be_written_to_without_harm(path):
    pixels = data.MappedPixels(path)
    pixels[0][:] = 0
    np.testing.assert_array_equal(pixels[0], PIXELS[0])


def test_a_vanished_file_is_one_sentence(path):
    pixels = data.MappedPixels(path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"No such file .* in use") as failed:
        pixels[3]
    assert failed.value.filename == str(path)


def test_a_file_cut_short_is_one_sentence_and_no_signal(path):
    pixels = data.MappedPixels(path)
    with open(path, "r+b") as file:
        file.truncate(200)
    with pytest.raises(OSError, match="cut short while its images were in use"):
        pixels[119]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_write_leaves_nothing(error, tmp_path):
    def blocks():
        yield PIXELS
        raise error

    with pytest.raises(error):
        mapped.write(tmp_path / "a.npy", 240, blocks())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(OSError) as failed:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            mapped.write(tmp_path / "a.npy", 120, np.split(PIXELS, 3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failed.value.filename == str(tmp_path / "a.npy")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as failed:
        mapped.write(tmp_path / "gone" / "a.npy", 120, [PIXELS])
    assert failed.value.filename == str(tmp_path / "gone" / "a.npy")


def saved(array):
    return lambda path: np.save(path, array)


OTHERS = {
    "empty": (lambda path: path.write_bytes(b""), "map of images: "),
    "text": (lambda path: path.write_text("hello " * 30), "map of images: "),
    "cut": (lambda path: os.truncate(path, 3000), "map of images: "),
    "longer": (lambda path: os.truncate(path, 9000), "has 9000 bytes, and its header"),
    "floats": (saved(PIXELS / 255), r"it has float64 \[120, 4, 4, 3\]"),
    "flat": (saved(PIXELS[0]), r"it has uint8 \[4, 4, 3\]"),
    "objects": (saved(np.array([{}])), "map of images: "),
    "zip": (lambda path: zipfile.ZipFile(path, "w").close(), "map of images: "),
    "pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "is a named pipe"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    "deep": (
        lambda path: path.write_bytes(
            b"\x93NUMPY\x02\x00" + (9000).to_bytes(4, "little") + b"[" * 9000
        ),
        "map of images: ",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_map_is_refused_by_name(name, path):
    make, words = OTHERS[name]
    make(path)
    with pytest.raises(ValueError, match=words) as refused:
        data.MappedPixels(path)
    told = str(refused.value)
    assert told.startswith(repr(str(path))) and "\n" not in told
