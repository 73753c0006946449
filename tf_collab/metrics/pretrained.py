"""The Inception nets: Keras' InceptionV3, and the graph of 2015 for FID and IS."""

import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from tf_collab import archives, files
from tf_collab.metrics import features, frozen

__all__ = ["inception_v3"]

POOL = "pool3"  # the last pooling layer's name in the graph of 2015


def inception_v3(
    weights: str | os.PathLike = "imagenet", *, batch: int = 100
) -> features.Classifier:
    """Inception v3 of images [n, h, w, c] in [-1, 1]: 2048 pooled features, and logits.

    `weights` is a .pb file with the graph of 2015, which published FID and IS use; a
    .h5, .weights.h5 or .keras file of Keras' InceptionV3; or 'imagenet', which Keras
    downloads. The last two give other numbers, and names of metrics should say so. A
    file without the top layer gives no logits. Raises ValueError if the file is
    missing, damaged or of another net.
    """
    if weights == "imagenet":
        return _keras(None, batch)
    path = pathlib.Path(weights)
    if not os.path.lexists(path):
        raise ValueError(f"There is no file {str(path)!r} with Inception's weights.")
    if path.suffix == ".pb":
        return _frozen(path, batch)
    if path.suffix in (".h5", ".keras"):
        return _keras(path, batch)
    raise ValueError(
        f"{path} should end in .pb (the frozen graph of 2015) or in .h5, .weights.h5 "
        "or .keras (weights of Keras' InceptionV3)."
    )


def _keras(path: pathlib.Path | None, batch: int) -> features.Classifier:
    if path is not None:
        archives.check_weights(path)
    try:
        model = keras.applications.InceptionV3(
            weights=None if path else "imagenet", classifier_activation=None
        )
    except Exception as error:  # a failed download raises a bare Exception
        raise ValueError(
            "Keras could not fetch its ImageNet weights, so give the path of a file: "
            f"{files.first_sentence(error)}."
        ) from error
    if path is None or _loads(path, model):
        return features.as_classifier(model, batch=batch)._replace(layer=POOL)
    headless = keras.Model(model.inputs, model.layers[-1].input)
    if not _loads(path, headless):
        raise ValueError(f"{path} does not hold the weights of Keras' InceptionV3.")
    return features.Classifier(features.from_keras(headless, batch=batch), None, POOL)


def _loads(path: pathlib.Path, model: keras.Model) -> bool:
    try:
        model.load_weights(path)
    except Exception:  # Keras, h5py and zipfile raise a dozen kinds
        return False
    return True


def _frozen(path: pathlib.Path, batch: int) -> features.Classifier:
    start, ends = "ExpandDims", ("pool_3", "softmax/logits/MatMul")
    definition, graph = frozen.read(path, start=start, ends=ends), tf.Graph()
    with files.reading(path, "Inception graph of 2015"):
        with graph.as_default():
            pixels, pool, product = tf.graph_util.import_graph_def(
                definition, name="", return_elements=[f"{start}:0", "pool_3:0", ends[1]]
            )
        frozen.check_sizes(graph)
        # A session, because tf.function lacks an operation as old as this batch-norm.
        session = tf.compat.v1.Session(graph=graph)
        # Without the bias, as in the code of the authors of the Inception score.
        kernel = session.run(product.inputs[1])

    def run(images: np.ndarray) -> np.ndarray:
        # The graph resizes by itself, without antialiasing, as in published numbers.
        with files.reading(path, "Inception graph of 2015"):
            pooled = session.run(pool, {pixels: (images + 1) * np.float32(127.5)})
            return pooled.reshape(len(images), len(kernel))

    run(np.zeros([1, 8, 8, 3], np.float32))  # raises now if anything does not fit
    extract = features.batched(run, 3, batch)
    return features.Classifier(extract, lambda x: x @ kernel, POOL)
