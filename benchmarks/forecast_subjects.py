"""The GANs whose forecasts are looked at, trained in seconds or minutes."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import classifying
from tf_collab.front.rows import Rows

DRAWN = 4000  # reals that judge in the end
PLANE = 1500  # steps of training, of GANs in the plane
LABELLED = 6000  # images of training, of which the judge learns
# Of the Ds that learn by heart or not: reals, steps, coordinates.
BY_HEART, D_STEPS, WIDE = 500, 1500, 10
PARTS = ((11, 1000), (12, DRAWN), (13, DRAWN))  # seeds and numbers of reals


class Subject(NamedTuple):
    """A trained GAN with reals that it has not seen."""

    gan: tc.GAN
    held_out: Any
    features: Callable | None  # of a judge of images
    fresh: Any  # reals that judge in the end
    train: Rows  # by which the judge is made
    good: Callable | None = None


def in_the_plane(
    target: tc.data.Mixture, gan: tc.GAN, seed: int, steps: int = PLANE, **how: Any
) -> Subject:
    """Both nets learn by Adam."""
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    step = tc.training.train_step(gan, *adams, xla=False, **how)
    at = lambda i: target.batch(256, tc.seeds.fold_in((seed, 1), i))
    tc.training.run(step, at, steps, seed=seed, every=steps)
    return of_target(target, gan)


def of_target(target, gan) -> Subject:
    centres = target.centres.astype("f4")
    parts = (shuffled(target.batch(n, tc.seeds.as_seed(i)), i) for i, n in PARTS)
    held_out, fresh, train = parts

    def good(x):
        near = np.linalg.norm(x[:, None] - centres, axis=2).min(axis=1)
        return near < 4 * target.std

    return Subject(gan, held_out, None, fresh, Rows(train, None, ()), good)


def shuffled(x, seed):
    return np.random.default_rng(seed).permutation(x.numpy())


def ring(seed: int) -> Subject:
    """Eight modes of which two are heavy, by cross-entropy."""
    g, d = tc.models.MLPGenerator(64, 3), tc.models.MLPDiscriminator(64, 3)
    gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
    return in_the_plane(tc.data.imbalanced_ring(scale=1.0), gan, seed)


def grid(seed: int) -> Subject:
    """25 modes, by cross-entropy."""
    g, d = tc.models.MLPGenerator(64, 3), tc.models.MLPDiscriminator(64, 3)
    gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
    return in_the_plane(tc.data.grid(scale=0.5), gan, seed)


def critic(seed: int) -> Subject:
    """Eight modes, by a critic with a gradient penalty, which gives no ratio."""
    g, d = tc.models.MLPGenerator(64, 3), tc.models.MLPDiscriminator(64, 3)
    gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.wgan_gp())
    return in_the_plane(tc.data.ring(scale=1.0), gan, seed)


def coulomb(seed: int) -> Subject:
    """25 modes, by a Coulomb GAN, whose potential is not a ratio."""
    g, d = tc.models.MLPGenerator(64, 3), tc.models.MLPDiscriminator(64, 3)
    learned = tc.objectives.coulomb(epsilon=0.3)
    gan = tc.GAN(g, d, tc.priors.uniform(2), learned)
    return in_the_plane(tc.data.grid(scale=0.5), gan, seed, simultaneous=True)


def keras_images(name: str) -> Callable[[int], Subject]:
    """A GAN of the gallery in Keras."""

    def made(seed: int) -> Subject:
        from examples.gallery import loops, nets

        data, how = images()
        ours = {
            "lsgan": (nets.dense, loops.least_squares, "lsgan"),
            "hinge": (None, loops.hinge, "hinge"),
        }
        make, losses, objective = ours[name]
        if make is None:
            g, d = nets.upsampling(how.width), nets.with_spectral_norm(how.width)
        else:
            g, d = make(how.width)
        loops.train(g, d, data.train[0], losses, how)
        return of_images(tc.from_keras(g, d, objective=objective), data)

    return made


def torch_dcgan(seed: int) -> Subject:
    """PyTorch's tutorial."""
    import torch

    from examples.gallery import torch_nets

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    data, how = images()
    g, d = torch_nets.nets(how.width)
    torch_nets.train(g, d, np.moveaxis(data.train[0], -1, 1), how)
    prior = tc.priors.normal(torch_nets.LATENT)
    return of_images(tc.from_torch(g, d, prior=prior, objective="nsgan"), data)


def images():
    from examples.gallery import shared

    return shared.fashion_mnist(), shared.SIZES


def of_images(gan: tc.GAN, data) -> Subject:
    pixels, labels = (part[:LABELLED] for part in data.train)
    net = classifying.train_classifier(pixels, labels, epochs=3)
    look = tc.metrics.as_classifier(net).features
    train = Rows(pixels, None, ())
    return Subject(gan, data.held_out[0][:1000], look, data.fresh[0][:DRAWN], train)


GANS = {
    "ring": ring,
    "grid": grid,
    "critic": critic,
    "coulomb": coulomb,
    "lsgan": keras_images("lsgan"),
    "hinge": keras_images("hinge"),
    "torch_dcgan": torch_dcgan,
}


def by_heart(seed: int) -> Iterator[tuple[str, tc.GAN, np.ndarray]]:
    """One weak G with two Ds, of ever new reals and of 500: name, GAN, held-out reals.

    Samples have ten coordinates: a ring of modes in two of them, and noise.
    """
    gan, own_batch = weak_gan(), lambda n, k: wide(n, tc.seeds.fold_in((seed, k), 0))
    held_out = shuffled(own_batch(1000, 1), seed)
    few = tc.data.batches(own_batch(BY_HEART, 2).numpy(), 256, seed=seed)
    ever_new = lambda i: wide(256, tc.seeds.fold_in((seed, 3), i))
    for name, batch_at in (("good", ever_new), ("by heart", few)):
        d = tc.models.MLPDiscriminator(64, 3, dim=WIDE, seed=seed)
        own = gan._replace(discriminator=d)
        lessons = tc.sampling.direct(own)
        adam = keras.optimizers.Adam(1e-3)
        step = tc.training.tune_step(own, lessons, adam, xla=False)
        tc.training.run(step, batch_at, D_STEPS, seed=seed)
        yield name, own, held_out


def wide(n: int, seed: tf.Tensor) -> tf.Tensor:
    first, last = tc.seeds.split(seed)
    ring = tc.data.ring(scale=2.0)._replace(std=0.3).batch(n, first)
    noise = 0.5 * tf.random.stateless_normal([n, WIDE - 2], last)
    return tf.concat([ring, noise], axis=1)


@functools.cache
def weak_gan() -> tc.GAN:
    g = tc.models.MLPGenerator(64, 3, latent=WIDE, dim=WIDE)
    d = tc.models.MLPDiscriminator(64, 3, dim=WIDE)
    gan = tc.GAN(g, d, tc.priors.normal(WIDE), tc.objectives.nsgan())
    adams = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
    at = lambda i: wide(256, tc.seeds.fold_in((0, 9), i))
    tc.training.run(tc.training.train_step(gan, *adams, xla=False), at, 300, seed=0)
    return gan
