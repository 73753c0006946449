"""Tests for tf_collab.data.idx."""

import numpy as np
import pytest

from tf_collab.data import idx


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
        (lambda content: b"", "no IDX file"),
        (lambda content: content[:3], "no IDX file"),
        (lambda content: content[:9], "no IDX file"),
        (lambda content: b"\x89PNG" + content, "no IDX file"),
        (lambda content: b"\0\0\x0d" + content[3:], "no IDX file"),  # of floats
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
    with pytest.raises(ValueError, match="is damaged"):
        idx.read(path)


def test_images_and_labels_must_agree(tmp_path, write_digits):
    write_digits(tmp_path)
    labels = (tmp_path / "t10k-labels-idx1-ubyte").read_bytes()
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(ValueError, match=r"is \[12, 28, 28\] and .* is \[6\]"):
        idx.digits(tmp_path, "train")
