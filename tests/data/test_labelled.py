"""Tests for tf_collab.data.labelled."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tf_collab import data
from tf_collab.data import labelled

DIGITS = ["mnist", "fashion_mnist"]
NAMES = [*DIGITS, "cifar10"]


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch):
    """No data but those a test makes."""
    monkeypatch.setattr(labelled, "DEBIAN_FASHION", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "data").mkdir()


@pytest.mark.parametrize("name", DIGITS)
def test_digits_come_from_the_folder_given(name, tmp_path, write_digits):
    written = write_digits(tmp_path / "data")
    for split in ("train", "test"):
        found = data.IMAGES[name](tmp_path / "data", split=split)
        np.testing.assert_array_equal(found.pixels[..., 0], written[split][0])
        np.testing.assert_array_equal(found.labels, written[split][1])
        assert found.classes == 10 and found.skipped == 0
    assert len(data.IMAGES[name](tmp_path / "data", split="all").pixels) == 18


def test_clothes_come_from_debian_or_keras_too(tmp_path, write_digits):
    for place, counts in (("keras/datasets/fashion-mnist", (5, 3)), ("debian", (7, 3))):
        (tmp_path / place).mkdir(parents=True)
        write_digits(tmp_path / place, zipped=True, counts=counts)
        assert len(data.fashion_mnist().pixels) == counts[0]
    write_digits(tmp_path / "data", counts=(9, 3))
    assert len(data.fashion_mnist(tmp_path / "data").pixels) == 9


def test_digits_come_from_keras_cache_too(tmp_path):
    pixels = np.arange(5 * 28 * 28, dtype=np.uint8).reshape(5, 28, 28)
    arrays = {"x_train": pixels[:3], "x_test": pixels[3:]}
    arrays |= {"y_train": np.arange(3), "y_test": np.arange(2)}
    (tmp_path / "keras/datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras/datasets/mnist.npz", **arrays)
    found = data.mnist(split="all")
    np.testing.assert_array_equal(found.pixels[..., 0], pixels)
    assert found.labels.tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("name", NAMES)
def test_all_come_from_prepared_tfds(name, tmp_path):
    with tfds.testing.mock_data(num_examples=7, data_dir=str(tmp_path)):
        found = data.IMAGES[name](tmp_path / "data", split="all", size=16)
        pooled = data.IMAGES[name](tmp_path / "data")
    shape = (32, 32, 3) if name == "cifar10" else (28, 28, 1)
    assert found.pixels.shape == (7, 16, 16, shape[-1])
    assert pooled.pixels.shape == (7, *shape) and pooled.pixels.dtype == np.uint8
    assert found.labels.shape == (7,) and found.labels.dtype.kind == "i"


@pytest.mark.parametrize("name", NAMES)
def test_missing_data_are_one_sentence_with_every_way_to_get_them(name, tmp_path):
    with pytest.raises(ValueError, match=f"{name} was not found") as failed:
        data.IMAGES[name](tmp_path / "data")
    words = str(failed.value)
    assert f"in {tmp_path / 'data'}" in words and "or set download" in words
    assert f"tfds.load({name!r}, data_dir=" in words and "\n" not in words
    assert ("dataset-fashion-mnist" in words) == (name == "fashion_mnist")


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_download_is_one_sentence(name, tmp_path, monkeypatch):
    def fail(self, **options):
        raise ConnectionError("no way out\nof here")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(ValueError, match=r"not be downloaded: no way out$"):
        data.IMAGES[name](tmp_path / "data", download=True)


def test_nothing_is_downloaded_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", None)
    with pytest.raises(ValueError, match="was not found"):
        data.cifar10(tmp_path / "data")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"split": "valid"}, "split must be one of train, test, all, but is 'valid'"),
        ({"size": 0}, "size must be at least 1, but is 0"),
        ({"crop": -3}, "crop must be at least 1, but is -3"),
        ({"data_dir": "/nowhere"}, "'/nowhere' is no folder"),
    ],
)
@pytest.mark.parametrize("name", data.IMAGES)
def test_what_no_loader_can_do_is_refused(name, options, words):
    with pytest.raises(ValueError, match=words):
        data.IMAGES[name](**options)


def test_a_new_size_is_pillows_bicubic(tmp_path, write_digits):
    pixels, _ = write_digits(tmp_path / "data")["train"]
    found = data.mnist(tmp_path / "data", crop=20, size=32)
    for image, array in zip(pixels, found.pixels[..., 0]):
        square = Image.fromarray(image).crop((4, 4, 24, 24))
        expected = square.resize((32, 32), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(array, expected)
    assert len(found.labels) == len(found.pixels)


@pytest.mark.parametrize("options", [{"size": 28}, {"crop": 28}])
def test_the_same_size_changes_nothing(options, tmp_path, write_digits):
    pixels, _ = write_digits(tmp_path / "data")["train"]
    found = data.mnist(tmp_path / "data", **options)
    np.testing.assert_array_equal(found.pixels[..., 0], pixels)


def test_a_large_size_goes_to_a_map(tmp_path, write_digits):
    write_digits(tmp_path / "data")
    options = {"size": 64, "memory_gib": 1e-6, "cache_dir": tmp_path}
    found = data.mnist(tmp_path / "data", **options)
    assert isinstance(found.pixels, data.MappedPixels) and len(found.labels) == 12
    in_memory = data.mnist(tmp_path / "data", size=64)
    np.testing.assert_array_equal(found.pixels[:], in_memory.pixels)
