"""A checkpoint of a net that diverged is damaged: what goes on takes the one before."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import training


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_damage(dtype, wrong, tmp_path):
    net = tf.Module()
    net.w = tf.Variable(tf.ones([3], dtype))
    net.step = tf.Variable(0)
    kept = training.Checkpoints(tmp_path / "train", net=net)
    kept.save(1)
    net.w.assign(tf.constant([1.0, wrong, 1.0], dtype))
    kept.save(2)
    said = []
    assert kept.restore(warn=said.append) == 1
    assert "has numbers that are not finite" in said[0] and len(said) == 1
    assert np.array_equal(net.w.numpy().astype(float), np.ones(3))
