"""Tests for tf_collab.data.text.reading: where lines come from, and what is no text."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds
from helpers import tiny_datasets
from helpers.tiny_datasets import cut, padded, sentences

from tf_collab import data
from tf_collab.data.text import corpus, reading, vocabulary

PARTS = ("lines", "held_out")


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
        (b"a\nb\xff\xfe\n", "not UTF-8: 0xff is byte 4 of the file, in line 2"),
        ("a\nb\n".encode("utf-16"), "not UTF-8: 0xff is byte 1 of the file, in line 1"),
        (b"\xef\xbb\xbfa\r\nb\r\xe9\n", "0xe9 is byte 9 of the file, in line 3"),
        ("Zo\u00eb\n".encode("latin-1"), "0xeb is byte 3 of the file, in line 1"),
        (b"cut in a charac\xc3", "not UTF-8: 0xc3 is byte 16 of the file, in line 1"),
        (b"a\nb\0\n", "NUL bytes: the first is byte 4 of the file, in line 2"),
        ("\n".join(map(chr, range(0x10000, 0x20001))).encode(), "65536 different"),
    ],
)
@pytest.mark.parametrize("block", [1, 3, 2**22])
def test_what_is_no_text_is_refused_by_name_line_and_byte(
    content, message, block, tmp_path, monkeypatch
):
    if len(content) > 99 and block < 99:
        return  # a minute of reading
    monkeypatch.setattr(reading, "_CHARACTERS", block)
    (tmp_path / "fine").write_text("a\nb\n")
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ValueError, match=message) as refused:
        data.billion_word(tmp_path)
    words = str(refused.value)
    assert words.startswith(f"'{tmp_path / 'other'}' is not text") and "\n" not in words


@pytest.fixture
def nested(tmp_path):
    """Texts in folders, and what is none of them."""
    for name in ("b/one", "a/deep/two", "three", ".git/four", "a/.five"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(2 * f"{name}\n")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def lines_of(where):
    """Each once; a file has its lines twice, so that no character is held out."""
    found = data.billion_word(where)
    lines = [line.rstrip("`") for part in PARTS for line in padded(found, part)]
    return list(dict.fromkeys(lines))


def test_texts_in_folders_are_read_and_what_is_left_out_is_counted(nested):
    assert lines_of(nested) == ["a/deep/two", "b/one", "three"]
    told = "hidden files (1), hidden folders (1), special files (1)"
    (note,) = data.billion_word(nested).notes
    assert note == f"left out of {str(nested)!r}: {told}"


def test_a_pattern_names_folders_too_and_goes_round_no_loop(nested):
    (nested / "a/again").symlink_to("..")
    (nested / "same").symlink_to("three")
    assert lines_of(nested / "[ab]") == ["a/deep/two", "b/one"]
    assert lines_of(nested / "**") == ["a/deep/two", "b/one", "three"]


@pytest.mark.parametrize(
    "top", ["1-billion-word-language-modeling-benchmark-r13output", ""]
)
def test_of_the_benchmark_the_training_files_are_read_alone(top, tmp_path):
    for folder, name in (
        ("training-monolingual.tokenized.shuffled", "news.en-00001-of-00100"),
        ("training-monolingual.tokenized.shuffled", "news.en-00002-of-00100"),
        ("heldout-monolingual.tokenized.shuffled", "news.en.heldout-00000-of-00050"),
    ):
        path = tmp_path / top / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(2 * f"{name}\n")
    learned = ["news.en-00001-of-00100", "news.en-00002-of-00100"]
    assert lines_of(tmp_path) == learned
    assert lines_of(tmp_path / top) == learned


@pytest.mark.parametrize("kind", ["pipe", "device", "loop"])
def test_what_is_no_file_is_not_waited_for(kind, tmp_path):
    path = {"device": pathlib.Path("/dev/zero")}.get(kind, tmp_path / "a")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to("a")
    with pytest.raises((ValueError, OSError), match=r"is a (named pipe|device)|levels"):
        data.billion_word(path)


def test_lines_that_memory_cannot_hold_are_refused(tmp_path):
    (tmp_path / "a").write_text("word\n" * 9)
    with pytest.raises(ValueError, match=r"23 lines of 4611686018427387904 characters"):
        data.billion_word(tmp_path, length=2**62)


def test_long_lines_to_be_padded_do_not_pile_up(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("x\n" * 500)
    monkeypatch.setattr(corpus, "_CODES", 2**12)
    rows, points = [], vocabulary.code_points

    def counted(lines, length):
        rows.append(len(lines))
        return points(lines, length)

    monkeypatch.setattr(vocabulary, "code_points", counted)
    data.billion_word(tmp_path, length=2**6)
    assert max(rows) == 2**6 and sum(rows) >= 500


def test_the_digest_is_of_the_lines(tmp_path):
    lines = sentences(120)
    for name in ("a", "b/c"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a/all").write_text("\n".join(lines), encoding="utf8")
    (tmp_path / "b/1").write_text("\n".join(lines[:50]), encoding="utf8")
    (tmp_path / "b/c/2").write_text("\n".join(lines[50:]), encoding="utf8")
    first, again = (data.billion_word(tmp_path / name).digest for name in "ab")
    assert first == again
    (tmp_path / "b/c/2").write_text("\n".join(lines[51:]), encoding="utf8")
    assert data.billion_word(tmp_path / "b").digest != first


@pytest.mark.parametrize("content, n", [("", 0), ("\n\n", 0), ("\none\n", 1)])
def test_fewer_than_two_lines_are_refused(content, n, tmp_path):
    (tmp_path / "a").write_text(content)
    with pytest.raises(ValueError, match=f"{tmp_path}' has {n} lines of text"):
        data.billion_word(tmp_path)


def test_missing_text_is_one_sentence_with_every_way_to_get_it(tmp_path):
    with pytest.raises(ValueError, match="billion_word was not found") as failed:
        data.billion_word(tmp_path)
    words = str(failed.value)
    assert f"in {tmp_path}, " in words and "or set download" in words
    assert "tfds.load('lm1b'" in words and "\n" not in words
    with pytest.raises(ValueError, match="is not a folder"):
        data.billion_word(tmp_path / "none")
    with pytest.raises(ValueError, match="no file matches"):
        data.billion_word(tmp_path / "*.txt")


def test_prepared_sentences_are_those_that_were_written(tmp_path):
    lines = sentences(100)
    tiny_datasets.prepare_sentences(tmp_path, lines)
    text, again = data.billion_word(tmp_path), data.billion_word(tmp_path)
    # TFDS has its own order, which stays.
    found = padded(text, "lines") + padded(text, "held_out")
    assert sorted(found) == sorted(cut(lines))
    np.testing.assert_array_equal(text.lines, again.lines)
    some = data.billion_word(tmp_path, lines=60)
    assert padded(some, "lines") + padded(some, "held_out") == found[:60]


def test_damaged_prepared_sentences_are_one_sentence(tmp_path):
    tiny_datasets.prepare_sentences(tmp_path, sentences(100))
    for path in tmp_path.rglob("*train.tfrecord*"):
        path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"lm1b.* cannot be read") as failed:
        data.billion_word(tmp_path)
    assert "\n" not in str(failed.value)


def test_prepared_bytes_that_are_no_text_are_refused(tmp_path):
    tiny_datasets.prepare_sentences(tmp_path, [b"fine", b"\xff"])
    with pytest.raises(ValueError, match=r"lm1b.* is not text, as it is not UTF-8"):
        data.billion_word(tmp_path)


def test_sentences_as_tfds_describes_them_are_read(tmp_path):
    (tmp_path / "data").mkdir()
    with tfds.testing.mock_data(num_examples=60):
        text = data.billion_word(tmp_path / "data")
        nowhere = data.billion_word()
    assert text.lines.shape == (59, 32) and text.held_out.shape == (1, 32)
    np.testing.assert_array_equal(nowhere.lines, text.lines)
