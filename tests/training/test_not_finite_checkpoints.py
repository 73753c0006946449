"""A checkpoint of a net that diverged is damaged: what goes on takes the one before."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import training


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_numbers_that_are_none_are_damage(dtype, tmp_path):
    net = tf.Module()
    net.w = tf.Variable(tf.ones([3], dtype))
    net.step = tf.Variable(0)
    kept = training.Checkpoints(tmp_path / "train", net=net)
    kept.save(1)
    net.w.assign(tf.constant([1.0, np.nan, 1.0], dtype))
    kept.save(2)
    said = []
    assert kept.restore(warn=said.append) == 1
    assert "has values that are not numbers" in said[0] and len(said) == 1
    assert np.array_equal(net.w.numpy().astype(float), np.ones(3))


def test_infinity_is_not(tmp_path):
    """A mask may have it, or the best number so far."""
    net = tf.Module()
    net.mask = tf.Variable([0.0, -np.inf])
    kept = training.Checkpoints(tmp_path / "train", net=net)
    kept.save(1)
    said = []
    assert kept.restore(warn=said.append) == 1 and said == []
