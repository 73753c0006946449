"""Tests for tf_collab.tensors."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import tensors


def test_expand_broadcasts_a_vector_over_its_batch():
    found = tensors.expand(tf.constant([1.0, 2.0]), tf.zeros([2, 3, 4]))
    assert found.shape == [2, 1, 1]
    assert tensors.expand(tf.constant([1.0]), tf.zeros([1])).shape == [1]


def test_flatten_keeps_the_batch():
    x = tf.reshape(tf.range(12), [2, 3, 2])
    np.testing.assert_array_equal(tensors.flatten(x), [range(6), range(6, 12)])


@pytest.mark.parametrize(
    "x, told",
    [
        (tf.zeros([2, 3]), "float32 [2, 3]"),
        ((tf.zeros([2]), {"a": 1.0}), "(float32 [2], {a: float})"),
        ([], "[]"),
        ([[1.0] * 9] * 9, "list with 9 parts and 81 values in all"),
        ({"a" * 999: 1}, "dict with 1 parts and 1 values in all"),
        ({"a": 1, 2: 3}, "dict of 2 names of several types"),
        ({str(i): (1, 2) for i in range(999)}, "dict with 999 parts and 1998 values"),
        (type("N" * 999, (), {})(), f"{'N' * 30} of a type with a long name"),
    ],
)
def test_whatever_it_is_it_is_spelled_shortly(x, told):
    spelled = tensors.spelled(x)
    assert spelled.startswith(told) and len(spelled) <= tensors.LONG


def test_where_chooses_whole_samples_in_every_leaf():
    mask = tf.constant([True, False])
    a = {"x": tf.ones([2, 3]), "label": tf.constant([1, 1])}
    b = {"x": tf.zeros([2, 3]), "label": tf.constant([0, 0])}
    found = tensors.where(mask, a, b)
    np.testing.assert_array_equal(found["x"], [[1, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(found["label"], [1, 0])


@pytest.mark.parametrize("n, rows", [(0, 3), (2, 3), (3, 3), (7, 3), (7, 1)])
def test_slices_cover_every_row_once_in_order(n, rows):
    parts = [np.arange(n)[part] for part in tensors.slices(n, rows)]
    assert [row for part in parts for row in part] == [*range(n)]
    assert all(len(part) == rows for part in parts[:-1])
    assert all(0 < len(part) <= rows for part in parts)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("q", [0, 12.5, 50, 99, 100])
def test_the_percentile_is_numpys(size, q):
    x = np.random.default_rng(size).normal(size=size).astype(np.float32)
    # The rank has up to 7 bits before the point, the weight so much less after it.
    expected = np.percentile(x.astype(np.float64), q)
    np.testing.assert_allclose(
        tensors.percentile(tf.constant(x), q), expected, atol=2**8 * oracles.ULP
    )


def test_nothing_has_no_percentile():
    for q in (0, 50, 100):
        assert np.isnan(tensors.percentile(tf.constant([], tf.float32), q))


def test_log1mexp_is_accurate_from_end_to_end():
    x = -np.logspace(-30, 1.9, 400).astype(np.float32)
    exact = x.astype(np.float64)
    small = np.maximum(exact, -1.0)  # the branches meet at -1; neither sees log(0)
    large = np.log1p(-np.exp(np.minimum(exact, -1.0)))
    expected = np.where(exact > -1, np.log(-np.expm1(small)), large)
    # expm1 or exp, then log or log1p: an error of some units in the last place each.
    found = tensors.log1mexp(tf.constant(x)).numpy()
    np.testing.assert_allclose(found, expected, rtol=8 * oracles.ULP, atol=1e-37)


def test_log1mexp_has_a_finite_and_right_slope():
    x = tf.constant([-1e-30, -1e-8, -0.1, -0.6931, -0.6932, -5.0, -80.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tensors.log1mexp(x)
    # -exp(x) / (1 - exp(x)), a handful of roundings.
    expected = -1 / np.expm1(-x.numpy().astype(np.float64))
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=16 * oracles.ULP)
