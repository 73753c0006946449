"""Every public factory, once: the laws in this folder hold for each row.

Rows are `name` or `name, variant`; the name is the factory's.
"""

import numpy as np
import tensorflow as tf
from helpers import oracles

from tf_collab import models, objectives, policies, sampling

GAN = oracles.skewed_gan()

POLICIES = {
    "sgd": policies.sgd(0.1),
    "momentum": policies.momentum(0.05),
    "adam": policies.adam(0.1),
    "ladam": policies.ladam(0.1),
}

OBJECTIVES = {
    "coulomb": objectives.coulomb(),
    "coulomb, smoothed": objectives.coulomb(
        dimension=5,
        epsilon=lambda step: 2.0 - 0.1 * step,
        loss="l1",
        self_term="keep",
        sigma=0.1,
    ),
    "hinge": objectives.hinge(),
    "kale": objectives.kale(),
    "lsgan": objectives.lsgan(),
    "nsgan": objectives.nsgan(),
    "relativistic": objectives.relativistic(),
    "wgan_gp": objectives.wgan_gp(),
}


def scoring(d, seed):
    """The same D, whose last layer no longer begins at 0."""
    kernel = d.stages[-1].layers[0].kernel
    kernel.assign(np.random.default_rng(seed).normal(size=kernel.shape))
    return d


def _refine(**options):
    return sampling.refine(GAN, policies.adam(0.1), steps=2, xla=False, **options)


PROPOSERS = {
    "direct": sampling.direct(GAN),
    "refine": _refine(layer=1),
    "refine, random": _refine(layer=0, pick="random"),
    "refine, stop": _refine(layer=3, pick="last", stop=0.6),
    "ddls": sampling.ddls(GAN, rate=0.01, steps=2),
    "dgflow": sampling.dgflow(GAN, divergence="js", steps=2),
    "dot": sampling.dot(GAN, slope=0.5, steps=2),
    "dot, data": sampling.dot(GAN, slope=0.5, space="data", steps=2),
    "ex2": sampling.ex2(GAN, particles=3, local=2, steps=3, warm_up=2),
    "hmc": sampling.hmc(GAN, leaps=2, steps=1, warm_up=1),
    "smc": sampling.smc(GAN, temperatures=2, moves=1, warm_up=1),
    "mala": sampling.mala(GAN, steps=2, warm_up=2),
}

ACCEPTORS = {
    "always": sampling.always(),
    "drs": sampling.drs(GAN, burn_in=32, percentile=50),
    "drs, per batch": sampling.drs(GAN, burn_in=32, per_batch=True),
    "mhgan": sampling.mhgan(GAN, thin=2),
    "mhgan, restart": sampling.mhgan(GAN, thin=2, restart=True),
    "obrs": sampling.obrs(GAN, budget=2, burn_in=32),
    "sir": sampling.sir(GAN, pool=3),
    "isir": sampling.isir(GAN, particles=4),
}

# Name -> (a new net with other weights for another seed, shape of one input). Of 0.15
# times the channels one convolution is large enough for the way of `cpu.convolutions`.
GENERATORS = {
    "BEGANGenerator": (
        lambda seed: models.BEGANGenerator((8, 8, 2), latent=5, width=0.05, seed=seed),
        [5],
    ),
    "DCGAN4Generator": (
        lambda seed: models.DCGAN4Generator((8, 8, 2), latent=5, width=0.05, seed=seed),
        [5],
    ),
    "DCGANGenerator": (
        lambda seed: models.DCGANGenerator(32, width=0.15, seed=seed),
        [100],
    ),
    "MLPGenerator": (lambda seed: models.MLPGenerator(6, 3, seed=seed), [2]),
    "MLPGenerator, not affine": (
        lambda seed: models.MLPGenerator(6, 3, latent=4, affine=False, seed=seed),
        [4],
    ),
    "NSGAN28Generator": (
        lambda seed: models.NSGAN28Generator(width=0.1, seed=seed),
        [62],
    ),
    "PyramidGenerator": (
        lambda seed: models.PyramidGenerator(
            (16, 16, 2), latent=5, width=0.02, seed=seed
        ),
        [5],
    ),
    "ResNetGenerator": (
        lambda seed: models.ResNetGenerator((8, 8, 2), latent=5, width=0.05, seed=seed),
        [5],
    ),
    "TextGenerator": (
        lambda seed: models.TextGenerator((4, 6), latent=5, width=0.02, seed=seed),
        [5],
    ),
}
DISCRIMINATORS = {
    "BEGANDiscriminator": (
        lambda seed: models.BEGANDiscriminator((8, 8, 2), width=0.05, seed=seed),
        [8, 8, 2],
    ),
    "DCGAN4Discriminator": (
        lambda seed: models.DCGAN4Discriminator((8, 8, 2), width=0.1, seed=seed),
        [8, 8, 2],
    ),
    "DCGAN4Discriminator, no batch-norm": (
        lambda seed: models.DCGAN4Discriminator(
            (8, 8, 2), width=0.1, batch_norm=False, seed=seed
        ),
        [8, 8, 2],
    ),
    "DCGANDiscriminator": (
        lambda seed: models.DCGANDiscriminator(32, width=0.15, seed=seed),
        [32, 32, 3],
    ),
    "FourierDiscriminator": (
        lambda seed: scoring(models.FourierDiscriminator(6, 4, seed=seed), seed),
        [2],
    ),
    "MLPDiscriminator": (lambda seed: models.MLPDiscriminator(6, 3, seed=seed), [2]),
    "NSGAN28Discriminator": (
        lambda seed: models.NSGAN28Discriminator(width=0.1, seed=seed),
        [28, 28, 1],
    ),
    "NSGAN28Discriminator, no batch-norm": (
        lambda seed: models.NSGAN28Discriminator(
            width=0.1, batch_norm=False, seed=seed
        ),
        [28, 28, 1],
    ),
    "PyramidDiscriminator": (
        lambda seed: models.PyramidDiscriminator((8, 8, 2), width=0.1, seed=seed),
        [8, 8, 2],
    ),
    "PyramidDiscriminator, no batch-norm": (
        lambda seed: models.PyramidDiscriminator(
            (8, 8, 2), width=0.1, batch_norm=False, seed=seed
        ),
        [8, 8, 2],
    ),
    "ResNetDiscriminator": (
        lambda seed: models.ResNetDiscriminator((8, 8, 2), width=0.1, seed=seed),
        [8, 8, 2],
    ),
    "ResNetDiscriminator, no batch-norm": (
        lambda seed: models.ResNetDiscriminator(
            (8, 8, 2), width=0.1, batch_norm=False, seed=seed
        ),
        [8, 8, 2],
    ),
    "TextDiscriminator": (
        lambda seed: models.TextDiscriminator((4, 6), width=0.02, seed=seed),
        [4, 6],
    ),
}


def inputs(shape, n=8, seed=0):
    return tf.random.stateless_normal([n, *shape], [0, seed])
