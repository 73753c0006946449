"""Tests for tf_collab.data.text.vocabulary."""

import collections
import json

import numpy as np
import pytest

from tf_collab import data
from tf_collab.data.text import vocabulary

UNK = "\N{REPLACEMENT CHARACTER}"
SOME = data.Vocabulary(UNK + "`e aé\N{GRINNING FACE}")


def counted(text):
    counts = np.zeros(vocabulary.CODES, int)
    for character, count in collections.Counter(text).items():
        counts[ord(character)] = count
    return counts


def test_frequent_characters_come_first_and_ties_by_code_point():
    text = "zzz" + "béé b" + "a😀a😀" + "B"
    assert data.Vocabulary.of(counted(text)).characters == UNK + "zabé😀 B"
    assert data.Vocabulary.of(counted(text), 4).characters == UNK + "zab"


def test_unk_itself_takes_no_second_place():
    assert data.Vocabulary.of(counted(UNK * 9 + "a")).characters == UNK + "a"


def test_lines_are_cut_or_padded_to_indices_and_come_back():
    lines = ["ae", "", "é😀 a ea", "eeee"]
    indices = SOME.encode(lines, length=4)
    assert indices.dtype == np.uint16
    assert indices.tolist() == [[4, 2, 1, 1], [1] * 4, [5, 6, 3, 4], [2] * 4]
    assert SOME.decode(indices) == ["ae", "", "é😀 a", "eeee"]


def test_padding_within_a_line_stays():
    indices = SOME.encode(["a`e`"], length=6)
    assert SOME.decode(indices) == ["a`e"]
    np.testing.assert_array_equal(SOME.encode(["a`e"], length=6), indices)


def test_what_it_lacks_is_unk():
    indices = SOME.encode(["axe", UNK, "\ud800a"], length=3)
    assert indices.tolist() == [[4, 0, 2], [0, 1, 1], [0, 4, 1]]
    assert SOME.decode(indices) == [f"a{UNK}e", UNK, f"{UNK}a"]


def test_no_lines_are_no_rows():
    assert SOME.encode([]).shape == (0, 32)
    assert SOME.decode(np.empty([0, 32], int)) == []


def test_any_indices_survive_a_round_trip():
    indices = np.random.default_rng(0).integers(SOME.size, size=(500, 7))
    np.testing.assert_array_equal(SOME.encode(SOME.decode(indices), 7), indices)


def test_a_file_gives_back_what_was_saved(tmp_path):
    odd = data.Vocabulary(UNK + '"\\\n\u2028`😀\x01')
    for some in (SOME, odd):
        some.save(tmp_path / "a.json")
        assert data.Vocabulary.load(tmp_path / "a.json") == some


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "Expecting value"),
        (b'{"characters": "', "Unterminated string"),
        (b"\xff\xfe", "can't decode byte 0xff"),
        (b"[]", "a string 'characters'"),
        (b'{"letters": "a"}', "a string 'characters'"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"characters": 1e999}', "begins with .*unk"),
        (json.dumps({"characters": UNK + "\ud800"}).encode(), "surrogates"),
        (b" " * (2**20 + 1), "1048577 bytes, more than 65536 characters take"),
        (b'{"characters": 3}', "begins with .*unk"),
        (b'{"characters": "abc"}', "begins with .*unk"),
        (json.dumps({"characters": UNK + "aba"}).encode(), "4 characters must differ"),
        (
            json.dumps({"characters": UNK + "".join(map(chr, range(2**16)))}).encode(),
            "at most 65536",
        ),
    ],
)
def test_a_damaged_file_is_one_sentence(content, message, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"vocabulary: .*{message}") as refused:
        data.Vocabulary.load(path)
    words = str(refused.value)
    assert words.startswith(f"'{path}' is not a") and "\n" not in words


@pytest.mark.parametrize(
    "indices, message",
    [
        (np.zeros([2, 3]), r"whole numbers .* float64 \[2, 3\]"),
        (np.zeros(3, int), r"whole numbers .* int64 \[3\]"),
        (np.array([[0, 7]]), "0 to 6, as the vocabulary has 7, but are 0 to 7"),
        (np.array([[-1, 0]]), "but are -1 to 0"),
    ],
)
def test_what_is_no_index_is_not_decoded(indices, message):
    with pytest.raises(ValueError, match=message):
        SOME.decode(indices)


@pytest.mark.parametrize("size", [0, 1, 2**16 + 1])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match=f"must be 2 to 65536, but is {size}"):
        data.Vocabulary.of(counted("ab"), size)
