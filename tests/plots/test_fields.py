"""Tests for tf_collab.plots.fields."""

import io

import numpy as np
import pytest
from matplotlib import colors, quiver
from PIL import Image

from tf_collab import plots

LIMITS = (-2.0, 2.0)
RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(100, 2)) * 0.2 + [1, -1]
FAKE = RNG.normal(size=(80, 2)) * 0.4
EMPTY = np.zeros([0, 2])
FLAT, STILL = np.zeros([6, 6]), np.zeros([4, 4, 2])


def slope(n):
    """The potential x + 3 y, which has a largest corner."""
    return (plots.plane(LIMITS, n) @ [1, 3]).reshape(n, n)


def push(n):
    """A force from the centre, three times as strong along y."""
    return (plots.plane(LIMITS, n) * [1, 3]).reshape(n, n, 2)


def draw(potential=FLAT, force=STILL, *, real=REAL, fake=FAKE, limits=LIMITS, **more):
    return plots.field(potential, force, real=real, fake=fake, limits=limits, **more)


def pair(exact, learned, **more):
    samples = {"real": REAL, "fake": FAKE}
    return plots.field_pair(exact, learned, **samples, limits=LIMITS, **more)


def png(fig):
    file = io.BytesIO()
    fig.savefig(file, dpi=100)
    return file.getvalue()


def arrows(axis):
    """Where they are, and what they add, [n, 2] each."""
    (drawn,) = [c for c in axis.collections if isinstance(c, quiver.Quiver)]
    return drawn.XY, np.stack([drawn.U, drawn.V], axis=1)


def dots(axis):
    return {tuple(line.get_xydata().ravel()): line for line in axis.lines}


def bar(fig):
    (axis,) = fig.axes[-1].child_axes
    return axis


@pytest.mark.parametrize("x", [EMPTY, REAL[:1], REAL, np.full([3, 2], np.nan)])
@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 1e9])
@pytest.mark.filterwarnings("error")
def test_a_field_of_any_size_and_samples_can_be_saved(x, size):
    fig = draw(size * slope(6), size * push(4), real=x, fake=x, title="any")
    assert 1000 < len(png(fig)) < 200_000


def test_a_picture_is_the_same_each_time():
    assert png(draw(slope(6), push(4))) == png(draw(slope(6), push(4)))


def test_the_potential_is_the_right_way_up():
    axis = draw(slope(6)).axes[0]
    (drawn,) = axis.images
    np.testing.assert_array_equal(drawn.get_array(), slope(6))
    assert drawn.origin == "lower" and drawn.get_extent() == [-2, 2, -2, 2]
    assert axis.get_xlim() == axis.get_ylim() == LIMITS
    assert axis.get_aspect() == 1


def test_the_pixels_show_what_is_high_and_what_is_low():
    # Above is high and below low; green stands for high, purple for low.
    potential = np.sign(plots.plane(LIMITS, 6)[:, 1]).reshape(6, 6)
    fig = draw(potential, real=EMPTY, fake=EMPTY)
    with Image.open(io.BytesIO(png(fig))) as picture:
        pixels = np.asarray(picture.convert("RGB"))[::-1].astype(int)
    (x, low), (_, high) = fig.axes[0].transData.transform([[0.5, -1.5], [0.5, 1.5]])
    red, green, blue = pixels[int(high), int(x)]
    assert green > max(red, blue)
    red, green, blue = pixels[int(low), int(x)]
    assert green < min(red, blue)


def test_colours_are_even_about_0():
    norm = draw(slope(6) - 1).axes[0].images[0].norm
    assert -norm.vmin == norm.vmax == np.abs(slope(6) - 1).max()
    assert norm(0.0) == 0.5
    some = np.array([0.01, 0.5, 3.0])
    np.testing.assert_allclose(norm(some) + norm(-some), 1)
    assert (np.diff(norm(some)) > 0).all()


def test_a_weak_potential_has_more_than_its_share_of_the_colours():
    norm = draw(slope(6)).axes[0].images[0].norm
    assert norm(0.01 * norm.vmax) == pytest.approx(0.55)  # the square root


def test_the_colour_bar_is_named_and_its_ticks_are_round():
    fig = draw(0.013 * slope(6) / slope(6).max())
    axis = bar(fig)
    assert axis.get_ylabel() == "potential"
    expected = [-0.01, -0.005, -0.001, 0, 0.001, 0.005, 0.01]
    np.testing.assert_allclose(axis.get_yticks(), expected, atol=1e-15)


def test_arrows_point_where_the_force_does_and_stand_on_its_plane():
    force = RNG.normal(size=[4, 4, 2])
    at, arrow = arrows(draw(force=force).axes[0])
    np.testing.assert_allclose(at, plots.plane(LIMITS, 4))
    unit = force.reshape(-1, 2) / np.linalg.norm(force, axis=-1).reshape(-1, 1)
    length = np.linalg.norm(arrow, axis=1, keepdims=True)
    np.testing.assert_allclose(arrow, unit * length)


def test_arrows_are_drawn_in_the_planes_units_with_the_head_ahead():
    force = np.zeros([4, 4, 2])
    force[2, 1] = [3.0, -4.0]
    fig = draw(force=force)
    fig.draw_without_rendering()
    (drawn,) = fig.axes[0].collections
    to_plane = drawn.get_transform() - fig.axes[0].transData
    outline = drawn.get_paths()[4 * 2 + 1].vertices
    outline = to_plane.transform(outline) - to_plane.transform([0, 0])
    along, across = outline @ [0.6, -0.8], outline @ [0.8, 0.6]
    length = np.linalg.norm(arrows(fig.axes[0])[1][4 * 2 + 1])
    assert along.max() == pytest.approx(length / 2)  # it stands on its middle
    assert along.min() == pytest.approx(-length / 2)
    assert along[np.abs(across).argmax()] > 0  # the head is the widest part


