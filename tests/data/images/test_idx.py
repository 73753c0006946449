"""Tests for tf_collab.data.images.idx."""

import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest
from helpers import tiny_datasets

from tf_collab.data.images import idx


@pytest.mark.parametrize("zipped", [False, True])
def test_the_files_of_mnist_are_read_plain_or_zipped(zipped, tmp_path, write_digits):
    written = write_digits(tmp_path, zipped=zipped)
    for split in ("train", "test"):
        files, pixels, labels = idx.digits(tmp_path, split)
        np.testing.assert_array_equal(pixels[..., 0], written[split][0])
        np.testing.assert_array_equal(labels, written[split][1])
        assert pixels.dtype == np.uint8 and labels.dtype.kind == "i"
        assert len(files) == 2


def test_all_is_train_and_test_pooled(tmp_path, write_digits):
    written = write_digits(tmp_path)
    files, pixels, labels = idx.digits(tmp_path, "all")
    for i, array in enumerate((pixels[..., 0], labels)):
        pooled = np.concatenate([written["train"][i], written["test"][i]])
        np.testing.assert_array_equal(array, pooled)
    assert len(files) == 4


def test_a_folder_without_them_has_none(tmp_path):
    assert idx.digits(tmp_path, "train") is None


def test_some_files_without_the_others_are_refused(tmp_path, write_digits):
    write_digits(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="has no train-labels-idx1-ubyte"):
        idx.digits(tmp_path, "train")
    assert idx.digits(tmp_path, "test") is not None


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[:-1], "it is damaged"),
        (lambda content: content + b"x", "it is damaged"),
        (lambda content: b"", "not an IDX file"),
        (lambda content: content[:3], "not an IDX file"),
        (lambda content: content[:9], "not an IDX file"),
        (lambda content: b"\x89PNG" + content, "not an IDX file"),
        (lambda content: b"\0\0\x0d" + content[3:], "not an IDX file"),  # of floats
    ],
)
def test_a_damaged_file_is_one_sentence(damage, words, tmp_path, write_digits):
    write_digits(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=words) as failed:
        idx.read(path)
    assert str(path) in str(failed.value)


@pytest.mark.parametrize("content", [b"text", None])
def test_a_damaged_zip_is_one_sentence(content, tmp_path, write_digits):
    write_digits(tmp_path, zipped=True)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(content or path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=f"'{path}' is not a readable IDX"):
        idx.read(path)


def test_images_and_labels_must_agree(tmp_path, write_digits):
    write_digits(tmp_path)
    labels = (tmp_path / "t10k-labels-idx1-ubyte").read_bytes()
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(ValueError, match=r"is \[12, 28, 28\] and .* is \[6\]"):
        idx.digits(tmp_path, "train")


def header(*lengths):
    return bytes([0, 0, 8, len(lengths)]) + struct.pack(f">{len(lengths)}I", *lengths)


BOMBS = {
    "of 6 GiB": lambda: header(6000, 1024, 1024) + b"a" * 64,
    "of 2**64": lambda: header(2**32 - 1, 2**32 - 1),
    "of all axes": lambda: header(*[2**32 - 1] * 255),
    "longer than it says": lambda: header(10, 28, 28) + bytes(2**26),
    "of zeros": lambda: bytes(2**26),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_bomb_is_refused_by_its_header(bomb, zipped, tmp_path):
    path, content = tmp_path / ("a.gz" if zipped else "a"), BOMBS[bomb]()
    path.write_bytes(gzip.compress(content, 1) if zipped else content)
    del content
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"its header says|not an IDX file") as refused:
        idx.read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()
    assert str(refused.value).startswith(repr(str(path)))


def test_a_sound_file_of_more_than_a_set_can_have_is_refused_unread(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(header(2**21, 32, 32))
    os.truncate(path, 2**31 + 16)
    with pytest.raises(ValueError, match="or too large to be read"):
        idx.read(path)


@pytest.mark.parametrize("name", ["train-images.idx3-ubyte", "train-images-idx3-ubyte"])
@pytest.mark.parametrize("inside", [False, True])
def test_names_with_dots_and_folders_of_the_files_names_are_read(
    name, inside, tmp_path, write_digits
):
    pixels, _ = write_digits(tmp_path)["train"]
    path = (tmp_path / "train-images-idx3-ubyte").rename(tmp_path / "moved")
    if inside:
        (tmp_path / name).mkdir()
        name = f"{name}/{name}"
    path.rename(tmp_path / name)
    _, found, _ = idx.digits(tmp_path, "train")
    np.testing.assert_array_equal(found[..., 0], pixels)


def test_no_image_at_all_is_one_sentence(tmp_path, write_digits):
    write_digits(tmp_path)
    tiny_datasets.write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros([0, 28, 28]))
    tiny_datasets.write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.zeros([0]))
    with pytest.raises(ValueError, match=r"is \[0, 28, 28\] and"):
        idx.digits(tmp_path, "test")


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.gz")
    with pytest.raises(ValueError, match="is a named pipe"):
        idx.read(tmp_path / "a.gz")
