"""Tests for tf_collab.data.images.faces: CelebA as it lies on disks."""

import os
import shutil

import numpy as np
import pytest
from helpers import tiny_datasets

from tf_collab import data

LAYOUTS = {  # where the faces are and where their list is
    "beside": ("img_align_celeba", "list_eval_partition.txt"),
    "official": ("Img/img_align_celeba", "Eval/list_eval_partition.txt"),
    "png": ("Img/img_align_celeba_png", "Eval/list_eval_partition.txt"),
    "kaggle": ("img_align_celeba/img_align_celeba", "list_eval_partition.csv"),
    "torchvision": ("celeba/img_align_celeba", "celeba/list_eval_partition.txt"),
    "inside": ("img_align_celeba", "img_align_celeba/list_eval_partition.txt"),
    "renamed": ("", "list_eval_partition.txt"),
}


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Thirty of them, each third one for validation or for tests."""
    folder = tmp_path_factory.mktemp("faces")
    return {
        suffix: tiny_datasets.write_pictures(folder / suffix, 30, suffix=suffix)
        for suffix in (".jpg", ".png", ".JPG")
    }


def lay(root, faces, layout, *, suffix=".jpg", of=None):
    """The faces and their list, whose names end in .jpg as the official ones do."""
    inside, listed = LAYOUTS[layout]
    (root / inside).mkdir(parents=True, exist_ok=True)
    for path in faces[suffix]:
        shutil.copy(path, root / inside)
    comma = "," if listed.endswith("csv") else " "
    lines = [
        f"{path.stem}.jpg{comma}{i % 3}\n" for i, path in enumerate(faces[".jpg"])
    ][:of]
    if comma == ",":
        lines.insert(0, "image_id,partition\n")
    (root / listed).parent.mkdir(exist_ok=True)
    (root / listed).write_text("".join(lines))
    return root / inside


def load(folder, split):
    return data.celeba(folder, split=split, size=8, crop=None)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("inner", [False, True])
def test_tests_hold_no_face_that_is_learned(layout, inner, faces, tmp_path):
    suffix = ".png" if layout == "png" else ".jpg"
    folder = lay(tmp_path, faces, layout, suffix=suffix)
    every = load(folder, "all").pixels
    for split, part in (("train", 0), ("test", 2)):
        found = load(folder if inner else tmp_path, split)
        np.testing.assert_array_equal(found.pixels, every[part::3])
        assert not any("at random" in note for note in found.notes)


def test_the_ending_of_a_name_does_not_matter(faces, tmp_path):
    folder = lay(tmp_path, faces, "beside", suffix=".JPG")
    assert len(load(folder, "test").pixels) == 10


def test_without_a_list_it_is_said_that_tests_are_drawn(faces, tmp_path):
    folder = lay(tmp_path, faces, "beside")
    (tmp_path / "list_eval_partition.txt").unlink()
    found = load(tmp_path, "test")
    assert len(found.pixels) == 3
    assert found.notes == (
        f"no list_eval_partition.txt near {str(folder)!r}: one face in ten, at random, "
        "is for tests",
    )


def test_faces_that_are_not_listed_are_counted(faces, tmp_path):
    folder = lay(tmp_path, faces, "beside", of=24)
    found = load(tmp_path, "train")
    assert len(found.pixels) == 8
    told = f"left out of {str(folder)!r}: faces without a split (6)"
    assert found.notes == (told,)
    assert len(load(tmp_path, "all").pixels) == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"000001.jpg 0\n000002.jpg 3\n", "line 2 is '000002.jpg 3'"),
        (b"000001.jpg\n", "line 1 is"),
        (b"000001.jpg 1e999\n", "line 1 is"),
        (b"\xff\xfe0\0", "decode byte 0xff"),
        (None, "is a named pipe"),
    ],
)
def test_a_damaged_list_is_one_sentence(content, words, faces, tmp_path):
    lay(tmp_path, faces, "beside")
    path = tmp_path / "list_eval_partition.txt"
    path.unlink()
    os.mkfifo(path) if content is None else path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as refused:
        load(tmp_path, "test")
    told = str(refused.value)
    assert told.startswith(repr(str(path))) and "\n" not in told


def test_a_giant_list_is_not_read(faces, tmp_path):
    lay(tmp_path, faces, "beside")
    os.truncate(tmp_path / "list_eval_partition.txt", 2**40)
    with pytest.raises(ValueError, match="1099511627776 bytes, too many"):
        load(tmp_path, "train")
