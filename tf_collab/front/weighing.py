"""Weights of latents, so that G makes few samples in vain.

latentRS (Issenhuth et al., 2021, arXiv:2110.09803): a net weighs z so that a critic
tells the weighted samples of a frozen G from the data as little as it can.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base, cpu, seeds, tensors
from tf_collab.front import learning, small_nets
from tf_collab.models import adapters
from tf_collab.objectives import wasserstein

__all__ = ["Weight", "fit_weight"]

SLOPE = 10.0  # weight of the critic's gradient penalty
OFF = 0.2  # how far from 1 a mean weight is told


class Weight(NamedTuple):
    """How often a latent is to be drawn: 1 is as often as by the prior."""

    net: keras.Model  # [n, numbers] -> [n, 1]
    mean: float  # of weights of fresh latents; 1 if the fit succeeded
    above: float  # the share of those whose weight is above the bound

    def __call__(self, z: tf.Tensor) -> tf.Tensor:
        """z [n, *latent] -> weights [n], 0 or more."""
        return self.net(tensors.flatten(z), training=False)[:, 0]


def fit_weight(
    gan: base.GAN,
    data: Any,
    *,
    bound: float = 3.0,
    mean_penalty: float = 10.0,
    bound_penalty: float = 3.0,
    critic: keras.layers.Layer | None = None,
    steps: int = 5000,
    batch: int = 128,
    rate: float = 1e-4,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Weight:
    """Weights w(z) with which G's samples are nearer to `data` [rows, *data].

    A net of three hidden layers of 256 descends what a critic with a gradient penalty
    climbs, mean D(x) - mean w(z) D(G(z)), and `mean_penalty` (mean w - 1)**2 +
    `bound_penalty` mean max(0, w - bound)**2. G and the GAN's own D do not change; the
    critic is a new small net by the shape of the data, or the one that is given, which
    learns. Both take `steps` steps of Adam. Draw by them from
    `priors.reweighted(gan.prior, weight, bound=bound)`.

    Warns (`Doubt`) if the mean of the weights is far from 1. Raises ValueError if an
    option is out of range, or if latents or data are not one array.

    Examples:
        >>> right = np.abs(np.random.default_rng(0).normal(size=[200, 2])) - 1
        >>> weight = tc.fit_weight(gan, right, steps=3, batch=20)
        >>> weight(gan.prior(5, (0, 1))).shape
        TensorShape([5])
    """
    if not bound > 1 or min(mean_penalty, bound_penalty) < 0:
        raise ValueError(
            "fit_weight takes a bound above 1, the mean of weights, and penalties of 0 "
            f"or more, not {bound}, {mean_penalty} and {bound_penalty}"
        )
    if min(steps, batch) < 1:
        raise ValueError(f"steps and batch are 1 or more, not {steps} and {batch}")
    real = small_nets.as_data(data, "data")
    z_seed, mix_seed, look_seed = seeds.split(seeds.as_seed(seed), 3)
    few = gan.prior(2, z_seed)
    if len(tf.nest.flatten(few)) > 1:
        raise ValueError("fit_weight weighs latents that are one array, and not parts")
    weigh = _net(int(tensors.flatten(few).shape[1]), seed)
    if critic is None:
        d = small_nets.classifier(None, None, real, "logistic")
    else:
        d = adapters.scorer(critic)
        d(real[:2])
    optimizers = [keras.optimizers.Adam(rate) for _ in range(2)]
    nets = weigh, d
    for optimizer, net in zip(optimizers, nets):
        optimizer.build(net.trainable_variables)

    def update(x: tf.Tensor, z: tf.Tensor, seed: tf.Tensor) -> None:
        y = tf.cast(gan.generator(z, training=False), tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            w = weigh(tensors.flatten(z), training=True)[:, 0]
            gap = tf.reduce_mean(d(x, training=True))
            gap -= tf.reduce_mean(w * d(y, training=True))
            of_w = gap + mean_penalty * (tf.reduce_mean(w) - 1) ** 2
            of_w += bound_penalty * tf.reduce_mean(tf.nn.relu(w - bound) ** 2)
            of_d = SLOPE * wasserstein.slope_penalty(d, x, y, seed) - gap
        grads = [
            tape.gradient(loss, net.trainable_variables)
            for loss, net in zip((of_w, of_d), nets)
        ]
        for optimizer, grad, net in zip(optimizers, grads, nets):
            optimizer.apply(grad, net.trainable_variables)

    step, rng = cpu.graph(update), np.random.default_rng([seed, 0])
    for i in range(steps):
        z = gan.prior(batch, seeds.fold_in(z_seed, i))
        x = tf.constant(real[rng.integers(len(real), size=batch)])
        step(x, z, seeds.fold_in(mix_seed, i))
        if progress is not None:
            progress(i + 1, steps)
    return _told(weigh, gan.prior(20 * learning.ROWS, look_seed), bound)


def _net(numbers: int, seed: int) -> keras.Model:
    """Weights of 1 or so, to begin with."""
    layers = keras.layers
    starts = [keras.initializers.GlorotUniform(seed=seed + i) for i in range(4)]
    hidden = [layers.Dense(256, "relu", kernel_initializer=k) for k in starts[:3]]
    one = keras.initializers.Constant(float(np.log(np.expm1(1))))
    last = layers.Dense(
        1, "softplus", kernel_initializer=starts[3], bias_initializer=one
    )
    return keras.Sequential([keras.Input((numbers,)), *hidden, last])


def _told(net: keras.Model, z: tf.Tensor, bound: float) -> Weight:
    w = np.asarray(net(tensors.flatten(z), training=False))
    mean, above = float(w.mean()), float((w > bound).mean())
    if not abs(mean - 1) < OFF:
        warnings.warn(
            f"the weights of latents have a mean of {mean:.2f} where it is to be 1: "
            "more steps, another rate, or a larger mean_penalty",
            base.Doubt,
            stacklevel=3,
        )
    return Weight(net, mean, above)
