"""Tests for tf_collab.training.feeding: what may be given as `batch_at`."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import data, seeds, training

X = np.arange(40, dtype="float32").reshape(20, 2)


def means(batch_at, steps, **options):
    """The mean of each step's first leaf, as a step sees it."""
    seen = []

    def step(index, seed, batch):
        return {"mean": tf.reduce_mean(tf.nest.flatten(batch)[0])}

    hooks = [lambda done, scalars: seen.append(scalars["mean"])]
    training.run(step, batch_at, steps, seed=0, every=1, hooks=hooks, **options)
    return seen


def drawn(i):
    """As somebody writes it who has never seen a graph."""
    rows = np.random.default_rng(i).integers(0, len(X), 4)
    return X[rows], rows


def branching(i):
    return tf.constant(X[:4] if i % 2 else X[4:8])


def counting(i):
    return X[int(i) : int(i) + 4]


@pytest.mark.parametrize("batch_at", [drawn, branching, counting, lambda i: X[:4]])
def test_a_function_that_no_graph_can_hold_is_asked_at_every_step(batch_at):
    expected = [tf.nest.flatten(batch_at(i))[0] for i in range(5)]
    expected = [np.mean(x) for x in expected]
    assert means(batch_at, 5) == pytest.approx(expected)
    assert means(batch_at, 5, first=2) == pytest.approx(expected[2:])


def test_a_function_of_tensors_is_called_in_python_no_more_than_it_is_traced():
    calls = []

    def batch_at(i):
        calls.append(i)
        return tf.random.stateless_uniform([3], seeds.fold_in((0, 1), i))

    assert len(set(means(batch_at, 20))) == 20
    assert len(calls) == 3  # twice to see what it is


ITERATORS = [
    lambda: itertools.cycle([X[:4], X[4:8]]),
    lambda: iter(tf.data.Dataset.from_tensor_slices(X).batch(4)),
]


@pytest.mark.parametrize("make", ITERATORS)
def test_what_goes_on_at_each_call_is_no_function_of_the_step(make):
    iterator = make()
    with pytest.raises(ValueError, match=r"batch_at\(0\) gives another batch when it"):
        means(lambda i: next(iterator), 5)


@pytest.mark.parametrize(
    "batch_at", [lambda i: np.random.normal(size=3), lambda i: tf.random.normal([3])]
)
def test_chance_without_a_seed_of_the_step_is_refused(batch_at):
    with pytest.raises(ValueError, match=r"tc.seeds.fold_in\(seed, step\) is a seed"):
        means(batch_at, 5)


def test_a_dataset_is_refused_with_the_way_to_do_it():
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(4)
    words = "come in order, while a run that is resumed asks .* tc.data.batches"
    with pytest.raises(TypeError, match=words):
        means(dataset, 5)
    with pytest.raises(TypeError, match=r"the ndarray .* is not one; .* tc\.data"):
        means(X, 5)
    rows = np.concatenate([*dataset.as_numpy_iterator()])
    assert len(means(data.batches(rows, 4), 5)) == 5


def test_what_goes_wrong_in_python_is_raised_as_it_is():
    def broken(i):
        if i == 3:
            raise KeyError("no such file")
        return X[:4]

    with pytest.raises(KeyError, match="no such file"):
        means(broken, 5)
    with pytest.raises(KeyError, match="no such file"):  # at once
        means(broken, 5, first=3)


def test_a_batch_of_another_shape_or_type_is_told_with_its_step():
    words = r"batch_at\(4\) is float32 \[2, 2\], and batch_at\(0\) is float32 \[4, 2\]"
    with pytest.raises(ValueError, match=words):
        means(lambda i: X[4 * int(i) : 4 * int(i) + 4][: 2 if i == 4 else 4], 5)
