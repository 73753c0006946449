"""Which seeds reach TensorFlow's generators."""

import contextlib

import pytest
import tensorflow as tf

GENERATORS = ("stateless_normal", "stateless_truncated_normal", "stateless_uniform")


@contextlib.contextmanager
def eagerly():
    """Every function runs line by line, so that Python sees each call."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@contextlib.contextmanager
def seeds_of_draws():
    """A list of the seeds of all draws meanwhile; functions run eagerly."""
    seen = []

    def recorded(draw):
        def with_seed(shape, seed, *args, **kwargs):
            seen.append(tuple(seed.numpy().tolist()))
            return draw(shape, seed, *args, **kwargs)

        return with_seed

    with pytest.MonkeyPatch.context() as patch, eagerly():
        for name in GENERATORS:
            patch.setattr(tf.random, name, recorded(getattr(tf.random, name)))
        yield seen
