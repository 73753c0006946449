"""Tests for tf_collab.seeds."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import seeds


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1, np.int64(5)])
def test_a_whole_number_gives_a_seed_tensor(seed):
    found = seeds.as_seed(seed)
    assert found.dtype == tf.int32 and found.numpy().tolist() == [0, seed]


def test_a_seed_tensor_is_itself():
    seed = tf.constant([3, 4], tf.int32)
    assert seeds.as_seed(seed).numpy().tolist() == [3, 4]


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_number_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=f"not {seed}"):
        seeds.as_seed(seed)


@pytest.mark.parametrize("seed", [[1, 2, 3], [[1, 2]], 3 * [[1, 2]]])
def test_a_tensor_of_another_shape_is_refused(seed):
    # TensorFlow's own error, which a graph raises as a ValueError.
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        seeds.as_seed(tf.constant(seed))


# Where a number that is cut to a byte, to two or to its sign begins again.
EDGES = [255, 256, 2**15, 2**16 - 1, 2**16, 2**24, 2**24 + 1, 2**31 - 1]


def test_splits_and_folds_are_all_different_and_repeat():
    def family(number):
        seed = seeds.as_seed(number)
        indices = [*range(200 if number == 0 else 3), *EDGES]
        folds = [seeds.fold_in(seed, i) for i in indices]
        return [tuple(s.numpy()) for s in [seed, *seeds.split(seed, 3), *folds]]

    def families():
        return [seed for i in (0, 1, *EDGES) for seed in family(i)]

    found = families()
    assert len(set(found)) == len(found)
    assert found == families()


@pytest.mark.parametrize("index", EDGES)
def test_numbers_of_any_type_fold_alike(index):
    seed = seeds.as_seed(3)
    found = seeds.fold_in(seed, index)
    for dtype in (tf.int32, tf.int64):
        same = seeds.fold_in(seed, tf.constant(index, dtype))
        np.testing.assert_array_equal(same, found)


def test_a_graph_folds_like_eager_code():
    seed = seeds.as_seed(9)
    in_graph = tf.function(seeds.fold_in)(seed, tf.constant(5))
    np.testing.assert_array_equal(in_graph, seeds.fold_in(seed, 5))


@pytest.mark.parametrize("seed", [(0, 0), (5, -7), (-1, 3), (-(2**31), -1)])
def test_uniforms_are_the_same_inside_an_xla_program(seed):
    draw = tf.function(lambda seed: seeds.uniform([100], seed), jit_compile=True)
    seed = tf.constant(seed, tf.int32)
    np.testing.assert_array_equal(draw(seed), seeds.uniform([100], seed))


@pytest.mark.parametrize("seed", [(5, -7), (-1, 3)])
def test_splits_of_an_unsigned_seed_are_the_same_inside_an_xla_program(seed):
    def draws(seed):
        return [seeds.uniform([10], part) for part in seeds.split(seed, 3)]

    seed = seeds.unsigned(tf.constant(seed, tf.int32))
    assert (seed.numpy() >= 0).all()
    compiled = tf.function(draws, jit_compile=True)
    np.testing.assert_array_equal(compiled(seed), draws(seed))


def test_uniforms_are_uniform_on_the_half_open_unit_interval():
    found = seeds.uniform([50_000], seeds.as_seed(0)).numpy()
    assert found.dtype == np.float32 and found.min() >= 0 and found.max() < 1
    assert stats.kstest(found, "uniform").pvalue > oracles.LEVEL


def test_numbers_of_64_bits_are_told_apart_and_small_ones_fold():
    seed = tf.constant([-3, 5], tf.int32)
    for index in (0, 1, 2**31 - 1):
        both = np.array(seeds.numbered(seed, index))
        assert np.array_equal(both, seeds.split(seeds.fold_in(seed, index)))
    indices = [0, 1, 2**31, 2**32, 2**32 + 1, 2**40, 200_000 * 2**40 + 7, 2**63 - 1]
    made = {tuple(np.ravel(seeds.numbered(seed, i))) for i in indices}
    assert len(made) == len(indices)
