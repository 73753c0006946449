"""Laws that generators and discriminators share."""

import re

import keras
import numpy as np
import tensorflow as tf
from conformance import tables
from helpers import oracles

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


def comes_back_from_a_file(net, x, folder):
    models.export(net, list(x.shape[1:])).save(folder / "net.keras")
    names = [f"layer_{layer}" for layer in range(1, net.depth)]
    cut = models.split(models.load(folder / "net.keras"), names)
    assert cut.depth == net.depth
    fused = any(
        isinstance(part, keras.layers.BatchNormalization) and part.input_spec.ndim == 4
        for part in net._flatten_layers()
    )
    for layer in range(net.depth + 1):
        pair = (cut.encode(x, to=layer), net.encode(x, to=layer))
        if fused:
            # Keras' own batch-norm rounds in another order than ours.
            np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-5)
        else:
            np.testing.assert_array_equal(*pair)


def begins_by_its_seed(make):
    """And no two of its layers alike."""
    nets = [make(seed) for seed in (1, 1, 9)]
    weights = ([v.numpy() for v in net.weights] for net in nets)
    for a, b, c in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)
        if a.ndim > 1:  # a kernel
            assert (a != c).any()
    _no_two_layers_begin_alike(nets[0])


def _no_two_layers_begin_alike(net):
    """Kernels of one law and one seed begin with the same numbers, up to a scale."""
    kernels = [v.numpy().ravel() for v in net.weights if "kernel" in v.path]
    kernels = [k for k in kernels if k.any()]  # a score may start at 0
    for i, a in enumerate(kernels):
        for b in kernels[:i]:
            n = min(a.size, b.size, 8)
            cosine = a[:n] @ b[:n] / np.linalg.norm(a[:n]) / np.linalg.norm(b[:n])
            assert n < 3 or abs(cosine) < 1 - 1e-4


def ends_in_float32_in_mixed_precision(make, x):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        net = make(0)
    finally:
        keras.config.set_dtype_policy("float32")
    with tf.GradientTape() as tape:
        out = net(x, training=True)
        loss = tf.reduce_sum(out**2)
    assert net.encode(x, to=1).dtype == tf.bfloat16 and out.dtype == tf.float32
    grads = tape.gradient(loss, net.trainable_variables)
    assert all(grad.dtype == tf.float32 for grad in grads)
    np.testing.assert_array_equal(models.copy(net)(x), net(x))


# Of image nets, in their own tests.


def counts(net):
    """Numbers trained and not."""
    return [
        sum(int(np.prod(v.shape)) for v in variables)
        for variables in (net.trainable_variables, net.non_trainable_variables)
    ]


def shapes(net, h):
    """Of one sample in every layer, from the input `h` on."""
    layers = [h, *(h := stage(h) for stage in net.stages)]
    return [tuple(layer.shape[1:]) for layer in layers]


def looks_across_the_batch_in_training(net, x):
    mates = tf.concat([x[:1], 5 * x[1:]], axis=0)
    scores = [net(rows, training=True)[0].numpy() for rows in (x, mates)]
    return scores[0] != scores[1]


def begins_normal_and_narrow(net):
    for v in net.trainable_variables:
        if not v.path.endswith("kernel"):
            assert (v.numpy() == float(v.path.endswith("gamma"))).all()
            continue
        sigma = 0.02
        if re.search(r"conv2d(_\d+)?/kernel$", v.path):  # cut at two sigma
            assert np.abs(v).max() <= 2 * sigma
            # Var = 1 - 2 * 2 phi(2) / (Phi(2) - Phi(-2)) of a normal's.
            sigma *= np.sqrt(1 - 4 * np.exp(-2) / np.sqrt(2 * np.pi) / 0.9544997)
        assert abs(np.mean(v)) < 4 * sigma / np.sqrt(np.size(v))
        assert abs(np.std(v) / sigma - 1) < 4 / np.sqrt(2 * np.size(v))


LAWS = [
    has_cuts_that_join,
    judges_each_sample_alone,
    writes_nothing_in_inference,
    has_copies_of_its_own,
]
