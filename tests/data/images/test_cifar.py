"""Tests for tf_collab.data.images.cifar."""

import numpy as np
import pytest

from tf_collab.data.images import cifar


def write(folder, n=4):
    """Image i of file k is 40 * k + i in red, 1 in green and 2 in blue."""
    folder.mkdir(exist_ok=True)
    names = [f"data_batch_{k}.bin" for k in range(1, 6)] + ["test_batch.bin"]
    for k, name in enumerate(names):
        records = [
            bytes([i % 10]) + bytes([40 * k + i]) * 1024 + b"\1" * 1024 + b"\2" * 1024
            for i in range(n)
        ]
        (folder / name).write_bytes(b"".join(records))


@pytest.mark.parametrize("inner", ["", cifar.FOLDER])
def test_the_batches_are_read_in_order(inner, tmp_path):
    write(tmp_path / inner)
    files, pixels, labels = cifar.cifar10_batches(tmp_path, "train")
    assert len(files) == 5 and pixels.shape == (20, 32, 32, 3)
    red = [40 * k + i for k in range(5) for i in range(4)]
    np.testing.assert_array_equal(pixels[:, 3, 5], [[r, 1, 2] for r in red])
    np.testing.assert_array_equal(labels, [0, 1, 2, 3] * 5)
    _, test, _ = cifar.cifar10_batches(tmp_path, "test")
    _, pooled, _ = cifar.cifar10_batches(tmp_path, "all")
    np.testing.assert_array_equal(pooled, np.concatenate([pixels, test]))


def test_rows_and_columns_are_not_mixed_up(tmp_path):
    record = np.arange(3072).astype(np.uint8)
    for name in (name for names in cifar.NAMES.values() for name in names):
        (tmp_path / name).write_bytes(b"\3" + record.tobytes())
    _, pixels, labels = cifar.cifar10_batches(tmp_path, "test")
    for y, x, c in [(0, 0, 0), (0, 31, 1), (17, 4, 2)]:
        assert pixels[0, y, x, c] == record[1024 * c + 32 * y + x]
    assert labels.tolist() == [3]


def test_a_folder_without_them_has_none_and_pickles_are_not_read(tmp_path):
    (tmp_path / "data_batch_1").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    assert cifar.cifar10_batches(tmp_path, "train") is None


@pytest.mark.parametrize("content", [b"", b"\0" * 3072, b"\x0a" + b"\0" * 3072])
def test_another_file_of_that_name_is_refused(content, tmp_path):
    write(tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"data_batch_3.bin' is not a batch of CIFAR-10"
    ):
        cifar.cifar10_batches(tmp_path, "train")


def test_a_missing_batch_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(ValueError, match=r"has no data_batch_3.bin"):
        cifar.cifar10_batches(tmp_path, "train")
