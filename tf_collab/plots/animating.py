"""Animations of pictures, as a GIF."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

__all__ = ["animation"]

COLOURS = 256  # the most that a GIF can have
COMMON = 64  # so many of the most frequent colours, which fill areas, are kept exactly
LONGEST = 65535  # hundredths of a second, the unit of a GIF


def animation(frames: Sequence[bytes], *, seconds_per_frame: float = 0.2) -> bytes:
    """The bytes of a GIF of PNG images of one size, which plays again and again.

    All frames share one palette and nothing is dithered, so a colour stays the same
    throughout. Equal frames in a row become one that lasts longer. Durations are
    rounded to hundredths of a second, and browsers slow down those below 0.02 s. Raises
    ValueError if there are no frames, if a frame is not a PNG image or has another
    size, or unless `seconds_per_frame` is from 0.01 to 655.35.
    """
    if not 0.01 <= seconds_per_frame <= LONGEST / 100:
        raise ValueError(
            f"seconds_per_frame must be from 0.01 to {LONGEST / 100}, "
            f"but is {seconds_per_frame}."
        )
    if not frames:
        raise ValueError("There are no frames: an animation needs one or more.")
    pixels = [_as_pixels(frame, index) for index, frame in enumerate(frames)]
    for index, frame in enumerate(pixels):
        if frame.shape != pixels[0].shape:
            height, width = pixels[0].shape
            raise ValueError(
                f"Frame {index} is {frame.shape[1]} x {frame.shape[0]} pixels, "
                f"but frame 0 is {width} x {height}: save all at one size."
            )
    palette = _palette(pixels)
    first, *others = (_indexed(frame, palette) for frame in pixels)
    file = io.BytesIO()
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=others,
        duration=10 * round(100 * seconds_per_frame),
        loop=0,  # for ever
        optimize=False,  # or frames would get palettes of their own
    )
    return file.getvalue()


def _as_pixels(frame: bytes, index: int) -> np.ndarray:
    """The pixels [h, w] of a PNG image as 0xRRGGBB, transparent ones on white."""
    try:
        image = Image.open(io.BytesIO(frame), formats=["PNG"]).convert("RGBA")
    except (OSError, SyntaxError) as error:
        raise ValueError(f"Frame {index} is not a whole PNG image: {error}") from error
    white = Image.new("RGBA", image.size, "white")
    rgb = np.asarray(Image.alpha_composite(white, image).convert("RGB"), np.int32)
    return rgb @ np.array([1 << 16, 1 << 8, 1], np.int32)


def _as_rgb(packed: np.ndarray) -> np.ndarray:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1)


def _palette(pixels: Sequence[np.ndarray]) -> np.ndarray:
    """A palette of at most COLOURS colours [n, 3] for all frames."""
    seen = [np.unique(frame, return_counts=True) for frame in pixels]
    colours, place = np.unique(
        np.concatenate([of_frame for of_frame, _ in seen]), return_inverse=True
    )
    if len(colours) <= COLOURS:
        return _as_rgb(colours)
    count = np.bincount(place, np.concatenate([count for _, count in seen]))
    rgb = _as_rgb(colours[np.argsort(-count, kind="stable")])
    # Each rare colour counts once: by area, a few dots would lose their colour.
    rare = Image.fromarray(rgb[None, COMMON:].astype(np.uint8))
    few = rare.quantize(
        COLOURS - COMMON, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    spread = np.array(few.getpalette()).reshape(-1, 3)[: COLOURS - COMMON]
    return np.concatenate([rgb[:COMMON], spread])


def _indexed(frame: np.ndarray, palette: np.ndarray) -> Image.Image:
    # Pillow's own search for the nearest colour is wrong by a few shades.
    colours, place = np.unique(frame, return_inverse=True)
    rgb, wanted = _as_rgb(colours).astype(np.float64), palette.astype(np.float64)
    distance = (wanted**2).sum(axis=1) - 2 * rgb @ wanted.T
    index = distance.argmin(axis=1).astype(np.uint8)
    image = Image.fromarray(index[place].reshape(frame.shape))
    image.putpalette(palette.astype(np.uint8).tobytes())
    return image
