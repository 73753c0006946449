"""The files that blocks of samples go to: a row a format.

The bytes of a file depend on its samples alone, not on when and where it is written.
"""

import io
import os
import pathlib
import tarfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tf_collab import atomic, files

__all__ = ["BLOCKS", "CHANNELS", "FORMATS", "MANIFEST", "Block", "Format", "pixels"]

MANIFEST = "manifest.json"  # of a job, beside the folder of its blocks
BLOCKS = "blocks"  # that folder
LABELS = "labels.csv"
CHANNELS = (1, 3, 4)  # that a PNG file may have


class Block(NamedTuple):
    """Samples that go to one file."""

    arrays: dict[str, np.ndarray]  # x [n, *data], and label [n] where there are any
    first: int  # the number of its first sample among all
    limits: tuple[float, float] | None  # x of black and of white; None: no images


class Format(NamedTuple):
    """How a block is written, to a path that ends in `suffix`, and read again."""

    about: str
    suffix: str
    writing: Callable[..., Any]  # of `atomic`
    write: Callable[[pathlib.Path, Block], None]
    read: Callable[[pathlib.Path], dict[str, np.ndarray]]  # images as uint8 but in npz
    images: bool = False  # of images alone

    @property
    def folder(self) -> bool:
        """Whether a block is a folder of files."""
        return self.writing is atomic.writing_folder


def pixels(x: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Images as uint8: `limits` are 0 and 255, values outside are clipped."""
    low, high = limits
    scaled = (np.clip(x, low, high).astype(np.float64) - low) * (255 / (high - low))
    return np.rint(scaled).astype(np.uint8)


def _encoded(block: Block) -> Iterator[tuple[str, int, bytes, str | None]]:
    """Of each sample name, number, bytes as .png or .npy, and label."""
    x, label = block.arrays["x"], block.arrays.get("label")
    shown = None if block.limits is None else pixels(x, block.limits)
    for i in range(len(x)):
        content, number = io.BytesIO(), block.first + i
        if shown is None:
            np.save(content, x[i], allow_pickle=False)
        else:
            _image(shown[i]).save(content, "PNG")
        told = None if label is None else str(label[i])
        yield f"{number:09d}", number, content.getvalue(), told


def _image(image: np.ndarray) -> Any:
    from PIL import Image

    return Image.fromarray(image[:, :, 0] if image.shape[-1] == 1 else image)


def _decoded(content: bytes) -> np.ndarray:
    from PIL import Image

    if content.startswith(b"\x93NUMPY"):
        return np.load(io.BytesIO(content), allow_pickle=False)
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        found = np.asarray(image)
    return found[:, :, None] if found.ndim == 2 else found


def _stacked(x: list[np.ndarray], label: list[int]) -> dict[str, np.ndarray]:
    arrays = {"x": np.stack(x)}
    return arrays | ({"label": np.array(label)} if label else {})


def _write_npz(path: pathlib.Path, block: Block) -> None:
    with open(path, "wb") as file:
        np.savez(file, allow_pickle=False, **block.arrays)


def _write_png(path: pathlib.Path, block: Block) -> None:
    labels = ["file,label"]
    for name, _, content, label in _encoded(block):
        (path / f"{name}.png").write_bytes(content)
        labels += [] if label is None else [f"{name}.png,{label}"]
    if "label" in block.arrays:
        (path / LABELS).write_text("\n".join(labels) + "\n", encoding="utf-8")


def _read_png(path: pathlib.Path) -> dict[str, np.ndarray]:
    with files.reading(path, "folder of images"):
        x = [_decoded(file.read_bytes()) for file in sorted(path.glob("*.png"))]
        label = []
        if (path / LABELS).exists():
            lines = (path / LABELS).read_text(encoding="utf-8").splitlines()[1:]
            label = [int(line.rpartition(",")[2]) for line in lines]
        return _stacked(x, label)


def _write_tar(path: pathlib.Path, block: Block) -> None:
    kind = "npy" if block.limits is None else "png"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, _, content, label in _encoded(block):
            parts = {kind: content} | ({} if label is None else {"cls": label.encode()})
            for ending, part in sorted(parts.items()):
                member = tarfile.TarInfo(f"{name}.{ending}")  # of time 0, of nobody
                member.size = len(part)
                tar.addfile(member, io.BytesIO(part))


def _read_tar(path: pathlib.Path) -> dict[str, np.ndarray]:
    x, label = [], []
    with files.reading(path, "tar of samples"), tarfile.open(path, "r:") as tar:
        for member in tar:
            part = tar.extractfile(member)
            content = b"" if part is None else part.read()
            if member.name.endswith(".cls"):
                label.append(int(content))
            else:
                x.append(_decoded(content))
        return _stacked(x, label)


def _write_tfrecord(path: pathlib.Path, block: Block) -> None:
    import tensorflow as tf

    kind = "npy" if block.limits is None else "png"
    with tf.io.TFRecordWriter(os.fspath(path)) as writer:
        for _, number, content, label in _encoded(block):
            example = tf.train.Example()
            feature = example.features.feature
            feature[kind].bytes_list.value.append(content)
            feature["index"].int64_list.value.append(number)
            if label is not None:
                feature["label"].int64_list.value.append(int(label))
            writer.write(example.SerializeToString(deterministic=True))


def _read_tfrecord(path: pathlib.Path) -> dict[str, np.ndarray]:
    import tensorflow as tf

    x, label = [], []
    with files.reading(path, "TFRecord of samples"):
        for record in tf.data.TFRecordDataset(os.fspath(path)).as_numpy_iterator():
            feature = tf.train.Example.FromString(record).features.feature
            kind = "npy" if "npy" in feature else "png"
            x.append(_decoded(feature[kind].bytes_list.value[0]))
            label += feature["label"].int64_list.value
        return _stacked(x, label)


def _read_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    from tf_collab import archives  # which starts TensorFlow

    return archives.arrays(path, ("x", "label"), what="npz file of samples")


FORMATS = {
    "npz": Format(
        "a NumPy archive a block, of x and, if there are any, label, as floats",
        ".npz",
        atomic.writing,
        _write_npz,
        _read_npz,
    ),
    "png": Format(
        "a folder of PNG images a block, with labels.csv if there are labels",
        "",
        atomic.writing_folder,
        _write_png,
        _read_png,
        images=True,
    ),
    "tfrecord": Format(
        "a TFRecord file a block, with png (of images) or npy, index and label",
        ".tfrecord",
        atomic.writing,
        _write_tfrecord,
        _read_tfrecord,
    ),
    "webdataset": Format(
        "a tar file a block, with NUMBER.png (of images) or NUMBER.npy, and NUMBER.cls",
        ".tar",
        atomic.writing,
        _write_tar,
        _read_tar,
    ),
}
