"""The Inception nets: Keras' InceptionV3, and the graph of 2015 of FID and IS."""

import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from tf_collab.metrics import features

__all__ = ["inception_v3"]

POOL = "pool3"  # the last pooling layer's name in the graph of 2015


def inception_v3(
    weights: str | os.PathLike = "imagenet", *, batch: int = 100
) -> features.Classifier:
    """Inception v3 from -1 to 1 images: 2048 pooled features, and logits of them.

    `weights` is a .pb file with the graph of 2015, whose numbers are those of
    published FID and IS; a .h5, .weights.h5 or .keras file of Keras' InceptionV3; or
    'imagenet', which Keras downloads. The last two give other numbers: their names
    should say so. A file made without the top layer gives no logits.
    """
    if weights == "imagenet":
        return _keras(None, batch)
    path = pathlib.Path(weights)
    if not path.is_file():
        raise ValueError(f"There is no file {path} with Inception's weights.")
    if path.suffix == ".pb":
        return _frozen(path, batch)
    if path.suffix in (".h5", ".keras"):
        return _keras(path, batch)
    raise ValueError(
        f"{path} should end in .pb (the frozen graph of 2015) or in .h5, .weights.h5 "
        "or .keras (weights of Keras' InceptionV3)."
    )


def _keras(path, batch):
    try:
        model = keras.applications.InceptionV3(
            weights=None if path else "imagenet", classifier_activation=None
        )
    except Exception as error:  # what a failed download raises is a bare Exception
        raise ValueError(
            "Keras could not fetch its ImageNet weights, so give the path of a file: "
            f"{_reason(error)}."
        ) from error
    if path is None or _loads(path, model):
        return features.as_classifier(model, batch=batch)._replace(layer=POOL)
    headless = keras.Model(model.inputs, model.layers[-1].input)
    if not _loads(path, headless):
        raise ValueError(f"{path} does not hold the weights of Keras' InceptionV3.")
    return features.Classifier(features.from_keras(headless, batch=batch), None, POOL)


def _loads(path, model):
    try:
        model.load_weights(path)
    except Exception:  # Keras, h5py and zipfile raise a dozen kinds
        return False
    return True


def _frozen(path, batch):
    graph, definition = tf.Graph(), tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
        with graph.as_default():
            pixels = tf.compat.v1.placeholder(tf.float32, [None, None, None, 3])
            pool, product = tf.graph_util.import_graph_def(
                definition,
                input_map={"ExpandDims:0": pixels},
                return_elements=["pool_3:0", "softmax/logits/MatMul"],
            )
    except Exception as error:  # protobuf's and TensorFlow's
        raise ValueError(
            f"{path} is not the frozen Inception graph of 2015, with ExpandDims, "
            f"pool_3 and softmax/logits/MatMul: {_reason(error)}."
        ) from error
    # A session, because tf.function knows no ops as old as this graph's batch-norm.
    session = tf.compat.v1.Session(graph=graph)
    # Without the bias, as the Inception score's authors have it.
    kernel = session.run(product.inputs[1])

    def run(images):
        # The graph resizes by itself, without antialiasing, as in published numbers.
        found = session.run(pool, {pixels: (images + 1) * np.float32(127.5)})
        return found.reshape(len(images), -1)

    extract = features.batched(run, 3, batch)
    return features.Classifier(extract, lambda x: x @ kernel, POOL)


def _reason(error):
    return str(error).strip().splitlines()[0].rstrip(".") if str(error) else repr(error)
