"""Tests for tf_collab.models.tf1."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import models

v1 = tf.compat.v1
Z = np.random.default_rng(0).normal(size=[7, 2]).astype("float32")
NAMES = ("beta", "gamma", "moving_mean", "moving_variance")


def write(folder, *, nhidden=5, nlayers=3, dim=2, skip=(), **values):
    """Saves the authors' two nets, every variable drawn; returns what they give."""
    rng = np.random.default_rng(1)

    def variable(name, shape):
        if name in skip:
            name += "_else"
        least = -1.5 if "kernel" in name else 0.5  # scales and variances above 0
        drawn = rng.uniform(least, 1.5, shape)
        value = np.broadcast_to(values.get(name.split("/")[-1], drawn), shape)
        return v1.get_variable(name, initializer=value.astype("float32"))

    def dense(scope, x, units):
        kernel = variable(f"{scope}/kernel", [x.shape[1], units])
        return x @ kernel + variable(f"{scope}/bias", [units])

    def norm(scope, x):
        beta, gamma, mean, variance = (
            variable(f"{scope}/{name}", [x.shape[1]]) for name in NAMES
        )
        return gamma * (x - mean) / tf.sqrt(variance + 1e-5) + beta

    def g(x):
        for i in range(nlayers - 1):
            x = dense(f"generator/g_fc{i + 1}", x, nhidden)
            x = tf.nn.relu(norm("generator/BatchNorm" + (f"_{i}" if i else ""), x))
        return dense(f"generator/g_fc{nlayers}", x, dim)

    def d(x):
        for i in range(nlayers - 1):
            x = tf.nn.relu(dense(f"discriminator/d_fc{i + 1}", x, nhidden))
        return dense(f"discriminator/d_fc{nlayers}", x, 1)[:, 0]

    with tf.Graph().as_default(), v1.Session() as session:
        x = g(tf.constant(Z))
        score = d(x)
        v1.get_variable("global_step", initializer=7)
        session.run(v1.global_variables_initializer())
        out = session.run([x, score])
        prefix = v1.train.Saver().save(session, str(folder / "model.ckpt"), 1000)
    return prefix, out


def nets(**options):
    size = {"nhidden": 5, "nlayers": 3}
    return models.MLPGenerator(**size, **options), models.MLPDiscriminator(**size)


@pytest.mark.parametrize("by", ["prefix", "folder", "moved folder"])
def test_the_nets_give_what_the_authors_graph_gave(tmp_path, by):
    folder = tmp_path / "run"
    path, (x, score) = write(folder)
    if by != "prefix":
        path = folder
    if by == "moved folder":
        path = shutil.move(folder, tmp_path / "elsewhere")
    g, d = nets()
    models.read_tf1(path, g, d)
    np.testing.assert_allclose(g(Z), x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(d(x), score, rtol=1e-5, atol=1e-5)


def test_every_weight_is_loaded(tmp_path):
    g, d = nets()
    before = [v.numpy() for v in g.weights + d.weights]
    models.read_tf1(write(tmp_path)[0], g, d)
    after = [v.numpy() for v in g.weights + d.weights]
    assert all((a != b).all() for a, b in zip(before, after))


@pytest.mark.parametrize(
    "name",
    ["generator/BatchNorm_1/moving_variance", "discriminator/d_fc3/bias"],
)
def test_a_missing_variable_is_refused_by_name_and_nothing_is_loaded(tmp_path, name):
    prefix, _ = write(tmp_path, skip=[name])
    refused(prefix, f"has no variable {name}$")


def test_a_wrong_shape_is_refused_with_both_shapes(tmp_path):
    prefix, _ = write(tmp_path, nhidden=6)
    refused(prefix, r"g_fc1/kernel is \[2, 6\] in .* and \[2, 5\] in the net")


def refused(path, sentence, **options):
    g, d = nets(**options)
    before = [v.numpy() for v in g.variables + d.variables]
    with pytest.raises(ValueError, match=sentence) as error:
        models.read_tf1(path, g, d)
    assert "\n" not in str(error.value)
    for old, new in zip(before, g.variables + d.variables):
        np.testing.assert_array_equal(old, new)


def test_untrained_scale_and_shift_fit_a_net_without_them(tmp_path):
    prefix, (x, _) = write(tmp_path, gamma=1.0, beta=0.0)
    g, d = nets(affine=False)
    models.read_tf1(prefix, g, d)
    np.testing.assert_allclose(g(Z), x, rtol=1e-5, atol=1e-5)


def test_trained_scale_and_shift_do_not(tmp_path):
    prefix, _ = write(tmp_path)
    refused(prefix, "generator needs affine=True", affine=False)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    refused(tmp_path, "has no file named checkpoint")
    refused(tmp_path / "model.ckpt-1", "is no checkpoint to read")
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", "is no checkpoint to read")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    prefix, _ = write(tmp_path)
    (data,) = tmp_path.glob("*.data-*")
    data.write_bytes(data.read_bytes()[:100])
    refused(prefix, "is no checkpoint to read")
