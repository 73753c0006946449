"""Decodes one image of any kind to upright RGB, then crops and resizes it."""

import io
import os
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

from tf_collab import files
from tf_collab.data.images import chunks

__all__ = ["SUFFIXES", "fit", "from_array", "is_image", "read"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
# Pillow multiplies greys of few bits by these, but not the grey that is transparent.
_SCALES = {"L;2": 85, "L;4": 17}
_PIXEL = 26  # bytes per pixel at the peak (24.2 for transparent WebP, 10 for RGB)
_EIGHT_BITS = np.rint(np.arange(2**16) / 257).astype("u1")  # 65535 / 255


def is_image(name: str) -> bool:
    """Whether a file's name has a suffix of an image."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def read(
    file: os.PathLike | str | io.BytesIO,
    claim: Callable[[int], None] = lambda count: None,
) -> Image.Image:
    """The first frame of a file, upright and in RGB, transparent parts on white.

    Sixteen bits a channel become eight. `claim(bytes)` is called before memory is
    taken. Raises Pillow's DecompressionBombError or -Warning if the header says that
    the image is too large, and OSError or ValueError if the file cannot be decoded.
    """
    if isinstance(file, io.BytesIO):
        return _read(file, file.getbuffer().nbytes, claim)
    files.regular(file)
    size = os.path.getsize(file)
    claim(size)
    try:
        return _read(file, size, claim)
    except ValueError as error:
        if "MAX_TEXT" not in str(error):
            raise
    with open(file, "rb") as whole:
        picture = io.BytesIO(chunks.pictorial(whole))
    return _read(picture, 2 * size, claim)


def _read(
    file: os.PathLike | str | io.BytesIO, size: int, claim: Callable[[int], None]
) -> Image.Image:
    with Image.open(file, formats=_FORMATS) as image:
        claim(size + _PIXEL * image.width * image.height)
        stored = image.tile[0].args if image.tile else None
        image.load()
        if "transparency" in image.info and stored in _SCALES:
            image.info["transparency"] *= _SCALES[stored]
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):
            return _shallow(image).convert("RGB")
        if image.has_transparency_data:
            white = Image.new("RGBA", image.size, "white")
            laid = Image.alpha_composite(white, image.convert("RGBA"))
            return laid.convert("RGB")
        return image.convert("RGB")


def _shallow(image: Image.Image) -> Image.Image:
    """An image of sixteen bits a channel with eight, and white where transparent."""
    deep = np.asarray(image).clip(0, 65535)
    shallow = _EIGHT_BITS[deep]
    if "transparency" in image.info:
        shallow[deep == image.info["transparency"]] = 255
    return Image.fromarray(shallow)


def from_array(
    pixels: np.ndarray, claim: Callable[[int], None] = lambda count: None
) -> Image.Image:
    """Pixels uint8 `[height, width, 1 or 3]` as an image; `claim` is that of `read`."""
    claim(_PIXEL * pixels.shape[0] * pixels.shape[1])
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def fit(image: Image.Image, *, crop: int | None, size: int | None) -> np.ndarray:
    """The central square of side `crop`, resized to uint8 `[size, size, channels]`.

    Without `crop` it is the largest square, without `size` it is not resized, and
    without either it is the whole image. Resizing is bicubic with antialiasing. Raises
    ValueError if the image is smaller than `crop`.
    """
    width, height = image.size
    if crop is None and size is not None:
        crop = min(width, height)
    if crop is not None:
        if crop > min(width, height):
            raise ValueError(f"{width}x{height} is smaller than the crop of {crop}")
        left, top = (width - crop) // 2, (height - crop) // 2
        image = image.crop((left, top, left + crop, top + crop))
    if size is not None and image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array.reshape(*array.shape[:2], -1)
