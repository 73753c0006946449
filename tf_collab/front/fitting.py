"""A discriminator for a generator that has none.

A classifier between data and fresh samples of a frozen G, stopped by its loss on data
held out, or a density ratio by the softplus loss (Ding et al., 2020, arXiv:2001.09331).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base, cpu, objectives, seeds
from tf_collab.front import labels, learning, net_checks, nets, parts, small_nets
from tf_collab.models import layered

__all__ = ["fit_discriminator"]

ROWS = 512  # of held-out samples that are made at once


def fit_discriminator(
    model: base.GAN | Any,
    data: Any,
    *,
    held_out: Any,
    prior: base.LatentDraw | None = None,
    at: Sequence[str | int] | None = None,
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

    `model` is a GAN, of which G and prior are taken, or a generator, which is cut as
    `from_keras` cuts it, or `at` its layers of these names or numbers. D learns from
    `data` [rows, *data] against fresh samples, by Adam, and is the one of the least
    loss on `held_out`, looked at after `every` steps: after `patience` looks without a
    fall it stops. Without a `discriminator` it is a small net by the shape of the data,
    or of `features(x)` [rows, features], which are not trained: do not guide by the
    features of the metric that is to judge. Where G hands labels on, data are (x,
    label): `features` are of x alone, and the small net projects on the label.

    `loss` is "logistic", or "softplus" for the ratio itself, which may err less where
    few samples overlap. `progress(steps done, steps)` is called at each look; where D
    stops before, `steps` is what was done. Warns (`Doubt`) where D is at chance.

    Examples:
        >>> shifted = lambda n: 3 + np.random.default_rng(n).normal(size=[n, 2])
        >>> how = dict(held_out=shifted(100), steps=100, every=20)
        >>> fitted = tc.fit_discriminator(gan, shifted(200), **how)
        >>> fitted.scored(shifted(5)).score.shape
        TensorShape([5])
    """
    gan = _without_d(model, prior, at)
    real, kept = (
        small_nets.as_samples(data, "data"),
        small_nets.as_samples(held_out, "held_out"),
    )
    if _shapes(real) != _shapes(kept):
        raise ValueError(
            f"data and held_out are alike, not {_shapes(real)} and {_shapes(kept)}"
        )
    fake_seed, held_seed = seeds.split(seeds.as_seed(seed))

    def make(z: Any) -> Any:
        wide = lambda v: tf.cast(v, tf.float32) if v.dtype.is_floating else v
        return tf.nest.map_structure(wide, gan.generator(z, training=False))

    rows = len(tf.nest.flatten(kept)[0])
    made = [
        make(gan.prior(min(ROWS, rows - i), seeds.fold_in(held_seed, i)))
        for i in range(0, rows, ROWS)
    ]
    held_fake = tf.nest.map_structure(lambda *v: np.concatenate(v), *made)
    if _shapes(held_fake) != _shapes(real):
        raise ValueError(
            f"the generator gives {_shapes(held_fake)} and the data are "
            f"{_shapes(real)}: they need the same shape"
        )
    classes = None
    if isinstance(real, tuple):
        like = held_fake[1].dtype
        real, kept = ((x, label.astype(like)) for x, label in (real, kept))
        found = [labels.beside(x) for x in (real, kept, held_fake)]
        classes = 1 + max(int(label.max()) for label in found if label is not None)
    d = small_nets.classifier(discriminator, features, real, loss, classes)
    # A function may do what no graph can. z is drawn outside, the same everywhere.
    own = isinstance(model, (base.GAN, keras.layers.Layer))
    generate = cpu.graph(make) if own else make
    fit = learning.fit(
        d,
        real,
        lambda i: generate(gan.prior(batch, seeds.fold_in(fake_seed, i))),
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


def _without_d(model, prior, at):
    if isinstance(model, base.GAN):
        if at is not None:
            raise ValueError("the generator of this GAN is cut already: leave at out")
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
    z = parts.drawn(prior)
    hold = () if labels.beside(z) is None else (1,)
    if hasattr(model, "decode"):  # it has layers of its own
        if at is not None:
            raise ValueError("the generator is in stages already: leave at out")
        return base.GAN(model, None, prior, objectives.nsgan(), hold=hold)
    if not isinstance(model, keras.layers.Layer):  # a function
        model = layered.LayeredModel([model])
    if not isinstance(model, layered.LayeredModel):
        net_checks.check_net(model, "generator")
    g, told, _ = nets.generator_of(model, None, z, at)
    return base.GAN(g, None, prior, objectives.nsgan(), hold=hold, assumed=tuple(told))


def _shapes(x):
    """Of a sample, or of it and its label."""
    shapes = [list(leaf.shape[1:]) for leaf in tf.nest.flatten(x)]
    return shapes if tf.nest.is_nested(x) else shapes[0]
