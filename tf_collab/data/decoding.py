"""One image as an array: any kind of file to upright RGB, then crop and resize."""

import os
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

__all__ = ["SUFFIXES", "fit", "from_array", "read"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
# What Pillow multiplies greys of few bits by, but not the one that is transparent.
_SCALES = {"L;2": 85, "L;4": 17}


def read(file: os.PathLike | str | BinaryIO) -> Image.Image:
    """The file's first frame, upright and in RGB; what is transparent lies on white.

    Sixteen bits a channel become eight. Too large an image is Pillow's
    DecompressionBombError or -Warning, by its header alone.
    """
    with Image.open(file, formats=_FORMATS) as image:
        stored = image.tile[0].args if image.tile else None
        image.load()
        if "transparency" in image.info and stored in _SCALES:
            image.info["transparency"] *= _SCALES[stored]
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        deep = np.asarray(upright, np.float64)
        deep[deep == upright.info.get("transparency")] = 65535
        shallow = np.rint(deep / 257).clip(0, 255)  # 65535 / 255
        return Image.fromarray(shallow.astype("u1")).convert("RGB")
    if upright.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    return upright.convert("RGB")


def from_array(pixels: np.ndarray) -> Image.Image:
    """uint8 `[height, width, 1 or 3]` as an image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def fit(image: Image.Image, *, crop: int | None, size: int | None) -> np.ndarray:
    """The central square of side `crop`, resized to `size`: `[size, size, channels]`.

    Without a crop it is the largest square; without a size it stays as large as it is,
    and without either it is the whole image. Bicubic, with antialiasing.
    """
    width, height = image.size
    if crop is None and size is not None:
        crop = min(width, height)
    if crop is not None:
        if crop > min(width, height):
            raise ValueError(f"{width}x{height} is less than the crop of {crop}")
        left, top = (width - crop) // 2, (height - crop) // 2
        image = image.crop((left, top, left + crop, top + crop))
    if size is not None and image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array.reshape(*array.shape[:2], -1)
