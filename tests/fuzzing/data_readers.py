"""The readers of data, each with the other files that its set needs."""

import atexit
import concurrent.futures
import contextlib
import functools
import gzip
import io
import os
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
from fuzzing.reader import Reader
from helpers import tiny_datasets
from PIL import Image

from tf_collab import data
from tf_collab.data.images import cifar, idx, mapped

__all__ = ["ROWS"]

PIXELS = np.random.default_rng(0).integers(256, size=[4, 8, 8, 3], dtype=np.uint8)


@functools.cache
def _encoded(suffix, i=0):
    content = io.BytesIO()
    Image.fromarray(PIXELS[i]).save(content, format=suffix)
    return content.getvalue()


def _idx():
    digits = PIXELS[..., 0]
    lengths = np.array(digits.shape, ">u4").tobytes()
    return bytes([0, 0, 8, 3]) + lengths + digits.tobytes()


def _cifar():
    records = np.random.default_rng(1).integers(256, size=[3, cifar.RECORD], dtype="u1")
    records[:, 0] = [0, 5, 9]
    return [records.tobytes()]


def _keras_digits():
    content = io.BytesIO()
    arrays = {"x_train": PIXELS[..., 0], "y_train": np.arange(4, dtype="u1")}
    arrays |= {"x_test": PIXELS[:2, ..., 0], "y_test": np.arange(2, dtype="u1")}
    np.savez_compressed(content, **arrays)
    return [content.getvalue()]


def _read_keras_digits(path):
    home = path.parent / "home"
    (home / "datasets").mkdir(parents=True)
    path.rename(home / "datasets" / path.name)
    with mock.patch.dict(os.environ, {"KERAS_HOME": str(home)}):
        data.IMAGES["mnist"](None, split="train")


class Inline(contextlib.AbstractContextManager):
    """A pool of no threads, whose starting would take longer than what they do."""

    map = staticmethod(map)

    def __init__(self, workers):
        pass

    def __exit__(self, *raised):
        return None


inline = mock.patch.object(concurrent.futures, "ThreadPoolExecutor", Inline)


@inline
def _read_image(path):
    (path.parent / "sound.png").write_bytes(_encoded("png"))
    data.IMAGES["folder"](path.parent, split="all", size=8)


@inline
def _read_list(path):
    faces = path.parent / "img_align_celeba"
    faces.mkdir()
    for i in range(4):
        (faces / f"{i + 1:06d}.png").write_bytes(_encoded("png", i))
    data.IMAGES["celeba"](path.parent, split="train", size=8, crop=None)


def _emoji():
    with tempfile.TemporaryDirectory() as folder:
        tiny_datasets.write_emoji(pathlib.Path(folder), ["apple"])
        return [next(pathlib.Path(folder).glob("*/emoji.json")).read_bytes()]


@functools.cache
def _packages():
    folder = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    tiny_datasets.write_emoji(folder, ["apple"])
    return folder


@inline
def _read_emoji(path):
    package = "emoji-datasource-apple"
    (path.parent / package).mkdir()
    for other in ("img", "package.json"):
        (path.parent / package / other).symlink_to(_packages() / package / other)
    shutil.copy(path, path.parent / package / path.name)
    data.IMAGES["emoji"](path.parent, split="all", size=8, vendors=["apple"])


def _map():
    content = io.BytesIO()
    np.save(content, PIXELS)
    return [content.getvalue()]


def _text():
    return ["a first line\nand a second one\n\nnaïve `quotes` 😀\n".encode()]


IMAGES = ("png", "jpeg", "webp", "bmp", "gif")
ROWS = [
    Reader(
        "IDX", "images", lambda: [_idx()], idx.read, ["tf_collab/data/images/idx.py"]
    ),
    Reader(
        "IDX packed",
        "images.gz",
        lambda: [gzip.compress(_idx(), mtime=0)],
        idx.read,
        ["tf_collab/data/images/idx.py"],
    ),
    Reader(
        "CIFAR-10",
        cifar.NAMES["test"][0],
        _cifar,
        lambda path: cifar.cifar10_batches(path.parent, "test"),
        ["tf_collab/data/images/cifar.py"],
    ),
    Reader(
        "Keras' digits",
        "mnist.npz",
        _keras_digits,
        _read_keras_digits,
        ["tf_collab/archives.py", "tf_collab/data/images/labelled.py"],
    ),
    *(
        Reader(
            kind.upper(),
            f"image.{kind}",
            lambda kind=kind: [_encoded(kind)],
            _read_image,
            ["tf_collab/data/images/decoding.py"],
        )
        for kind in IMAGES
    ),
    Reader(
        "CelebA's splits",
        "list_eval_partition.txt",
        lambda: [b"000001.png 0\n000002.png 0\n000003.png 1\n000004.png 2\n"],
        _read_list,
        ["tf_collab/data/images/faces.py"],
    ),
    Reader(
        "emoji",
        "emoji.json",
        _emoji,
        _read_emoji,
        ["tf_collab/data/images/glyphs.py"],
    ),
    Reader(
        "a map",
        "map.npy",
        _map,
        mapped.MappedPixels,
        ["tf_collab/data/images/mapped.py"],
    ),
    Reader(
        "text",
        "lines.txt",
        _text,
        lambda path: data.billion_word(path, length=8, vocabulary_size=16),
        ["tf_collab/data/text/reading.py"],
    ),
]
