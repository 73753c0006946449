"""Tests for tf_collab.data.images.prepared: TFDS's folders, and damaged ones."""

import json
import shutil

import numpy as np
import pytest
from helpers import tiny_datasets

from tf_collab import data
from tf_collab.data.images import prepared


@pytest.fixture(scope="module")
def sentences_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lm1b")
    tiny_datasets.prepare_sentences(folder, tiny_datasets.sentences(40))
    return folder


@pytest.fixture
def tfds(sentences_once, tmp_path):
    """A folder of TFDS's with lm1b."""
    shutil.copytree(sentences_once, tmp_path / "tfds")
    return tmp_path / "tfds"


def test_the_folder_one_above_and_those_inside_are_understood(tfds):
    whole = data.billion_word(tfds).lines
    for given in (tfds / "lm1b", tfds / "lm1b" / "1.1.0"):
        np.testing.assert_array_equal(data.billion_word(given).lines, whole)
    tfds.rename(tfds.parent / "tensorflow_datasets")
    np.testing.assert_array_equal(data.billion_word(tfds.parent).lines, whole)


def test_the_version_that_is_given_is_read(tfds):
    shutil.copytree(tfds / "lm1b/1.1.0", tfds / "lm1b/1.2.0")
    for version in ("1.1.0", "1.2.0"):
        found = prepared.place("lm1b", tfds / "lm1b" / version)
        assert found == (tfds, f"lm1b:{version}")
    assert prepared.place("lm1b", tfds / "lm1b") == (tfds, "lm1b")


def test_a_set_beside_the_folder_given_is_not_taken(tfds):
    (tfds / "mine").mkdir()
    assert prepared.place("lm1b", tfds / "mine") is None
    assert prepared.place("mnist", tfds) is None
    with pytest.raises(ValueError, match=r"mine', which is empty: put text files"):
        data.billion_word(tfds / "mine")


INFO = "lm1b/1.1.0/dataset_info.json"


def lengthened(content):
    record = json.loads(content)
    record["splits"][0]["shardLengths"] = ["1000000000000"]
    return json.dumps(record).encode()


DAMAGE = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:200],
    "deep": lambda content: b"[" * 100_000,
    "list": lambda content: b"[]",
    "number": lambda content: content.replace(b'"1.1.0"', b"1e999"),
    "bytes": lambda content: b"\xff\xfe" + content,
    "giant": lengthened,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_record_is_one_sentence(name, tfds):
    path = tfds / INFO
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    with pytest.raises((ValueError, OSError)) as refused:
        data.billion_word(tfds)
    told = str(refused.value)
    assert "lm1b" in told and str(tfds) in told and "\n" not in told


@pytest.mark.parametrize("length", [2**63, 2**40, 10**6])
def test_a_record_longer_than_its_file_is_never_asked_for(length, tfds):
    (path,) = tfds.rglob("*.tfrecord*")
    content = path.read_bytes()
    path.write_bytes(length.to_bytes(8, "little") + content[8:])
    with pytest.raises(
        ValueError, match="its record at byte 0 would end at"
    ) as refused:
        data.billion_word(tfds)
    assert str(refused.value).startswith(repr(str(path)))


def test_a_flipped_bit_in_a_record_is_one_sentence(tfds):
    (path,) = tfds.rglob("*.tfrecord*")
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"lm1b.* cannot be read: ") as refused:
        data.billion_word(tfds)
    assert "\n" not in str(refused.value)
