"""Valid files, small, by what reads them."""

import functools
import io
import json
import pathlib
import tempfile
import zipfile

import keras
import numpy as np
import tensorflow as tf
from helpers import tf1_files

from experiments import mog2d
from tf_collab import data, formats, metrics, training
from tf_collab.data.text.vocabulary import UNKNOWN

__all__ = [
    "TinyInception",
    "block",
    "checkpoint",
    "frozen",
    "net",
    "npz",
    "record",
    "statistics",
    "table",
    "tf1",
    "vocabulary",
    "weights",
]


def saved(save, name):
    """The bytes of the file that `save(path)` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        save(path)
        return path.read_bytes()


def npz():
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=[4, 2]), "score": np.arange(4.0, dtype="f4")}
    return [
        saved(lambda path: np.savez(path, **arrays), "a.npz"),
        saved(lambda path: np.savez_compressed(path, **arrays), "a.npz"),
    ]


def block(name, file, *, image=False):
    """A file of two samples with labels in a format of blocks."""
    x = np.random.default_rng(0).uniform(-1, 1, [2, 4, 4, 3] if image else [2, 2])
    arrays = {"x": x.astype("f4"), "label": np.array([3, 1])}
    made = formats.Block(arrays, 0, (-1.0, 1.0) if image else None)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, file)
        formats.FORMATS[name].write(path.parent if name == "png" else path, made)
        return [path.read_bytes()]


def statistics():
    stats = metrics.FeatureStats(np.arange(3.0), np.eye(3), 9)
    return [saved(lambda path: metrics.save_stats(path, stats), "a.npz")]


def net():
    dense = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(3, activation="relu"),
            keras.layers.BatchNormalization(),
        ]
    )
    stored = saved(dense.save, "g.keras")
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(stored)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return [stored, packed.getvalue()]


def TinyInception(*, weights, classifier_activation):
    """In place of InceptionV3, which takes seconds to make."""
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, name="conv")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


def weights(name):
    model = TinyInception(weights=None, classifier_activation=None)
    save = model.save_weights if ".weights." in name else model.save
    return [saved(save, name)]


def frozen():
    """Inception's names of 2015, three features wide."""
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(tf.float32, [1, None, None, 3], "image")
        image = tf.identity(image, name="ExpandDims")
        h = tf.nn.relu(tf.nn.conv2d(image, tf.ones([1, 1, 3, 3]), 1, "SAME"))
        h = tf.raw_ops.ResizeBilinear(images=h, size=[6, 6])
        pool = tf.reduce_mean(h, [1, 2], keepdims=True, name="pool_3")
        flat = tf.reshape(pool, [-1, 3])
        tf.matmul(flat, tf.ones([3, 5]), name="softmax/logits/MatMul")
    return [graph.as_graph_def().SerializeToString()]


@functools.cache
def tf1():
    """The files of one of the authors' checkpoints, by name."""
    with tempfile.TemporaryDirectory() as folder:
        tf1_files.write(pathlib.Path(folder), nhidden=2, nlayers=2)
        return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}


@functools.cache
def checkpoint():
    """The files of one of our checkpoints, by name."""
    with tempfile.TemporaryDirectory() as folder:
        kept = training.Checkpoints(folder, net=tf.Variable([1.0, 2.0, 3.0]))
        kept.save(3)
        inside = pathlib.Path(folder, "step-000000003")
        return {path.name: path.read_bytes() for path in inside.iterdir()}


def table():
    line = {
        "experiment": "mog2d",
        "dataset": "8Gaussians",
        "seed": 0,
        "phase": "shape",
        "gan_step": 100,
        "d_step": 20,
        "method": "refinement",
        "n": 1000,
        "protocol": "good<4sd, sgd 0.1 x 50 on layer 1",
        "efficiency": 1.0,
        "good": 0.3,
        "kl": 0.25,
        "modes": 8,
        "js": None,
    }
    lines = [line, {**line, "d_step": 40, "good": 0.5}, {**line, "seed": 1}]
    return ["".join(json.dumps(one) + "\n" for one in lines).encode()]


def record():
    flags = {"dataset": "8Gaussians", "seed": 0, "batch_size": 1000, "stop": None}
    phases = {"train": flags, "shape-g100": {**flags, "lr_shape": 0.1}}
    whole = {
        "experiment": mog2d.Config.EXPERIMENT,
        "version": "1.0",
        "flags": flags,
        "phases": phases,
    }
    return [(json.dumps(whole, indent=2) + "\n").encode()]


def vocabulary():
    words = data.Vocabulary(UNKNOWN + "abc")
    return [saved(words.save, "words.json")]
