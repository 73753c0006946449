"""Tests for tf_collab.data.reading: where lines come from, and what is no text."""

import miniatures
import numpy as np
import pytest
import tensorflow_datasets as tfds
from miniatures import cut, padded, sentences

from tf_collab import data


def test_a_pattern_or_a_file_can_be_given_too(tmp_path):
    lines = sentences(120)
    for i, name in enumerate(("a", "b.txt", "c.en")):
        part = lines[40 * i : 40 * (i + 1)]
        (tmp_path / name).write_text("\n".join(part), encoding="utf8")
    for given, expected in (("[ab]*", lines[:80]), ("c.en", lines[80:])):
        text = data.billion_word(str(tmp_path / given))
        assert padded(text, "lines") + padded(text, "held_out") == cut(expected)


def test_ends_of_lines_are_those_of_every_system_and_empty_lines_go(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo\n\n\nthree\rtoe")
    text = data.billion_word(tmp_path, length=5)
    assert padded(text, "lines") == ["one``", "two``", "three"]
    assert padded(text, "held_out") == ["toe``"]


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a\nb\xff\xfe\n", "not UTF-8"),
        ("a\nb\n".encode("utf-16"), "not UTF-8"),
        (b"cut in a charac\xc3", "not UTF-8"),
        (b"a\nb\0\n", "NUL bytes"),
        ("\n".join(map(chr, range(0x10000, 0x20001))).encode(), "65536 different"),
    ],
)
def test_what_is_no_text_is_refused_by_name(content, message, tmp_path):
    (tmp_path / "fine").write_text("a\nb\n")
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ValueError, match=message) as refused:
        data.billion_word(tmp_path)
    words = str(refused.value)
    assert words.startswith(f"{tmp_path / 'other'} is no text") and "\n" not in words


@pytest.mark.parametrize("content, n", [("", 0), ("\n\n", 0), ("\none\n", 1)])
def test_fewer_than_two_lines_are_refused(content, n, tmp_path):
    (tmp_path / "a").write_text(content)
    with pytest.raises(ValueError, match=f"{tmp_path} has {n} lines of text"):
        data.billion_word(tmp_path)


def test_missing_text_is_one_sentence_with_every_way_to_get_it(tmp_path):
    with pytest.raises(ValueError, match="billion_word was not found") as failed:
        data.billion_word(tmp_path)
    words = str(failed.value)
    assert f"in {tmp_path}, " in words and "or set download" in words
    assert "tfds.load('lm1b'" in words and "\n" not in words
    with pytest.raises(ValueError, match="is no folder"):
        data.billion_word(tmp_path / "none")
    with pytest.raises(ValueError, match="no file matches"):
        data.billion_word(tmp_path / "*.txt")


def test_prepared_sentences_are_those_that_were_written(tmp_path):
    lines = sentences(100)
    miniatures.prepare_sentences(tmp_path, lines)
    text, again = data.billion_word(tmp_path), data.billion_word(tmp_path)
    # TFDS has its own order, which stays.
    found = padded(text, "lines") + padded(text, "held_out")
    assert sorted(found) == sorted(cut(lines))
    np.testing.assert_array_equal(text.lines, again.lines)
    some = data.billion_word(tmp_path, lines=60)
    assert padded(some, "lines") + padded(some, "held_out") == found[:60]


def test_damaged_prepared_sentences_are_one_sentence(tmp_path):
    miniatures.prepare_sentences(tmp_path, sentences(100))
    for path in tmp_path.rglob("*train.tfrecord*"):
        path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(OSError, match=r"lm1b.* cannot be read") as failed:
        data.billion_word(tmp_path)
    assert "\n" not in str(failed.value)


def test_prepared_bytes_that_are_no_text_are_refused(tmp_path):
    miniatures.prepare_sentences(tmp_path, [b"fine", b"\xff"])
    with pytest.raises(ValueError, match=r"lm1b.* is no text, as it is not UTF-8"):
        data.billion_word(tmp_path)


def test_sentences_as_tfds_describes_them_are_read(tmp_path):
    (tmp_path / "data").mkdir()
    with tfds.testing.mock_data(num_examples=60):
        text = data.billion_word(tmp_path / "data")
        nowhere = data.billion_word()
    assert text.lines.shape == (59, 32) and text.held_out.shape == (1, 32)
    np.testing.assert_array_equal(nowhere.lines, text.lines)
