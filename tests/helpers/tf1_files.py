"""Checkpoints as the authors' TensorFlow 1 programs write them."""

import numpy as np
import tensorflow as tf

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
