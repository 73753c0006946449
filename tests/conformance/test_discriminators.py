"""Laws of every discriminator."""

import numpy as np
import pytest
import tensorflow as tf
from conformance import nets, tables

# Its cosines are bounded; it has a twin in NumPy, raw score and all.
UNBOUNDED = [n for n in tables.DISCRIMINATORS if n != "FourierDiscriminator"]


@pytest.fixture(scope="module", params=tables.DISCRIMINATORS)
def case(request):
    make, shape = tables.DISCRIMINATORS[request.param]
    return nets.stirred(make, shape), tables.inputs(shape)


@pytest.mark.parametrize("law", nets.LAWS, ids=lambda law: law.__name__)
def test_it(case, law):
    law(*case)


def test_it_comes_back_from_a_checkpoint(case, tmp_path, request):
    make, shape = tables.DISCRIMINATORS[request.node.callspec.params["case"]]
    other = nets.stirred(make, shape, seed=50)
    nets.comes_back_from_a_checkpoint(case[0], other, case[1], tmp_path)


def test_it_comes_back_from_a_file(case, tmp_path):
    nets.comes_back_from_a_file(*case, tmp_path)


@pytest.mark.parametrize("name", tables.DISCRIMINATORS)
def test_its_seed_decides_how_it_begins(name):
    nets.begins_by_its_seed(tables.DISCRIMINATORS[name][0])


@pytest.mark.parametrize("name", tables.DISCRIMINATORS)
def test_it_ends_in_float32_in_mixed_precision(name):
    make, shape = tables.DISCRIMINATORS[name]
    nets.ends_in_float32_in_mixed_precision(make, tables.inputs(shape))


@pytest.mark.parametrize("n", [1, 8])
def test_its_scores_are_a_vector(case, n):
    net, x = case
    score = net(x[:n], training=False)
    assert score.shape == [n] and score.dtype == tf.float32
    assert np.isfinite(score).all()


@pytest.mark.parametrize("case", UNBOUNDED, indirect=True)
@pytest.mark.parametrize("n", [1, 8])
def test_its_scores_are_raw(case, n):
    net, x = case
    # Far out a sigmoid's or tanh's output would not go on growing.
    far = [np.abs(net(scale * x[:n])).max() for scale in (1e6, 1e7)]
    assert far[1] > 2 * far[0] > 2


def test_its_slope_is_each_samples_own(case):
    net, x = case
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = net(x, training=False)[0]
    grad = tape.gradient(first, x).numpy()
    assert (grad[0] != 0).any() and (grad[1:] == 0).all()
