"""Tests for tf_collab.plots.points, and for the panels it draws."""

import io

import numpy as np
import pytest
from PIL import Image

from tf_collab import plots, tables

LIMITS = (-2.0, 2.0)
RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(200, 2)) * 0.2 + [1, -1]
EMPTY = np.zeros([0, 2])


def png_size(fig):
    file = io.BytesIO()
    fig.savefig(file, dpi=100)
    return file.tell()


def notes(fig):
    return [text.get_text() for axis in fig.axes for text in axis.texts]


def image(fig):
    return fig.axes[0].images[0].get_array()


@pytest.mark.parametrize("x", [EMPTY, REAL[:1], REAL, np.full([3, 2], np.nan)])
def test_every_picture_of_any_sample_can_be_saved(x):
    rows = ("scatter", "density")
    for fig in (
        plots.scatter(x, x, limits=LIMITS, title="few"),
        plots.density(x, limits=LIMITS),
        plots.landscape(np.full([4, 4], 0.5), x, limits=LIMITS),
        plots.paths(np.stack([x, x]), real=x, limits=LIMITS),
        plots.comparison({"standard": x}, x, limits=LIMITS, kinds=rows),
    ):
        assert 1000 < png_size(fig) < 200_000


def test_the_figure_of_all_methods_is_small_enough_to_keep():
    t = 1.5 * np.pi * (1 + 2 * RNG.random(10_000))  # a swiss roll
    roll = np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / 10
    noise = 0.05 * RNG.normal(size=roll.shape)
    samples = dict.fromkeys(tables.USUAL, roll + noise)
    fig = plots.comparison(samples, roll, limits=LIMITS, kinds=("scatter", "density"))
    assert png_size(fig) < 200_000
    assert len(fig.axes) == 12
    titles = [axis.get_title() for axis in fig.axes[:6]]
    assert titles == ["real data", *tables.USUAL]


def test_a_plane_has_equal_axes_and_the_limits_given():
    for fig in (
        plots.scatter(5 * REAL, 5 * REAL, limits=LIMITS),
        plots.density(REAL, limits=LIMITS),
        plots.landscape(np.eye(3), 5 * REAL, limits=LIMITS),
    ):
        axis = fig.axes[0]
        assert axis.get_xlim() == axis.get_ylim() == LIMITS
        assert axis.get_aspect() == 1


def test_samples_that_are_not_shown_are_counted():
    x = np.array([[0.0, 0.0], [0.0, 3.0], [np.nan, 0.0], [2.0, -2.0]])
    assert notes(plots.scatter(x, REAL, limits=LIMITS)) == ["2 outside the frame"]
    assert notes(plots.density(x, limits=LIMITS)) == ["2 outside the frame"]
    assert notes(plots.density(EMPTY, limits=LIMITS)) == ["no samples"]
    assert notes(plots.density(REAL * 0, limits=LIMITS)) == [""]


def test_a_density_adds_up_to_the_share_within_the_limits():
    x = np.concatenate([REAL, np.full([200, 2], 9.0)])
    assert image(plots.density(x, limits=LIMITS)).sum() == pytest.approx(0.5)


def test_a_density_peaks_where_the_samples_are():
    values = image(plots.density(np.array([[1.5, -1.0]]), limits=LIMITS))
    row, column = np.unravel_index(values.argmax(), values.shape)
    at = -2 + 4 * (np.array([column, row]) + 0.5) / len(values)
    assert at == pytest.approx([1.5, -1.0], abs=2.01 / len(values))  # in its cell


def test_a_landscape_scored_on_its_plane_is_the_right_way_up():
    points = plots.plane(LIMITS, 4)
    assert points[0].tolist() == [-1.5, -1.5] and points[1].tolist() == [-0.5, -1.5]
    prob = (points[:, 1] > 0).reshape(4, 4)  # real is above
    fig = plots.landscape(prob, REAL, limits=LIMITS)
    drawn = fig.axes[0].images[0]
    assert drawn.origin == "lower" and drawn.get_extent() == [-2, 2, -2, 2]
    assert drawn.get_array()[-1].tolist() == [1, 1, 1, 1]


