"""Laws of every generator."""

import numpy as np
import pytest
import tensorflow as tf
from conformance import nets, tables


@pytest.fixture(scope="module", params=tables.GENERATORS)
def case(request):
    make, shape = tables.GENERATORS[request.param]
    return nets.stirred(make, shape), tables.inputs(shape)


@pytest.mark.parametrize("law", nets.LAWS, ids=lambda law: law.__name__)
def test_it(case, law):
    law(*case)


def test_it_comes_back_from_a_checkpoint(case, tmp_path, request):
    make, shape = tables.GENERATORS[request.node.callspec.params["case"]]
    other = nets.stirred(make, shape, seed=50)
    nets.comes_back_from_a_checkpoint(case[0], other, case[1], tmp_path)


def test_it_comes_back_from_a_file(case, tmp_path):
    nets.comes_back_from_a_file(*case, tmp_path)


@pytest.mark.parametrize("name", tables.GENERATORS)
def test_its_seed_decides_how_it_begins(name):
    nets.begins_by_its_seed(tables.GENERATORS[name][0])


@pytest.mark.parametrize("name", tables.GENERATORS)
def test_it_ends_in_float32_in_mixed_precision(name):
    make, shape = tables.GENERATORS[name]
    nets.ends_in_float32_in_mixed_precision(make, tables.inputs(shape))


def test_its_samples_are_finite_float32_and_vary(case):
    net, z = case
    x = net(z, training=False).numpy()
    assert x.dtype == np.float32 and np.isfinite(x).all() and len(x) == len(z)
    assert np.ptp(x, axis=0).max() > 0


def test_every_layers_activation_moves_its_sample_alone(case):
    net, z = case
    for layer in range(net.depth + 1):
        h = net.encode(z, to=layer)
        with tf.GradientTape() as tape:
            tape.watch(h)
            first = tf.reduce_sum(net.decode(h, from_=layer)[0])
        grad = tape.gradient(first, h).numpy()
        assert (grad[0] != 0).any() and (grad[1:] == 0).all()


@pytest.mark.parametrize("layer", [-1, 99])
def test_a_layer_that_it_lacks_is_refused(case, layer):
    net, z = case
    with pytest.raises(ValueError, match=f"layer {layer} is not one of 0 to"):
        net.encode(z, to=layer)
    with pytest.raises(ValueError, match=f"layer {layer} is not one of 0 to"):
        net.decode(z, from_=layer)
