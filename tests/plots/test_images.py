"""Tests for tf_collab.plots.images."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from tf_collab import plots

RNG = np.random.default_rng(0)
GREY = RNG.uniform(-1, 1, (6, 28, 28, 1)).astype("float32")
COLOUR = RNG.uniform(-1, 1, (6, 64, 48, 3)).astype("float32")
KINDS = pytest.mark.parametrize("x", [GREY, COLOUR, GREY[:1], COLOUR[:, :1, :5]])


def saved(fig):
    file = io.BytesIO()
    fig.savefig(file, dpi=100)
    return file


def shown(fig):
    """The array that is drawn."""
    return np.asarray(fig.axes[0].images[0].get_array())


def names(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def as_bytes(x):
    return np.rint((np.broadcast_to(x, (*x.shape[:-1], 3)) + 1) * 127.5)


def every_figure(x):
    return [
        plots.grid(x, title="a title that is longer than the images below it are wide"),
        plots.strip(x, -x, titles=("standard", "collaborative")),
        plots.walk(np.stack([x, x]), np.full([2, len(x)], -1234.5), steps=(0, 1000)),
        plots.layers(x, {0: x, 6: -x}),
    ]


@KINDS
def test_a_saved_figure_holds_each_pixel_as_an_equal_square(x):
    for fig in every_figure(x):
        pixels = np.asarray(Image.open(saved(fig)).convert("RGB"))
        box = fig.axes[0].get_window_extent()
        corner = round(len(pixels) - box.y1), round(box.x0)
        height, width = x.shape[1:3]
        scale = -(-80 // min(height, width))
        first = pixels[corner[0] :, corner[1] :][: scale * height, : scale * width]
        squares = first.reshape(height, scale, width, scale, 3)
        assert (squares == as_bytes(x[0])[:, None, :, None]).all()


@KINDS
def test_all_text_is_in_the_figure_and_none_is_over_an_image(x):
    for fig in every_figure(x):
        fig.draw_without_rendering()
        box, whole = fig.get_tightbbox(), fig.bbox_inches
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= whole.x1 and box.y1 <= whole.y1
        axis = fig.axes[0].get_window_extent()
        texts = [text.get_window_extent() for text in fig.axes[0].texts]
        for text in texts:
            top, bottom = int(axis.y1 - text.y1), int(axis.y1 - text.y0)
            left, right = int(text.x0 - axis.x0), int(text.x1 - axis.x0)
            assert (shown(fig)[top:bottom, left:right] == 255).all()
        labels = [
            [label.get_window_extent() for label in labels.get_ticklabels()]
            for labels in (fig.axes[0].xaxis, fig.axes[0].yaxis)
        ]
        for row in (texts, *labels):
            for one, other in itertools.pairwise(row):
                assert not one.overlaps(other)


def test_sixty_four_digits_are_a_small_file():
    # Strokes as smooth as digits: noise of a few frequencies, cut off below.
    near = np.exp(-((np.arange(28)[:, None] - np.arange(28)) ** 2) / 8)
    strokes = np.tanh(3 * (near @ RNG.normal(size=(64, 28, 28)) @ near / 4 - 1))
    assert saved(plots.grid(strokes[..., None])).tell() < 200_000


def test_a_grid_is_filled_row_by_row_and_ends_in_white():
    x = np.linspace(-1, 0.5, 5).reshape(-1, 1, 1, 1) * np.ones([5, 80, 80, 1])
    table = shown(plots.grid(x, columns=3))
    assert table.shape == (2 * 83, 3 * 83, 3)
    assert table[40::83, 40::83, 0].tolist() == [[0, 48, 96], [143, 191, 255]]
    assert (table[80:83] == 255).all() and (table[:, 80:83] == 255).all()
    assert shown(plots.grid(x)).shape == (2 * 83, 3 * 83, 3)  # nearly a square


def test_values_a_little_outside_are_shown_as_the_nearest_within():
    x = np.full([2, 80, 80, 1], 1.7159)
    assert (shown(plots.grid(x)) == 255).all()
    assert (shown(plots.grid(-x))[:80, :80] == 0).all()


def test_the_difference_is_grey_without_change_and_white_at_the_largest():
    standard = np.zeros([3, 80, 80, 1])
    refined = standard + np.array([0, 0.25, -0.125]).reshape(-1, 1, 1, 1)
    usual = {"limits": (-1, 1)}
    fig = plots.strip(standard, refined, titles=("plain", "refined"), **usual)
    assert shown(fig)[2 * 83 + 40, 40::83, 0].tolist() == [128, 255, 64]
    assert names(fig.axes[0].yaxis) == [
        "plain",
        "refined",
        "difference\n(±0.25 at most)",
    ]
    same = plots.strip(standard, standard, **usual)
    assert (shown(same)[2 * 83 : 2 * 83 + 80, :80] == 128).all()


def test_a_walk_has_a_row_per_sample_and_its_scores_below():
    x = np.linspace(-1, 1, 6).reshape(3, 2, 1, 1, 1) * np.ones([3, 2, 80, 80, 1])
    scores = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, -5.125]])
    fig = plots.walk(x, scores, steps=(0, 25, 50))
    assert names(fig.axes[0].xaxis) == ["step 0", "step 25", "step 50"]
    table = shown(fig)
    side = len(table) // 2
    assert table[40::side, 40::83, 0].tolist() == [[0, 102, 204], [51, 153, 255]]
    texts = sorted(fig.axes[0].texts, key=lambda t: t.get_position()[::-1])
    found = [text.get_text() for text in texts]
    assert found == ["0.00", "2.00", "4.00", "1.00", "3.00", "-5.12"]


def test_layers_come_in_order_below_the_plain_samples():
    def level(v):
        return np.full([2, 80, 80, 1], v)

    fig = plots.layers(level(-1.0), {6: level(1.0), 0: level(0.0), 1: level(0.5)})
    rows = ["standard", "layer 0", "layer 1", "layer 6"]
    assert names(fig.axes[0].yaxis) == rows
    assert shown(fig)[40::83, 40, 0].tolist() == [0, 128, 191, 255]


def levels(*values):
    return np.reshape(values, (-1, 1, 1, 1)) * np.ones([1, 80, 80, 1])


def greys(fig):
    return shown(fig)[40, 40::83, 0].tolist()


def test_images_in_other_ranges_are_drawn_as_such():
    unit = levels(0.0, 0.2, 1.0)
    assert greys(plots.grid(unit, columns=3)) == [0, 51, 255]
    as_bytes = (255 * unit).astype("uint8")
    assert greys(plots.grid(as_bytes, columns=3)) == [0, 51, 255]
    given = plots.grid(10 * unit, columns=3, limits=(0, 10))
    assert greys(given) == [0, 51, 255]
    usual = plots.grid(unit, columns=3, limits=(-1, 1))
    assert greys(usual) == greys(plots.grid(levels(0.0, 0.2, 1.0, -1.0), columns=4))[:3]


def test_a_range_that_is_taken_for_granted_is_told_in_the_figure():
    unit, words = levels(0.0, 0.2, 1.0), "0 is black, 1 is white"
    said = lambda fig: fig.axes[0].get_xlabel()
    assert said(plots.grid(unit)) == said(plots.strip(unit, unit)) == words
    assert words in said(plots.walk(unit[None], np.zeros([1, 3]), steps=[0]))
    assert said(plots.layers(unit, {0: unit})) == words
    for quiet in ((unit, (0, 1)), ((255 * unit).astype("uint8"), None), (-unit, None)):
        assert said(plots.grid(quiet[0], limits=quiet[1])) == ""


def test_plain_images_decide_how_refined_ones_are_drawn():
    plain, refined = levels(0.0, 0.5), levels(-0.02, 1.0)
    fig = plots.strip(plain, refined)
    assert greys(fig) == [0, 128] and shown(fig)[83 + 40, 83 + 40, 0] == 255
    assert "difference\n(±0.5 at most)" in names(fig.axes[0].yaxis)
    walked = plots.walk(np.stack([plain, refined]), np.zeros([2, 2]), steps=[0, 1])
    assert "0 is black" in walked.axes[0].get_xlabel()


def test_bad_input_is_refused():
    for bad in (GREY[0], GREY[..., 0], GREY[:0], COLOUR[..., :2]):
        with pytest.raises(ValueError, match=r"x must be images \[n, h, w, c\]"):
            plots.grid(bad)
    bright = np.linspace(0, 255, 16).reshape(1, 4, 4, 1)
    with pytest.raises(
        ValueError, match=r"in \[-1, 1\], but is from 0 to 255: give li"
    ):
        plots.grid(bright)
    for bad in ((1, -1), (0, np.inf), (0, 1, 2), 1, ("a", "b")):
        with pytest.raises(ValueError, match=r"limits must be \(low, high\), but are "):
            plots.grid(bright, limits=bad)
    with pytest.raises(ValueError, match="refined must be finite"):
        plots.strip(GREY, GREY * np.nan)
    with pytest.raises(ValueError, match="columns must be 1 or more, but is 0"):
        plots.grid(GREY, columns=0)
    with pytest.raises(ValueError, match=r"standard and layer 2 .* same z"):
        plots.layers(GREY, {1: GREY, 2: GREY[1:]})
    with pytest.raises(ValueError, match=r"\[points, n, h, w, c\]"):
        plots.walk(GREY, np.zeros([6]), steps=range(6))
    for scores, steps in ((np.zeros([2, 5]), (0, 1)), (np.zeros([2, 6]), (0,))):
        with pytest.raises(ValueError, match=r"needs scores of shape \[2, 6\] and 2"):
            plots.walk(np.stack([GREY, GREY]), scores, steps=steps)
