"""Loops that trace a program for each layer, without TensorFlow's remarks on it."""

import contextlib
import warnings
from collections.abc import Iterator

import tensorflow as tf

from tf_collab import base

__all__ = ["quiet"]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No remarks on retracing, which is meant, nor doubts, which the report has."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", base.Doubt)
            yield
    finally:
        logger.setLevel(level)
