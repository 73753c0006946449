"""Reals as somebody has them become rows like samples, or one sentence says why not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab.front.rows import rows

IMAGES = np.random.default_rng(0).integers(0, 256, [12, 8, 8, 3], np.uint8)
LIKE = np.tanh(np.random.default_rng(1).normal(size=[4, 8, 8, 3])).astype("f4")
POINTS = np.random.default_rng(2).normal(size=[10, 2])
LABELS = np.arange(12) % 3


def test_floats_stay_as_they_are_but_for_their_type():
    made = rows(POINTS, np.zeros([4, 2], "f4"), name="x")
    assert made.x.dtype == np.float32 and np.allclose(made.x, POINTS)
    assert made.notes == () and len(made) == 10


@pytest.mark.parametrize("images", [IMAGES, IMAGES // 4], ids=["bright", "dark"])
@pytest.mark.parametrize("like, low", [(LIKE, -1), (np.abs(LIKE), 0)])
def test_bytes_are_scaled_to_the_range_of_the_samples_and_told(images, like, low):
    made = rows(images, like, name="x")
    assert made.x.min() >= low and made.x.max() <= 1
    assert np.allclose(made.x, images / 255 * (1 - low) + low, atol=1e-6)
    assert made.notes == (f"x is of bytes: it was scaled from [0, 255] to [{low}, 1]",)


def test_images_without_channels_get_one():
    made = rows(IMAGES[..., 0], LIKE[..., :1], name="x")
    assert made.x.shape == (12, 8, 8, 1) and "got one" in made.notes[0]


@pytest.mark.parametrize(
    "given",
    [
        (IMAGES, LABELS),
        (IMAGES, LABELS[:, None]),
        (IMAGES, keras.utils.to_categorical(LABELS)),
        tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)),
        tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(5),
    ],
)
def test_labels_come_beside_however_they_are_written(given):
    made = rows(given, LIKE, name="x")
    assert made.labels.tolist() == LABELS.tolist()
    assert np.array_equal(made.x, rows(IMAGES, LIKE, name="x").x)


def test_rows_that_are_taken_keep_their_labels():
    made = rows((IMAGES, LABELS), LIKE, name="x").take(np.array([5, 0, 7]))
    assert made.labels.tolist() == LABELS[[5, 0, 7]].tolist() and len(made) == 3


def test_a_folder_of_pictures_is_read_at_the_samples_size(tmp_path):
    from PIL import Image

    for i, colour in enumerate(IMAGES[:, 0, 0]):
        Image.new("RGB", (16, 16), tuple(colour.tolist())).save(
            tmp_path / f"{i:02d}.png"
        )
    made = rows(tmp_path, LIKE, name="x")
    plain = np.broadcast_to(IMAGES[:, :1, :1], IMAGES.shape)
    assert np.allclose(made.x, rows(plain, LIKE, name="x").x, atol=1 / 127)


@pytest.mark.parametrize(
    "given, like, words",
    [
        (np.moveaxis(IMAGES, -1, 1), LIKE, "channels are last here"),
        (IMAGES[:, :4], LIKE, "x is uint8 .12, 4, 8, 3., and the generator's samples"),
        (POINTS[:0], np.zeros([4, 2], "f4"), "x is empty"),
        (POINTS * np.nan, np.zeros([4, 2], "f4"), "10 of 10 rows of x are not"),
        ({"a": POINTS}, np.zeros([4, 2], "f4"), "they need the same structure"),
        (
            POINTS.tolist(),
            POINTS,
            r"x is a list \(10 of type list\): give a NumPy array",
        ),
        ([*POINTS], POINTS, r"x is a list \(10 of type ndarray\): give a NumPy array"),
        (np.zeros([9999, 2]).tolist(), POINTS, "a list .*a NumPy array"),
        (np.zeros([9999, 2]).tolist(), (POINTS, POINTS), "x is list with 9999 parts"),
        ((POINTS.tolist(), [1.0] * 10), POINTS, r"x is a tuple \(2 of type list\)"),
        ((POINTS, POINTS, POINTS), POINTS, "a tuple .*or a pair"),
        ([], POINTS, "x is a list: give"),
        ({str(i): i for i in range(999)}, POINTS, "dict with 999 parts"),
        ({"a": POINTS, 2: POINTS}, POINTS, "dict of 2 names of several types"),
        ({"a" * 999: POINTS}, POINTS, "dict with 1 parts and 1 values in all"),
        (np.zeros(9, [(f"field {i}", "f4") for i in range(99)]), POINTS, r"x is \["),
        (LABELS, LIKE, r"int64 \[12\], .*: these look like labels; give the data"),
        (LABELS[:, None], LIKE, "these look like labels"),
        (LABELS.astype("f4"), LIKE, "these look like labels"),
        (POINTS[:, 0], LIKE, r"\[n, 8, 8, 3\]$"),
        (
            IMAGES.astype("f4"),
            LIKE,
            r"to 255, .* scale x to \[-1, 1\], as x / 127.5 - 1",
        ),
        (IMAGES.astype("f4"), np.abs(LIKE), r"scale x to \[0, 1\], as x / 255 does$"),
        (8 * LIKE, LIKE, r"scale x to \[-1, 1\]$"),
        (0 * POINTS, POINTS, "all 10 rows of x are the same, 0 everywhere: nothing"),
        (POINTS < 99, POINTS < 0, "all 10 rows of x are the same, 1 everywhere"),
        (0 * IMAGES, LIKE, "all 12 rows of x are the same, -?[01] everywhere"),
        (np.ones([9, 2]) * [1, 2], POINTS, "all 9 rows of x are the same: nothing"),
        ((0 * POINTS, LABELS[:10]), (POINTS, LABELS), "all 10 rows of x are the same"),
        ("abc", np.zeros([4, 2], "f4"), "is a folder of images"),
        (np.array(["a"] * 4), np.zeros([4, 2], "f4"), "x is <U1"),
        ((IMAGES, LABELS[:-1]), LIKE, "labels of x are whole numbers .12."),
        ((IMAGES, LABELS - 1), LIKE, "labels of x are whole numbers"),
        (tf.data.Dataset.from_tensor_slices(IMAGES).repeat(), LIKE, "without end"),
        (tf.data.Dataset.from_tensor_slices(IMAGES).take(0), LIKE, "empty dataset"),
        ((POINTS, POINTS[:3]), (POINTS[:2], POINTS[:2]), "parts of .3, 10. rows"),
    ],
)
def test_what_cannot_be_like_the_samples_is_one_sentence(given, like, words):
    with pytest.raises(ValueError, match=words) as told:
        rows(given, like, name="x")
    assert "\n" not in str(told.value) and len(str(told.value)) < 300


@pytest.mark.parametrize(
    "given, like",
    [
        (128 * LIKE, 100 * LIKE),  # both are to be scaled, as the judge tells
        (1.5 * LIKE, LIKE),  # sharpened pictures
        ((POINTS, np.zeros(10, int)), (POINTS, LABELS)),  # one class alone
        ((POINTS, 0 * POINTS), (POINTS, POINTS)),
    ],
)
def test_what_is_odd_and_like_the_samples_is_taken(given, like):
    assert len(rows(given, like, name="x")) == len(tf.nest.flatten(given)[0])
