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
    assert "\n" not in str(told.value)
