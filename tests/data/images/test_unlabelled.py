"""Tests for tf_collab.data.images.unlabelled."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from helpers import tiny_datasets
from PIL import Image

from tf_collab import data
from tf_collab.data.images import sets

PARTS = {"train": 0, "validation": 1, "test": 2}


def by_hand(path):
    """The authors' crop of a face: 108 of 178x218, to 64x64."""
    face = Image.open(path).crop((35, 55, 143, 163))
    return np.asarray(face.resize((64, 64), Image.Resampling.BICUBIC))


@pytest.fixture
def faces(tmp_path):
    folder = tmp_path / "img_align_celeba"
    return tiny_datasets.write_pictures(folder, 30, suffix=".jpg", size=(178, 218))


@pytest.fixture
def listed(faces):
    """The official partition: each third file is for validation or for tests."""
    part = [PARTS[p] for p in ("train", "validation", "test")] * 10
    lines = [f"{path.name} {i}\n" for path, i in zip(faces, part)]
    (faces[0].parents[1] / "list_eval_partition.txt").write_text("".join(lines))
    return faces


@pytest.mark.parametrize("inside", [False, True])
def test_faces_are_cropped_and_resized_as_by_hand(inside, faces, tmp_path):
    folder = tmp_path / "img_align_celeba" if inside else tmp_path
    found = data.celeba(folder, split="all")
    expected = [by_hand(path) for path in faces]
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.labels is None and found.classes is None and found.skipped == 0


def test_faces_keep_their_size_when_told(faces, tmp_path):
    found = data.celeba(tmp_path, split="all", size=None, crop=None)
    assert found.pixels.shape == (30, 218, 178, 3)


def test_faces_are_split_as_the_list_says(listed, tmp_path):
    for split in ("train", "test"):
        found = data.celeba(tmp_path, split=split)
        expected = [by_hand(path) for path in listed[PARTS[split] :: 3]]
        np.testing.assert_array_equal(found.pixels, expected)
    assert len(data.celeba(tmp_path, split="all").pixels) == 30


def test_without_a_list_one_in_ten_is_for_tests(faces, tmp_path):
    rows = sets.held_out(tmp_path, 30, "test")
    found = data.celeba(tmp_path, split="test")
    np.testing.assert_array_equal(found.pixels, [by_hand(faces[i]) for i in rows])
    assert len(data.celeba(tmp_path).pixels) == 27


@pytest.fixture
def prepared_faces(faces, tmp_path):
    """TFDS' celeb_a with six of the faces a split."""
    splits = {name: faces[6 * i : 6 * i + 6] for name, i in PARTS.items()}
    tiny_datasets.prepare_faces(tmp_path / "tfds", splits)
    return tmp_path / "tfds"


def test_prepared_faces_are_those_of_the_files(prepared_faces, faces):
    def as_a_set(arrays):
        return sorted(array.tobytes() for array in arrays)

    for split, paths in {
        "train": faces[:6],
        "test": faces[12:18],
        "all": faces[:18],
    }.items():
        found = data.celeba(prepared_faces, split=split)
        assert as_a_set(found.pixels) == as_a_set(map(by_hand, paths))
        again = data.celeba(prepared_faces, split=split)
        np.testing.assert_array_equal(found.pixels, again.pixels)


def test_damaged_prepared_faces_are_one_sentence(prepared_faces):
    for path in prepared_faces.rglob("*train.tfrecord*"):
        path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"celeb_a.* cannot be read") as failed:
        data.celeba(prepared_faces)
    assert "\n" not in str(failed.value)


def test_faces_as_tfds_describes_them_are_read(tmp_path):
    (tmp_path / "data").mkdir()
    with tfds.testing.mock_data(num_examples=2):
        found = data.celeba(tmp_path / "data", split="all", size=16, crop=None)
    assert found.pixels.shape == (2, 16, 16, 3)


def test_held_out_bedrooms_are_not_learned_from(tmp_path):
    (tmp_path / "data").mkdir()
    with tfds.testing.mock_data(num_examples=20):
        train, test, every = (
            data.lsun(tmp_path / "data", split=split, size=8).pixels
            for split in ("train", "test", "all")
        )
    assert [len(p) for p in (train, test, every)] == [18, 2, 20]
    rows = sets.held_out(tmp_path, 20, "test")
    np.testing.assert_array_equal(test, every[rows])
    np.testing.assert_array_equal(train, np.delete(every, rows, axis=0))


def test_bedrooms_come_from_a_folder_too(tmp_path):
    tiny_datasets.write_pictures(tmp_path, 20, suffix=".webp", size=(80, 70))
    assert data.lsun(tmp_path).pixels.shape == (18, 64, 64, 3)
    assert data.lsun(tmp_path, split="test", size=32).pixels.shape == (2, 32, 32, 3)


@pytest.mark.parametrize("name", ["celeba", "lsun"])
def test_missing_data_are_one_sentence_with_every_way_to_get_them(name, tmp_path):
    with pytest.raises(ValueError, match=f"{name} was not found") as failed:
        data.IMAGES[name](tmp_path)
    words = str(failed.value)
    assert f"in {tmp_path}, " in words and "or set download" in words
    assert "tfds.load('" in words and "\n" not in words


@pytest.mark.parametrize("n", [1, 3])
def test_too_few_images_to_hold_some_out_are_refused(n, tmp_path):
    tiny_datasets.write_pictures(tmp_path, n)
    for split in ("train", "test"):
        with pytest.raises(ValueError) as failed:
            data.folder(tmp_path, split=split)
        assert str(failed.value) == (
            f"'{tmp_path}' has {n} images: at least 4 are needed, 2 to learn from and "
            "2 for tests, which get one in ten"
        )


def test_four_images_are_two_of_each(tmp_path):
    tiny_datasets.write_pictures(tmp_path, 4)
    parts = [data.folder(tmp_path, split=split) for split in ("train", "test")]
    assert [len(part.pixels) for part in parts] == [2, 2]


@pytest.mark.parametrize("given", [False, True])
def test_a_folder_without_images_is_refused(given, tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"no image in .*\.bmp, \.gif"):
        data.folder(tmp_path if given else None)
