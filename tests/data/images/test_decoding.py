"""Tests for tf_collab.data.images.decoding."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tf_collab.data.images import decoding

RED, WHITE = (255, 0, 0), (255, 255, 255)


def saved(image, path, **options):
    image.save(path, **options)
    return decoding.read(path)


def colours(image):
    assert image.mode == "RGB"
    return [image.getpixel((x, 0)) for x in range(image.width)]


@pytest.mark.parametrize("suffix", sorted(decoding.SUFFIXES))
def test_every_kind_of_file_is_read(suffix, tmp_path):
    image = saved(Image.new("RGB", (4, 3), RED), tmp_path / f"a{suffix}")
    assert image.size == (4, 3)
    np.testing.assert_allclose(colours(image), [RED] * 4, atol=2)  # JPEG's and WebP's


def test_transparent_pixels_lie_on_white(tmp_path):
    half = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 51]]], np.uint8)
    image = saved(Image.fromarray(half), tmp_path / "a.png")
    assert colours(image) == [RED, WHITE, (204, 204, 204)]
    grey = np.array([[[9, 255], [9, 0]]], np.uint8)
    image = saved(Image.fromarray(grey), tmp_path / "b.png")
    assert colours(image) == [(9, 9, 9), WHITE]


@pytest.mark.parametrize(
    ("suffix", "transparency"), [("gif", 1), ("png", 1), ("png", b"\xff\0\xff")]
)
def test_palettes_are_read_with_and_without_transparency(
    suffix, transparency, tmp_path
):
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2])
    plain = saved(image, tmp_path / f"a.{suffix}")
    assert colours(plain) == [RED, (0, 255, 0), (0, 0, 255)]
    clear = saved(image, tmp_path / f"b.{suffix}", transparency=transparency)
    assert colours(clear) == [RED, WHITE, (0, 0, 255)]


def test_a_transparent_colour_of_an_rgb_file_lies_on_white(tmp_path):
    image = Image.fromarray(np.array([[RED, (1, 2, 3)]], np.uint8))
    image = saved(image, tmp_path / "a.png", transparency=(1, 2, 3))
    assert colours(image) == [RED, WHITE]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_grey_of_few_bits_lies_on_white(bits):
    def chunk(kind, body):
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    most = 2**bits - 1  # three pixels: 0, the transparent 1, and white
    row = sum(grey << 32 - bits * (i + 1) for i, grey in enumerate([0, 1, most]))
    file = io.BytesIO(  # Pillow cannot write greys of 2 and 4 bits
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 1, bits, 0, 0, 0, 0))
        + chunk(b"tRNS", struct.pack(">H", 1))
        + chunk(b"IDAT", zlib.compress(b"\0" + row.to_bytes(4)[: -(-3 * bits // 8)]))
        + chunk(b"IEND", b"")
    )
    assert colours(decoding.read(file)) == [(0, 0, 0), WHITE, WHITE]


def test_grey_black_and_white_and_print_colours_become_rgb(tmp_path):
    assert colours(saved(Image.new("L", (1, 1), 7), tmp_path / "a.png")) == [(7, 7, 7)]
    assert colours(saved(Image.new("1", (1, 1), 1), tmp_path / "b.png")) == [WHITE]
    ink = Image.new("CMYK", (1, 1), (0, 0, 0, 0))
    assert colours(saved(ink, tmp_path / "c.jpg")) == [WHITE]


def test_sixteen_bits_become_eight(tmp_path):
    deep = np.array([[0, 128, 129, 257 * 100, 65535]], np.uint16)
    image = saved(Image.fromarray(deep), tmp_path / "a.png")
    assert [c[0] for c in colours(image)] == [0, 0, 1, 100, 255]


def test_a_transparent_grey_of_sixteen_bits_lies_on_white(tmp_path):
    deep = np.array([[0, 1000, 1001, 65535]], np.uint16)
    image = saved(Image.fromarray(deep), tmp_path / "a.png", transparency=1000)
    # 1001 / 257 is 3.9; 1000 would be 4 too.
    assert [c[0] for c in colours(image)] == [0, 255, 4, 255]


@pytest.mark.parametrize("mode", ["RGB", "I;16"])
def test_a_photo_is_turned_upright(mode, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    image = saved(Image.new(mode, (5, 3)), tmp_path / "a.png", exif=exif)
    assert image.size == (3, 5)


def test_the_first_frame_of_a_moving_picture_is_read(tmp_path):
    frames = [Image.new("RGB", (2, 1), colour) for colour in (RED, WHITE)]
    image = saved(
        frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:]
    )
    assert colours(image) == [RED, RED]


def test_a_crop_is_central():
    image = Image.fromarray(np.arange(35, dtype=np.uint8).reshape(5, 7))
    pixels = decoding.fit(image, crop=3, size=None)
    assert pixels.tolist() == np.arange(35).reshape(5, 7, 1)[1:4, 2:5].tolist()


def test_without_a_crop_the_largest_square_is_resized():
    image = Image.fromarray(np.arange(35, dtype=np.uint8).reshape(5, 7))
    square = image.crop((1, 0, 6, 5))
    expected = square.resize((2, 2), Image.Resampling.BICUBIC)
    pixels = decoding.fit(image, crop=None, size=2)
    assert pixels[..., 0].tolist() == np.asarray(expected).tolist()


def test_without_both_the_image_is_whole():
    assert decoding.fit(Image.new("RGB", (7, 5)), crop=None, size=None).shape == (
        (5, 7, 3)
    )


def test_fine_stripes_become_grey_and_not_other_stripes():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    pixels = decoding.fit(Image.fromarray(stripes), crop=None, size=16)
    assert np.abs(pixels[:, 2:-2] - 127.5).max() < 1


def test_a_crop_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="7x5 is smaller than the crop of 6"):
        decoding.fit(Image.new("RGB", (7, 5)), crop=6, size=None)


@pytest.mark.parametrize("shape", [(4, 5, 1), (4, 5, 3)])
def test_an_array_is_an_image_and_back(shape):
    pixels = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    image = decoding.from_array(pixels)
    np.testing.assert_array_equal(decoding.fit(image, crop=None, size=None), pixels)


LONG = "a word " * 300_000  # 2 MiB


def with_texts(path, kind):
    """A picture and more text than Pillow bears, before it or after it."""
    texts = PngImagePlugin.PngInfo()
    if kind == "profile":
        Image.new("RGB", (3, 2), RED).save(path, icc_profile=LONG.encode())
        return
    if kind == "itxt":
        texts.add_itxt("Comment", LONG, zip=True)
    else:
        texts.add_text("Comment", LONG, zip=True)
    Image.new("RGB", (3, 2), RED).save(path, pnginfo=texts)
    if kind == "after":
        content = path.read_bytes()
        start = content.index(b"zTXt") - 4
        end = start + 12 + int.from_bytes(content[start : start + 4], "big")
        without = content[:start] + content[end:]
        path.write_bytes(without[:-12] + content[start:end] + without[-12:])


@pytest.mark.parametrize("kind", ["ztxt", "itxt", "after", "profile"])
def test_a_sound_picture_with_much_text_is_read(kind, tmp_path):
    path = tmp_path / "a.png"
    with_texts(path, kind)
    assert path.stat().st_size < 2**15
    image = decoding.read(path)
    assert image.size == (3, 2) and colours(image) == [RED] * 3


def test_what_tells_which_side_is_up_is_no_such_text(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    raw = exif.tobytes()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", LONG, zip=True)
    texts.add_text("Raw profile type exif", f"\nexif\n{len(raw):8}\n{raw.hex()}\n")
    Image.new("RGB", (3, 2), RED).save(tmp_path / "a.png", pnginfo=texts)
    assert decoding.read(tmp_path / "a.png").size == (2, 3)


@pytest.mark.parametrize("name", ["a.png", "a.webp", "b.png"])
def test_memory_is_claimed_before_it_is_taken(name, tmp_path, monkeypatch):
    """Of 16 bits, or transparent: what takes most for what is stored."""
    path, side = tmp_path / name, 300
    if name == "a.png":
        Image.fromarray(np.zeros([side, side], np.uint16)).save(path)
    else:
        Image.new("RGBA", (side, side)).save(path)
    claimed = []

    def claim(count):
        claimed.append(count)
        if count > 10 * side**2:
            raise MemoryError

    monkeypatch.setattr(Image.Image, "load", None)
    with pytest.raises(MemoryError):
        decoding.read(path, claim)
    assert claimed == [path.stat().st_size, path.stat().st_size + 26 * side**2]


def test_a_file_larger_than_memory_is_not_opened(tmp_path):
    (tmp_path / "a.png").touch()
    os.truncate(tmp_path / "a.png", 2**40)

    def claim(count):
        assert count == 2**40
        raise MemoryError

    with pytest.raises(MemoryError):
        decoding.read(tmp_path / "a.png", claim)


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ValueError, match="is a named pipe"):
        decoding.read(tmp_path / "a.png")
