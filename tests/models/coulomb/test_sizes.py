"""Tests for tf_collab.models.coulomb.sizes."""

import numpy as np
import pytest

from tf_collab.models.coulomb import sizes


def test_width_scales_and_leaves_one_channel_at_least():
    assert [sizes.hidden(64, w) for w in (1.0, 2.5, 0.1, 1e-9)] == [64, 160, 6, 1]


@pytest.mark.parametrize("width", [0, -1.0, float("nan")])
def test_a_width_of_nothing_is_refused(width):
    with pytest.raises(ValueError, match=f"above 0, not {width}$"):
        sizes.hidden(64, width)


@pytest.mark.parametrize("shape", [[32, 32, 3], (8, 8, 1), np.array([256, 256, 4])])
def test_images_have_a_side_and_any_number_of_channels(shape):
    assert sizes.image_shape(shape) == (shape[0], shape[2])


@pytest.mark.parametrize(
    "shape",
    [
        (28, 28, 1),
        (4, 4, 3),
        (32, 64, 3),
        (32, 32),
        (32, 32, 0),
        (32.0, 32.0, 3),
        (None, None, 3),
        32,
        (),
    ],
)
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="a side of 8, 16, 32") as caught:
        sizes.image_shape(shape)
    assert str(caught.value).endswith(f"not {shape}")


def test_log2_counts_doublings():
    assert [sizes.log2(n) for n in (1, 2, 32)] == [0, 1, 5]
