"""A discriminator for a generator that has none.

A classifier between data and fresh samples of a frozen G, stopped by its loss on data
held out, or a density ratio by the softplus loss (Ding et al., 2020, arXiv:2001.09331).
"""

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base, objectives, seeds
from tf_collab.front import learning, small_nets
from tf_collab.models import layered

__all__ = ["fit_discriminator"]

ROWS = 512  # of held-out samples that are made at once


def fit_discriminator(
    model: base.GAN | Any,
    data: np.ndarray,
    *,
    held_out: np.ndarray,
    prior: base.LatentDraw | None = None,
    discriminator: keras.layers.Layer | None = None,
    features: Callable[[Any], tf.Tensor] | None = None,
    loss: Literal["logistic", "softplus"] = "logistic",
    steps: int = 5000,
    patience: int = 10,
    every: int = 50,
    batch: int = 128,
    rate: float = 1e-3,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> base.GAN:
    """A GAN with a new D, whose score is log p_data / p_model of G as it is.

    `model` is a GAN, of which G and prior are taken, or a generator. D learns from
    `data` [rows, *data] against fresh samples, by Adam, and is the one of the least
    loss on `held_out`, looked at after `every` steps: after `patience` looks without a
    fall it stops. Without a `discriminator` it is a small net by the shape of the data,
    or of `features(x)` [rows, features], which are not trained: do not guide by the
    features of the metric that is to judge.

    `loss` is "logistic", or "softplus" for the ratio itself, which may err less where
    few samples overlap. Warns (`Doubt`) where D is no better than chance.

    Examples:
        >>> shifted = lambda n: 3 + np.random.default_rng(n).normal(size=[n, 2])
        >>> how = dict(held_out=shifted(100), steps=100, every=20)
        >>> fitted = tc.fit_discriminator(gan, shifted(200), **how)
        >>> fitted.scored(shifted(5)).score.shape
        TensorShape([5])
    """
    gan = _without_d(model, prior)
    real, kept = (
        small_nets.as_data(data, "data"),
        small_nets.as_data(held_out, "held_out"),
    )
    if real.shape[1:] != kept.shape[1:]:
        raise ValueError(
            f"data and held_out are alike, not {list(real.shape)} and "
            f"{list(kept.shape)}"
        )
    fake_seed, held_seed = seeds.split(seeds.as_seed(seed))
    make = lambda seed, n: tf.cast(
        gan.generator(gan.prior(n, seed), training=False), tf.float32
    )
    held_fake = np.concatenate(
        [
            make(seeds.fold_in(held_seed, i), min(ROWS, len(kept) - i)).numpy()
            for i in range(0, len(kept), ROWS)
        ]
    )
    if held_fake.shape[1:] != real.shape[1:]:
        raise ValueError(
            f"the generator gives {list(held_fake.shape[1:])} and the data are "
            f"{list(real.shape[1:])}: they need the same shape"
        )
    d = small_nets.classifier(discriminator, features, real, loss)
    fit = learning.fit(
        d,
        real,
        lambda i: make(seeds.fold_in(fake_seed, i), batch),
        (kept, held_fake),
        loss=loss,
        limits=(steps, patience, every),
        batch=batch,
        rate=rate,
        seed=seed,
        progress=progress,
    )
    told = (
        f"D was fitted by the {loss} loss: least on held-out data after {fit.steps} "
        f"steps, {fit.loss:.3f} (one that tells nothing has {fit.chance:.3f})"
    )
    return gan._replace(discriminator=d, assumed=(*gan.assumed, told))


def _without_d(model, prior):
    if isinstance(model, base.GAN):
        return model._replace(
            prior=prior or model.prior,
            objective=objectives.nsgan(),
            calibrator=None,
            batch_statistics=False,
        )
    if prior is None:
        raise ValueError(
            "a generator alone needs its prior, as prior=priors.normal(16)"
        )
    if not hasattr(model, "decode"):
        model = layered.LayeredModel([model])
    return base.GAN(model, None, prior, objectives.nsgan())
