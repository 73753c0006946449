"""Tests for tf_collab.data.images.labelled."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tf_collab import data
from tf_collab.data.images import labelled

DIGITS = ["mnist", "fashion_mnist"]
NAMES = [*DIGITS, "cifar10"]
PIXELS = np.arange(5 * 28 * 28).astype(np.uint8).reshape(5, 28, 28)


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


def fill_usual_places(tmp_path, write_digits):
    """Debian's folder and both of Keras' caches."""
    for place, counts in (("keras/datasets/fashion-mnist", (5, 3)), ("debian", (7, 3))):
        (tmp_path / place).mkdir(parents=True)
        write_digits(tmp_path / place, zipped=True, counts=counts)
    write_npz(tmp_path / "keras/datasets/mnist.npz")


def write_npz(path, **changes):
    arrays = {"x_train": PIXELS[:3], "x_test": PIXELS[3:]}
    arrays |= {"y_train": np.arange(3), "y_test": np.arange(2)}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{**arrays, **changes})


def test_clothes_come_from_debian_or_keras_without_a_folder(tmp_path, write_digits):
    fill_usual_places(tmp_path, write_digits)
    assert len(data.fashion_mnist().pixels) == 7
    (tmp_path / "debian").rename(tmp_path / "gone")
    assert len(data.fashion_mnist().pixels) == 5


@pytest.mark.parametrize("name", NAMES)
def test_no_other_place_stands_in_for_the_folder_given(name, tmp_path, write_digits):
    fill_usual_places(tmp_path, write_digits)
    with pytest.raises(ValueError, match="data', which is empty"):
        data.IMAGES[name](tmp_path / "data")


@pytest.mark.parametrize("place", ["keras/datasets", "data"])
def test_digits_come_from_keras_file_too(place, tmp_path):
    write_npz(tmp_path / place / "mnist.npz")
    found = data.mnist(tmp_path / "data" if place == "data" else None, split="all")
    np.testing.assert_array_equal(found.pixels[..., 0], PIXELS)
    assert found.labels.tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": PIXELS[0]}, r"for train are \[28, 28\] and \[3\]"),
        ({"y_train": np.arange(4)}, r"are \[3, 28, 28\] and \[4\]"),
        ({"x_train": PIXELS[:0], "y_train": np.arange(0)}, r"are \[0, 28, 28\]"),
        ({"x_train": PIXELS[:3] / 255}, "float64 and int64"),
        ({"y_train": np.array(["a", "b", "c"])}, "uint8 and <U1"),
        ({"x_train": np.array([{}] * 3)}, "Object arrays cannot be loaded"),
        ({"y_train": np.array([0, 1, 10])}, "has labels 0 to 10: the 10 classes"),
        ({"y_train": np.array([0, -1, 2])}, "has labels -1 to 2"),
        ({"x_train": PIXELS[:1], "y_train": np.arange(1)}, "has 1 image: at least 2"),
    ],
)
def test_other_arrays_are_refused_by_the_files_name(changes, words, tmp_path):
    path = tmp_path / "data/mnist.npz"
    write_npz(path, **changes)
    with pytest.raises(ValueError, match=words) as refused:
        data.mnist(tmp_path / "data")
    told = str(refused.value)
    assert told.startswith(repr(str(path))) and "\n" not in told


@pytest.mark.parametrize("keep", [0, 1, 100, -100, -1])
def test_a_download_that_was_cut_is_one_sentence(keep, tmp_path):
    path = tmp_path / "keras/datasets/mnist.npz"
    write_npz(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        ValueError, match=r"is not a readable mnist\.npz of Keras"
    ) as told:
        data.mnist()
    assert str(path) in str(told.value) and "\n" not in str(told.value)


def test_a_bomb_in_its_place_is_not_unpacked(tmp_path):
    path = tmp_path / "data/mnist.npz"
    write_npz(path)
    content = path.read_bytes()
    for head, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = content.index(head) + at
        content = content[:start] + b"\xf0\xff\xff\xff" + content[start + 4 :]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"it would take 4\.0 GiB"):
        data.mnist(tmp_path / "data")


LAYOUTS = {
    "mnist": ("raw", "MNIST/raw", "mnist"),
    "fashion_mnist": ("raw", "FashionMNIST/raw", "data/fashion", "fashion-mnist"),
}


@pytest.mark.parametrize(
    ("name", "place"), [(name, p) for name, places in LAYOUTS.items() for p in places]
)
def test_folders_of_other_programs_are_understood(name, place, tmp_path, write_digits):
    inner = tmp_path / "data" / place
    inner.mkdir(parents=True)
    pixels, _ = write_digits(inner, zipped=True)["test"]
    for folder in (inner, tmp_path / "data"):
        found = data.IMAGES[name](folder, split="test")
        np.testing.assert_array_equal(found.pixels[..., 0], pixels)


def test_the_other_set_of_one_folder_is_not_taken(tmp_path, write_digits):
    for place, counts in (("MNIST/raw", (5, 3)), ("FashionMNIST/raw", (6, 3))):
        (tmp_path / "data" / place).mkdir(parents=True)
        write_digits(tmp_path / "data" / place, counts=counts)
    assert len(data.mnist(tmp_path / "data").pixels) == 5
    assert len(data.fashion_mnist(tmp_path / "data").pixels) == 6


@pytest.mark.parametrize(
    ("name", "there", "words"),
    [
        (
            "cifar10",
            "cifar-10-batches-py/data_batch_1",
            "pickles could run code .* bin",
        ),
        ("cifar10", "data_batch_1", "pickles could run code"),
        ("cifar10", "cifar-10-python.tar.gz", "get the binary version"),
        ("cifar10", "cifar-10-batches-mat/data_batch_1.mat", "Matlab version"),
        ("cifar10", "cifar-10-binary.tar.gz", "is an archive: unpack it first"),
        ("mnist", "archive.zip", "is an archive: unpack it first"),
        ("mnist", "MNIST/processed/training.pt", "is a pickle, .* the folder raw"),
        ("mnist", "mnist_train.csv", "which holds 'mnist_train.csv': put its four IDX"),
        ("celeba", "Img/img_align_celeba.zip", "celeba.zip' is an archive: unpack"),
        ("celeba", "img_align_celeba.zip", "is an archive"),
        ("lsun", "bedroom_train_lmdb/data.mdb", "is an LMDB database"),
        ("lsun", "data.mdb", "export it to image files"),
        ("lsun", "lsun/bedroom_train_lmdb/data.mdb", "is an LMDB database"),
        ("folder", "bedroom_train_lmdb/data.mdb", "is an LMDB database"),
        ("folder", "photos.zip", "is an archive"),
        ("folder", "photo.heic", "which holds 'photo.heic': give a folder with files"),
    ],
)
def test_what_is_not_read_is_named_and_what_to_do(name, there, words, tmp_path):
    path = tmp_path / "data" / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with pytest.raises(ValueError, match=words) as refused:
        data.IMAGES[name](tmp_path / "data")
    assert repr(str(tmp_path / "data"))[:-1] in str(refused.value)


def test_one_digest_for_the_same_images_however_they_lie(tmp_path, write_digits):
    digests = []
    for place, zipped in (("a", False), ("b/raw", True)):
        (tmp_path / place).mkdir(parents=True)
        write_digits(tmp_path / place, zipped=zipped)
        digests.append(data.mnist(tmp_path / place[0]).digest)
    digests.append(data.mnist(tmp_path / "a", size=32).digest)
    assert len({*digests}) == 1
    write_digits(tmp_path / "a", counts=(13, 6))
    assert data.mnist(tmp_path / "a").digest not in digests


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
    with pytest.raises(ValueError, match=f"{name} was not found: ") as nowhere:
        data.IMAGES[name]()
    found = "install Debian's dataset-fashion-mnist" in str(nowhere.value)
    assert found == (name == "fashion_mnist")


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
        ({"data_dir": "/nowhere"}, "'/nowhere' is not a folder"),
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