def test_paths_join_each_samples_own_points():
    trajectory = RNG.normal(size=(5, 3, 2))
    fig = plots.paths(trajectory, real=REAL, limits=LIMITS)
    lines = fig.axes[0].collections[0].get_segments()
    np.testing.assert_array_equal(lines, trajectory.swapaxes(0, 1))
    drawn = {line.get_label(): line.get_xydata() for line in fig.axes[0].lines}
    assert [*drawn] == ["real", "standard", "after 4 steps"]
    np.testing.assert_array_equal(drawn["standard"], trajectory[0])
    np.testing.assert_array_equal(drawn["after 4 steps"], trajectory[-1])
    inside = trajectory.clip(-2, 2)
    inside[-1, 0] = 9.0
    assert notes(plots.paths(inside, real=REAL, limits=LIMITS)) == [
        "1 outside the frame"
    ]


def test_a_column_shows_the_samples_of_the_method_above_it():
    samples = {"a": REAL[:3] + 0.5, "b": -REAL[:9]}
    fig = plots.comparison(samples, REAL, limits=LIMITS, kinds=("scatter", "density"))
    assert [axis.get_title() for axis in fig.axes[:3]] == ["real data", "a", "b"]
    for above, below, x in zip(fig.axes[:3], fig.axes[3:], (REAL, *samples.values())):
        np.testing.assert_array_equal(above.lines[-1].get_xydata(), x)
        own = image(plots.density(x, limits=LIMITS))
        np.testing.assert_array_equal(below.images[0].get_array(), own)
    (legend,) = fig.legends  # which names the dots of both colours once
    assert [text.get_text() for text in legend.get_texts()] == ["real", "samples"]
    colours = [handle.get_color() for handle in legend.legend_handles]
    assert colours == [line.get_color() for line in fig.axes[1].lines]


def test_densities_side_by_side_share_the_real_datas_colours():
    samples = {"a": REAL[:3], "b": REAL * 0.1}
    fig = plots.comparison(samples, REAL, limits=LIMITS, kinds=("density",))
    highest = {axis.images[0].norm.vmax for axis in fig.axes}
    assert highest == {image(fig).max()}


def test_bad_input_is_refused():
    for bad in (np.zeros([3]), np.zeros([3, 3])):
        with pytest.raises(ValueError, match=r"x must be \[n, 2\]"):
            plots.scatter(bad, REAL, limits=LIMITS)
        with pytest.raises(ValueError, match=r"mh must be \[n, 2\]"):
            plots.comparison({"mh": bad}, REAL, limits=LIMITS)
        with pytest.raises(ValueError, match="trajectory must be"):
            plots.paths(bad, real=REAL, limits=LIMITS)
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        plots.landscape(np.zeros([2, 3]), REAL, limits=LIMITS)
    with pytest.raises(ValueError, match="from 0 to 1"):
        plots.landscape(np.full([2, 2], -3.0), REAL, limits=LIMITS)
    with pytest.raises(ValueError, match="limits must be"):
        plots.density(REAL, limits=(1.0, -1.0))
    with pytest.raises(ValueError, match="kinds must name"):
        plots.comparison({}, REAL, limits=LIMITS, kinds=("pie",))


@pytest.mark.parametrize("prob", [0.0, 0.5, 1.0])
def test_a_real_is_seen_on_every_colour_of_a_landscape(prob):
    """A dark dot with a rim: one of them stands out 4.5 to 1, as text is to.

    By the contrast of WCAG 2: (lighter + 0.05) / (darker + 0.05), of luminances.
    """
    fig = plots.landscape(np.full([9, 9], prob), np.zeros([1, 2]), limits=LIMITS)
    file = io.BytesIO()
    fig.savefig(file, dpi=100)
    pixels = np.asarray(Image.open(file).convert("RGB")) / 255
    box = fig.axes[0].get_window_extent()  # in pixels, from the bottom
    x, y = (int(edge) for edge in (box.x0, len(pixels) - box.y1))
    inside = pixels[y + 3 : y + int(box.height) - 3, x + 3 : x + int(box.width) - 3]
    linear = np.where(inside > 0.04045, ((inside + 0.055) / 1.055) ** 2.4, inside / 13)
    light = linear @ [0.2126, 0.7152, 0.0722]
    ground, dots = light[0, 0], light[light != light[0, 0]]
    of_dot = (max(ground, dots.min()) + 0.05) / (min(ground, dots.min()) + 0.05)
    of_rim = (max(ground, dots.max()) + 0.05) / (min(ground, dots.max()) + 0.05)
    assert max(of_dot, of_rim) > 4.5
    assert (dots.max() + 0.05) / (dots.min() + 0.05) > 4.5