def test_lengths_grow_with_the_root_and_the_strongest_fits_its_cell():
    force = push(4)
    _, arrow = arrows(draw(force=force).axes[0])
    length = np.linalg.norm(arrow, axis=1)
    strength = np.linalg.norm(force, axis=-1).ravel()
    assert 0.8 < length.max() < 1  # a cell is 4 / 4 wide
    expected = length.max() * (strength / strength.max()) ** 0.5
    np.testing.assert_allclose(length, expected)


def test_where_no_force_is_nothing_is_drawn():
    force = push(4)
    force[1, 2] = 0
    fig = draw(force=force)
    _, arrow = arrows(fig.axes[0])
    assert np.isfinite(arrow).all() and not arrow[1 * 4 + 2].any()
    none, still = draw(force=STILL), draw(force=np.zeros([1, 1, 2]))
    assert png(none) == png(still)


def test_reals_and_fakes_are_told_apart_and_above_the_arrows():
    fig = draw(slope(6), push(4))
    axis = fig.axes[0]
    drawn = dots(axis)
    real, fake = drawn[tuple(REAL.ravel())], drawn[tuple(FAKE.ravel())]
    apart = colors.to_rgba_array([real.get_color(), fake.get_color()])
    assert np.abs(apart[0] - apart[1]).max() > 0.5
    (legend,) = fig.legends
    shown = zip(legend.get_texts(), legend.legend_handles, strict=True)
    assert {text.get_text(): handle.get_color() for text, handle in shown} == {
        "real": real.get_color(),
        "fake": fake.get_color(),
    }
    assert min(real.zorder, fake.zorder) > axis.collections[0].zorder


def test_fakes_that_are_not_shown_are_counted():
    axis = draw(fake=np.array([[0.0, 0.0], [0.0, 3.0], [np.nan, 0.0]])).axes[0]
    assert [text.get_text() for text in axis.texts] == ["2 outside the frame"]


def test_frames_of_a_film_can_have_one_scale():
    first = draw(slope(6), push(4), highest=5.0, strongest=2.0)
    later = draw(0.1 * slope(6), 0.1 * push(4), highest=5.0, strongest=2.0)
    norms = [fig.axes[0].images[0].norm for fig in (first, later)]
    assert [(norm.vmin, norm.vmax) for norm in norms] == [(-5, 5)] * 2
    (_, strong), (_, weak) = (arrows(fig.axes[0]) for fig in (first, later))
    np.testing.assert_allclose(weak, strong * 0.1**0.5)
    # The plane stays where it is, too.
    boxes = []
    for fig in (first, later):
        fig.draw_without_rendering()
        boxes.append(fig.axes[0].get_position().bounds)
    assert boxes[0] == boxes[1]


def test_a_pair_has_one_scale_and_one_legend():
    exact, learned = (slope(6), push(4)), (-2 * slope(8), 4 * push(5))
    fig = pair(exact, learned, title="step 7")
    assert len(png(fig)) < 200_000
    left, right = fig.axes
    assert [a.get_title() for a in fig.axes] == [
        "field of the batch",
        "potential that D has learned",
    ]
    assert fig.get_suptitle() == "step 7"
    np.testing.assert_array_equal(left.images[0].get_array(), exact[0])
    np.testing.assert_array_equal(right.images[0].get_array(), learned[0])
    highest = 2 * slope(8).max()
    assert left.images[0].norm.vmax == right.images[0].norm.vmax == highest
    assert bar(fig).get_ylim() == (-highest, highest)
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["real", "fake"]
    assert len(left.lines) == len(right.lines) == 2


def test_arrows_of_a_pair_have_one_scale():
    fig = pair((FLAT, push(4)), (FLAT, 4 * push(4)))
    (_, exact), (_, learned) = map(arrows, fig.axes)
    np.testing.assert_allclose(learned, exact * 4**0.5)


def test_bad_fields_are_refused():
    for bad in (np.zeros(4), np.zeros([2, 3]), np.zeros([0, 0])):
        with pytest.raises(ValueError, match=r"potential must be \[n, n\]"):
            draw(bad)
    for bad in (FLAT, np.zeros([2, 3, 2]), np.zeros([2, 2, 3]), np.zeros([0, 0, 2])):
        with pytest.raises(ValueError, match=r"force must be \[m, m, 2\]"):
            draw(force=bad)
        with pytest.raises(ValueError, match=r"force must be \[m, m, 2\]"):
            pair((FLAT, STILL), (FLAT, bad))
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="values of the potential are not finite"):
            draw(FLAT + bad)
        with pytest.raises(ValueError, match="values of the force are not finite"):
            draw(force=STILL + bad)


def test_bad_samples_and_scales_are_refused():
    with pytest.raises(ValueError, match=r"real must be \[n, 2\]"):
        draw(real=np.zeros([3]))
    with pytest.raises(ValueError, match=r"fake must be \[n, 2\]"):
        draw(fake=np.zeros([3, 3]))
    with pytest.raises(ValueError, match="limits must be"):
        draw(limits=(1.0, -1.0))
    for bad in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="highest must be above 0"):
            draw(highest=bad)
        with pytest.raises(ValueError, match="strongest must be above 0"):
            draw(strongest=bad)
