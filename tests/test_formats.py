"""Blocks come back from their files, and the bytes of a file hang on nothing else."""

import io
import tarfile
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_collab import formats
from tf_collab.front import jobs

RNG = np.random.default_rng(0)
POINTS = formats.Block({"x": RNG.normal(size=[3, 2]).astype("f4")}, 40, None)
IMAGES = {
    channels: formats.Block(
        {
            "x": RNG.uniform(-1.2, 1.2, [3, 5, 4, channels]).astype("f4"),
            "label": np.array([2, 0, 1]),
        },
        40,
        (-1.0, 1.0),
    )
    for channels in formats.CHANNELS
}
CASES = [
    (name, block)
    for name, row in formats.FORMATS.items()
    for block in (POINTS, *IMAGES.values())
    if block.limits or not row.images
]


def written(name, block, folder):
    folder.mkdir()
    row = formats.FORMATS[name]
    path = folder / f"000004{row.suffix}"
    with row.writing(path) as place:
        row.write(place, block)
    assert [*folder.iterdir()] == [path]
    return path


@pytest.mark.parametrize("name, block", CASES, ids=lambda v: str(v)[:10])
def test_a_block_comes_back(name, block, tmp_path):
    found = formats.FORMATS[name].read(written(name, block, tmp_path / "a"))
    x = block.arrays["x"]
    if block.limits and name != "npz":
        x = np.rint((np.clip(x, -1, 1) + 1.0) * 127.5).astype(np.uint8)
    assert found["x"].dtype == x.dtype and np.array_equal(found["x"], x)
    assert found.keys() == block.arrays.keys()
    if "label" in found:
        assert np.array_equal(found["label"], block.arrays["label"])


@pytest.mark.parametrize("name, block", CASES, ids=lambda v: str(v)[:10])
def test_bytes_do_not_hang_on_the_time(name, block, tmp_path, monkeypatch):
    first = jobs.digest(written(name, block, tmp_path / "a"))
    now = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(now))
    assert jobs.digest(written(name, block, tmp_path / "b")) == first
    other = block._replace(arrays=block.arrays | {"x": block.arrays["x"][::-1]})
    assert jobs.digest(written(name, other, tmp_path / "c")) != first


def test_names_are_the_numbers_of_samples_as_loaders_take_them(tmp_path):
    path = written("webdataset", IMAGES[3], tmp_path / "a")
    with tarfile.open(path) as tar:
        names = [member.name for member in tar]
    assert names[:3] == ["000000040.cls", "000000040.png", "000000041.cls"]
    assert names[-1] == "000000042.png"
    folder = written("png", IMAGES[3], tmp_path / "b")
    assert (folder / "labels.csv").read_text().splitlines()[1] == "000000040.png,2"
    with Image.open(folder / "000000042.png") as image:
        assert image.size == (4, 5) and image.mode == "RGB"
    (path,) = [written("tfrecord", IMAGES[1], tmp_path / "c")]
    kinds = {"png": tf.string, "index": tf.int64, "label": tf.int64}
    features = {name: tf.io.FixedLenFeature([], kind) for name, kind in kinds.items()}
    rows = [
        tf.io.parse_single_example(record, features)
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert [int(row["index"]) for row in rows] == [40, 41, 42]
    image = tf.io.decode_png(rows[2]["png"]).numpy()
    with Image.open(io.BytesIO(rows[2]["png"].numpy())) as same:
        assert np.array_equal(image[:, :, 0], np.asarray(same))


@pytest.mark.parametrize("limits", [(-1.0, 1.0), (0.0, 1.0)])
def test_every_grey_level_has_its_number(limits):
    low, high = limits
    levels = np.linspace(low, high, 256, dtype="f4")
    assert np.array_equal(formats.pixels(levels, limits), np.arange(256))
    outside = np.array([low - 9, high + 9], "f4")
    assert formats.pixels(outside, limits).tolist() == [0, 255]
