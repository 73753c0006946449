"""Tests for tf_collab.objectives.pairs."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab.objectives import pairs

RNG = np.random.default_rng(0)
ULP = 2.0**-53  # float64's relative rounding error


def kernel(squared):
    return 1 / (1 + squared)


def points(n, size, dtype="float64"):
    return tf.constant(RNG.normal(size=[n, size]), dtype)


def squared(a, b):
    return ((a[:, None] - b) ** 2).numpy().sum(axis=-1)


@pytest.mark.parametrize("size", [1, 2, 8, 9, 64])
def test_distances_are_those_of_differences(size):
    a, b = points(20, size), points(30, size)
    norms = np.sum(a**2, axis=1)[:, None] + np.sum(b**2, axis=1)
    # Each of three sums of `size` products errs by as many roundings of norms at most.
    error = np.abs(pairs.squared_distances(a, b) - squared(a, b))
    assert (error <= 2 * (size + 3) * ULP * norms).all()


@pytest.mark.parametrize("size", [8, 9])
def test_a_distance_is_never_negative(size):
    a = points(50, size, "float32") + 100.0
    assert (pairs.squared_distances(a, a).numpy() >= 0).all()


@pytest.mark.parametrize("own", ["keep", "drop", None])
@pytest.mark.parametrize("size", [2, 20])
@pytest.mark.parametrize("rows", [5, 16, 512])
def test_the_mean_is_that_of_all_pairs_in_any_tiles(rows, size, own, monkeypatch):
    monkeypatch.setattr(pairs, "ROWS", rows)
    a = points(17, size)
    b = a + 0.3 if own is None else a
    tile = kernel(squared(a, b))
    if own == "drop":
        expected = (tile.sum(axis=1) - np.diag(tile)) / 16
    else:
        expected = tile.mean(axis=1)
    found = pairs.kernel_mean(a, b, kernel, own=own)
    # The kernel falls by less than its argument rises, of norms below 100.
    np.testing.assert_allclose(found, expected, atol=2 * (size + 20) * ULP * 200)


@pytest.mark.parametrize("own", ["keep", "drop", None])
@pytest.mark.parametrize("xla", [False, True])
def test_a_graph_gives_the_same_mean_and_gradient(xla, own, monkeypatch):
    monkeypatch.setattr(pairs, "ROWS", 4)
    a, b = points(10, 2), points(10, 2)

    def mean(a):
        with tf.GradientTape() as tape:
            tape.watch(a)
            value = pairs.kernel_mean(a, b, kernel, own=own)
        return value, tape.gradient(value, a)

    rows = [None, 10][xla]  # an XLA program has a size, another graph may have none
    spec = [tf.TensorSpec([rows, 2], tf.float64)]
    graph = tf.function(mean, input_signature=spec, jit_compile=xla, autograph=False)
    for found, expected in zip(graph(a), mean(a)):
        np.testing.assert_allclose(found, expected, rtol=50 * ULP)


def test_no_tensor_is_larger_than_the_points(monkeypatch):
    monkeypatch.setattr(pairs, "ROWS", 8)
    spec = tf.TensorSpec([100, 20], tf.bfloat16)
    graph = tf.function(lambda a, b: pairs.kernel_mean(a, b, kernel), autograph=False)
    traced = graph.get_concrete_function(spec, spec).graph.as_graph_def(add_shapes=True)
    nodes = [*traced.node, *(n for f in traced.library.function for n in f.node_def)]
    shapes = [
        tf.TensorShape(shape)
        for node in nodes
        for shape in node.attr["_output_shapes"].list.shape
    ]
    products = [node for node in nodes if node.op == "Einsum"]
    assert products and all(shape.rank is not None for shape in shapes)
    sizes = {shape.num_elements() for shape in shapes} - {100 * 20}
    assert max(sizes) == 8 * 20  # a block of points; 100 * 100 would be all pairs


def test_half_precision_is_cast_up():
    a = points(6, 20, "bfloat16")
    b = tf.cast(points(5, 20), tf.float16)
    found = pairs.kernel_mean(a, b, kernel)
    wide = pairs.kernel_mean(tf.cast(a, tf.float32), tf.cast(b, tf.float32), kernel)
    assert found.dtype == tf.float32
    np.testing.assert_array_equal(found, wide)


def test_points_are_samples_flattened_in_one_precision():
    images = np.zeros([3, 4, 4, 2], "float32")
    a, b = pairs.as_points(images, np.zeros([5, 4, 4, 2]))
    assert a.shape == [3, 32] and b.shape == [5, 32]
    assert a.dtype == b.dtype == tf.float64
    assert pairs.as_points(tf.zeros([7]))[0].shape == [7, 1]
    with pytest.raises(ValueError, match=r"not \[4, 4, 2\] and \[2\]"):
        pairs.as_points(images, np.zeros([3, 2]))
