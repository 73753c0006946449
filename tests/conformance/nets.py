"""Laws that generators and discriminators share."""

import numpy as np
import oracles
import tensorflow as tf
from conformance import tables

from tf_collab import models

# Sums of some dozen products of numbers of order one, a few layers deep.
SLACK = 64 * oracles.ULP


def stirred(make, shape, seed=0):
    """A net whose moving statistics, if any, are not those of a new one."""
    net = make(seed)
    for i in range(3):
        net(2 * tables.inputs(shape, n=32, seed=i) + 1, training=True)
    return net


def has_cuts_that_join(net, x):
    whole = net(x)
    for layer in range(net.depth + 1):
        joined = net.decode(net.encode(x, to=layer), from_=layer)
        np.testing.assert_array_equal(joined, whole)
    np.testing.assert_array_equal(net.encode(x, to=0), x)
    np.testing.assert_array_equal(net.encode(x, to=net.depth), whole)


def judges_each_sample_alone(net, x):
    whole = net(x, training=False).numpy()
    mates = tf.concat([x[:1], 5 * x[1:]], axis=0)
    np.testing.assert_array_equal(net(mates, training=False)[:1], whole[:1])
    np.testing.assert_allclose(net(x[:1], training=False), whole[:1], atol=SLACK)


def writes_nothing_in_inference(net, x):
    before = [v.numpy() for v in net.variables]
    net(x, training=False)
    net.decode(net.encode(x, to=1), from_=1)
    for variable, value in zip(net.variables, before):
        np.testing.assert_array_equal(variable.numpy(), value)


def comes_back_from_a_checkpoint(net, other, x, folder):
    assert (net(x) != other(x)).numpy().any()
    tf.train.Checkpoint(net=net).write(str(folder / "net"))
    tf.train.Checkpoint(net=other).read(str(folder / "net")).assert_consumed()
    for a, b in zip(net.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    np.testing.assert_array_equal(net(x), other(x))


def has_copies_of_its_own(net, x):
    twin, before = models.copy(net), net(x).numpy()
    np.testing.assert_array_equal(twin(x), before)
    for variable in twin.variables:
        variable.assign(variable + 1)
    np.testing.assert_array_equal(net(x), before)
    assert (twin(x) != before).numpy().any()
    assert len(twin.trainable_variables) == len(net.trainable_variables)


LAWS = [
    has_cuts_that_join,
    judges_each_sample_alone,
    writes_nothing_in_inference,
    has_copies_of_its_own,
]
