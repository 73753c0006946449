"""Tests for tf_collab.data.text.corpus: what lines become."""

import collections

import numpy as np
import pytest
import tensorflow as tf
from helpers.tiny_datasets import cut, padded, sentences

from tf_collab import data, seeds
from tf_collab.data.text import reading


@pytest.fixture
def written(tmp_path):
    """120 lines in three files, and the lines in order of the files' names."""
    lines = sentences(120)
    folder = tmp_path / "news"
    folder.mkdir()
    for name, part in (
        ("b.txt", lines[40:80]),
        ("a", lines[:40]),
        ("c.en", lines[80:]),
    ):
        (folder / name).write_text("\n".join(part), encoding="utf8")
    (folder / ".hidden").write_bytes(b"\xff\0")
    (folder / "deeper").mkdir()
    return folder, lines


def test_lines_come_cut_and_padded_in_order_of_files(written):
    folder, lines = written
    text = data.billion_word(folder)
    assert text.lines.dtype == text.held_out.dtype == np.uint16
    assert text.lines.shape == (118, 32) and text.held_out.shape == (2, 32)
    assert padded(text, "lines") + padded(text, "held_out") == cut(lines)


def test_characters_are_ranked_by_the_lines_to_learn_from(written):
    folder, lines = written
    (folder / "d").write_text("only held out: øøøøøøøøøøøøøøøøøøø\n")
    text = data.billion_word(folder, lines=121)
    counts = collections.Counter("".join(cut(lines)[: len(text.lines)]))
    ranked = sorted(counts, key=lambda c: (-counts[c], ord(c)))
    assert text.vocabulary.characters[1:] == "".join(ranked)
    assert text.vocabulary.decode(text.held_out)[-1].endswith("�" * 17)


def test_characters_beyond_the_vocabulary_are_unk(written):
    folder, _ = written
    text = data.billion_word(folder, vocabulary_size=6)
    whole = data.billion_word(folder)
    assert text.vocabulary.characters == whole.vocabulary.characters[:6]
    expected = np.where(whole.lines < 6, whole.lines, 0)
    np.testing.assert_array_equal(text.lines, expected)


def test_length_and_number_of_lines_are_as_told(written):
    folder, lines = written
    text = data.billion_word(folder, length=5, lines=50)
    assert padded(text, "lines") == cut(lines[:49], 5)
    assert padded(text, "held_out") == cut(lines[49:50], 5)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_the_size_of_a_read_does_not_matter(block, written, monkeypatch):
    folder, lines = written
    monkeypatch.setattr(reading, "_CHARACTERS", block)
    text = data.billion_word(folder)
    assert padded(text, "lines") + padded(text, "held_out") == cut(lines)


def test_one_line_in_fifty_is_held_out_and_never_none(tmp_path):
    for n, held_out in ((2, 1), (99, 1), (100, 2), (1049, 20)):
        (tmp_path / "a").write_text("word\n" * n)
        text = data.billion_word(tmp_path)
        assert (len(text.lines), len(text.held_out)) == (n - held_out, held_out)


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"length": 0}, "length must be at least 1, but is 0"),
        ({"lines": 1}, "lines must be at least 2, but is 1"),
        ({"vocabulary_size": 1}, "vocabulary_size must be 2 to 65536, but is 1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(asked, message):
    with pytest.raises(ValueError, match=message):
        data.billion_word("/nowhere", **asked)


LINES = np.arange(23 * 4, dtype=np.uint16).reshape(23, 4)


def test_batches_are_one_hot_and_alike_in_a_graph():
    batch_at = data.text_batches(LINES, 100, 5, seed=0)
    graph = tf.function(batch_at, autograph=False)
    for i in range(12):
        batch = batch_at(i)
        assert batch.shape == (5, 4, 100) and batch.dtype == tf.float32
        np.testing.assert_array_equal(tf.reduce_sum(batch, axis=2), 1)
        np.testing.assert_array_equal(graph(tf.constant(i)), batch)
    spec = tf.TensorSpec([], tf.int32)
    assert graph.get_concrete_function(spec).outputs[0].shape == (5, 4, 100)


def test_every_epoch_shows_every_line_once():
    batch_at = data.text_batches(LINES, 92, 4, seed=seeds.as_seed(3))
    shown = np.concatenate([tf.argmax(batch_at(i), axis=2) for i in range(23)])
    epochs = [shown[i : i + 23] for i in range(0, 92, 23)]
    for epoch in epochs:
        np.testing.assert_array_equal(epoch[np.argsort(epoch[:, 0])], LINES)
    assert len({epoch.tobytes() for epoch in epochs}) == 4


def test_batches_come_in_the_order_of_images():
    images = data.Images(np.arange(23, dtype=np.uint8).reshape(23, 1, 1, 1))
    pixels_at = data.batches(images, 5, seed=1)
    lines_at = data.text_batches(LINES, 92, 5, seed=1)
    for i in range(9):
        pixels = data.to_pixels(pixels_at(i)).numpy().ravel()
        first = tf.argmax(lines_at(i), axis=2).numpy()[:, 0]
        np.testing.assert_array_equal(first, 4 * pixels.astype(int))


@pytest.mark.parametrize(
    "lines, size, batch, message",
    [
        (LINES, 100, 24, "must be 1 to 23, as many lines as there are, but is 24"),
        (LINES, 100, 0, "but is 0"),
        (LINES, 91, 4, "0 to 90 in a vocabulary of 91, but are 0 to 91"),
        (LINES.astype(int) - 1, 100, 4, "but are -1 to 90"),
        (LINES / 2, 100, 4, r"whole numbers .* float64 \[23, 4\]"),
        (LINES[0], 100, 4, r"whole numbers .* uint16 \[4\]"),
        (LINES[:0], 100, 1, "must be 1 to 0"),
    ],
)
def test_batches_of_something_else_are_refused(lines, size, batch, message):
    with pytest.raises(ValueError, match=message):
        data.text_batches(lines, size, batch, seed=0)
