"""Tests for tf_collab.plots.animating."""

import io

import numpy as np
import pytest
from PIL import Image

from tf_collab import plots

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def as_png(pixels):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, "PNG")
    return file.getvalue()


def plain(colour, height=6, width=8):
    return as_png(np.broadcast_to(colour, [height, width, len(colour)]))


def played(gif):
    """Its frames [n, h, w, 3] and how long each is shown, in milliseconds."""
    frames, durations = [], []
    with Image.open(io.BytesIO(gif)) as film:
        assert film.format == "GIF"
        for index in range(film.n_frames):
            film.seek(index)
            frames.append(np.asarray(film.convert("RGB")).astype(int))
            durations.append(film.info["duration"])
    return np.stack(frames), durations


def colourful(n, seed=0):
    """Frames of more colours than a GIF has, above a band of one colour."""
    frames = np.random.default_rng(seed).integers(256, size=[n, 40, 40, 3])
    frames[:, :20] = [17, 99, 201]
    return frames


def test_frames_are_shown_in_their_order_and_in_their_colours():
    frames, _ = played(plots.animation([plain(c) for c in (GREEN, RED, BLUE, RED)]))
    assert frames.shape == (4, 6, 8, 3)
    assert [tuple(frame[0, 0]) for frame in frames] == [GREEN, RED, BLUE, RED]
    assert (frames == frames[:, :1, :1]).all()


@pytest.mark.parametrize("seconds, expected", [(0.2, 200), (0.04, 40), (1.5, 1500)])
def test_each_frame_is_shown_as_long_as_asked(seconds, expected):
    gif = plots.animation([plain(RED), plain(BLUE)], seconds_per_frame=seconds)
    assert played(gif)[1] == [expected, expected]


def test_it_plays_again_and_again():
    with Image.open(io.BytesIO(plots.animation([plain(RED), plain(BLUE)]))) as film:
        assert film.info["loop"] == 0  # without end


def test_frames_alike_in_a_row_become_a_longer_one():
    gif = plots.animation([plain(RED), plain(RED), plain(BLUE)])
    frames, durations = played(gif)
    assert len(frames) == 2 and durations == [400, 200]


def test_one_frame_is_enough():
    frames, _ = played(plots.animation([plain(RED)]))
    assert (frames == RED).all() and len(frames) == 1


def test_the_same_frames_give_the_same_bytes():
    frames = [as_png(frame) for frame in colourful(3)]
    assert plots.animation(frames) == plots.animation(list(frames))


def test_few_colours_are_kept_exactly():
    shades = np.arange(256).reshape(16, 16)
    frames = [np.stack([s, s // 2, 255 - s], axis=-1) for s in (shades, shades.T)]
    shown, _ = played(plots.animation([as_png(frame) for frame in frames]))
    np.testing.assert_array_equal(shown, frames)


def test_a_colour_that_fills_an_area_is_kept_exactly_beside_thousands():
    shown, _ = played(plots.animation([as_png(frame) for frame in colourful(3)]))
    assert (shown[:, :20] == [17, 99, 201]).all()


def test_the_nearest_of_192_colours_is_near():
    # Cubes of side 256 / 192**(1/3) = 44 would fill the space of colours, and no
    # colour be further than 22 from a cube's centre; half as good is good enough.
    frames = colourful(3)
    shown, _ = played(plots.animation([as_png(frame) for frame in frames]))
    assert np.abs(shown - frames).mean() < 22


def test_a_rare_colour_is_not_lost_among_frequent_ones():
    grey = np.random.default_rng(0).integers(100, 156, size=[3, 60, 60, 3])
    grey[1, 30, 30] = [250, 180, 60]  # one dot in one frame
    shown, _ = played(plots.animation([as_png(frame) for frame in grey]))
    assert np.abs(shown[1, 30, 30] - [250, 180, 60]).max() < 30


def test_colours_do_not_flicker():
    # What stays the same in the frames is the same in the film, whatever is beside.
    frames = colourful(4)
    frames[:, 20:, :20] = frames[0, 20:, :20]
    shown, _ = played(plots.animation([as_png(frame) for frame in frames]))
    assert (shown[:, 20:, :20] == shown[0, 20:, :20]).all()
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 256


def test_what_is_transparent_is_white():
    clear, half = (255, 0, 0, 0), (255, 0, 0, 128)
    shown, _ = played(plots.animation([plain(clear), plain(half)]))
    assert (shown[0] == 255).all()
    np.testing.assert_allclose(shown[1], np.broadcast_to([255, 127, 127], [6, 8, 3]))


def test_figures_become_a_film():
    figures = []
    for step in range(3):
        x = np.full([5, 2], step / 2)
        file = io.BytesIO()
        plots.scatter(x, x, limits=(-2, 2)).savefig(file, dpi=50)
        figures.append(file.getvalue())
    shown, _ = played(plots.animation(figures))
    sources = [Image.open(io.BytesIO(figure)).convert("RGB") for figure in figures]
    assert np.abs(shown - np.stack(sources).astype(int)).mean() < 1


def test_bad_frames_are_refused():
    with pytest.raises(ValueError, match="There are no frames"):
        plots.animation([])
    with pytest.raises(ValueError, match=r"Frame 1 is 8 x 7 pixels.*frame 0 is 8 x 6"):
        plots.animation([plain(RED), plain(RED, height=7)])
    gif = plots.animation([plain(RED)])
    whole = as_png(colourful(1)[0])
    for bad in (b"", b"no picture", gif, whole[: len(whole) // 2], whole[:20]):
        with pytest.raises(ValueError, match="Frame 1 is not a whole PNG image"):
            plots.animation([plain(RED), bad])


@pytest.mark.parametrize("bad", [0, -1, 0.004, 700, float("nan"), float("inf")])
def test_a_duration_that_a_gif_cannot_hold_is_refused(bad):
    with pytest.raises(ValueError, match="seconds_per_frame must be from"):
        plots.animation([plain(RED)], seconds_per_frame=bad)
