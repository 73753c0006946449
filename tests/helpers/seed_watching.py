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


class Draws(list):
    """The seed of each draw, and the seeds that others were made of."""

    def __init__(self):
        self.parents = set()

    def told(self, fn):
        """`fn(seed, ...)`, whose seed counts as drawn with."""

        def call(seed, *args):
            self.append(_plain(seed))
            return fn(seed, *args)

        return call


@contextlib.contextmanager
def seeds_of_draws():
    """The `Draws` of what runs meanwhile, line by line."""
    seen = Draws()

    def drawing(draw):
        def call(shape, seed, *args, **kwargs):
            seen.append(_plain(seed))
            return draw(shape, seed, *args, **kwargs)

        return call

    def deriving(make):
        def call(seed, *args):
            seen.parents.add(_plain(seed))
            return make(seed, *args)

        return call

    with pytest.MonkeyPatch.context() as patch, eagerly():
        for name in GENERATORS:
            patch.setattr(tf.random, name, drawing(getattr(tf.random, name)))
        for name in ("split", "fold_in"):
            patch.setattr(tf.random, name, deriving(getattr(tf.random, name)))
        yield seen


def _plain(seed):
    # Without signs, as some draws use it: see `seeds.unsigned`.
    return tuple((seed.numpy() & 2**31 - 1).tolist())
