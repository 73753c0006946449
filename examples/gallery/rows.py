"""The eight rows: a GAN as its user has it, trained, then given to `collaborate`.

What is below the empty line of each function is what its user writes.
"""

import inspect
import textwrap

import numpy as np
import tensorflow as tf

import tf_collab as tc
from examples import dcgan
from examples.gallery import gradient_penalty, loops, nets
from examples.gallery.shared import Data, Sizes

__all__ = ["GANS", "handed_over"]


def keras_dcgan(data: Data, size: Sizes) -> tc.Collaboration:
    """TensorFlow's tutorial, as in examples/dcgan.py."""
    g, d = dcgan.generator(size.width), dcgan.discriminator(size.width)
    dcgan.train(g, d, data.train[0], size.steps, size.batch)

    return tc.collaborate(g, d, data.train, held_out=data.held_out, objective="nsgan")


def torch_dcgan(data: Data, size: Sizes) -> tc.Collaboration:
    """PyTorch's tutorial: D ends in a sigmoid, and images have channels first."""
    from examples.gallery import torch_nets

    g, d = torch_nets.nets(size.width)
    images = np.moveaxis(data.train[0], -1, 1)
    torch_nets.train(g, d, images, size)

    prior = tc.priors.normal(torch_nets.LATENT)
    gan = tc.from_torch(g, d, prior=prior, objective="nsgan")
    return tc.collaborate(gan, data.train, held_out=data.held_out)


def wgan_gp(data: Data, size: Sizes) -> tc.Collaboration:
    """A subclassed keras.Model with a gradient penalty in its `train_step`."""
    g, critic = nets.upsampling(size.width), nets.critic(size.width)
    half = size._replace(steps=-(-size.steps // 2))  # each has three of the critic
    gradient_penalty.train(g, critic, data.train[0], half)

    return tc.collaborate(
        g, critic, data.train, held_out=data.held_out, objective="wgan_gp"
    )


def conditional(data: Data, size: Sizes) -> tc.Collaboration:
    """G takes [z, label], and D [image, label]."""
    g, d = nets.labelled(size.width)
    images, labels = data.train
    loops.train(g, d, images, loops.logistic, size, labels=labels)

    prior = tc.priors.labelled(tc.priors.normal(nets.LATENT), nets.CLASSES)
    return tc.collaborate(
        g, d, data.train, held_out=data.held_out, prior=prior, objective="nsgan"
    )


def lsgan(data: Data, size: Sizes) -> tc.Collaboration:
    """Dense nets and least squares."""
    g, d = nets.dense(size.width)
    loops.train(g, d, data.train[0], loops.least_squares, size)

    return tc.collaborate(g, d, data.train, held_out=data.held_out, objective="lsgan")


def sigmoid_bn(data: Data, size: Sizes) -> tc.Collaboration:
    """D has batch-norm and gives probabilities; z is uniform, as in the first DCGAN."""
    g, d = nets.deconvolutions(size.width), nets.with_sigmoid_and_norm(size.width)
    uniform = lambda shape: tf.random.uniform(shape, -1, 1)
    loops.train(g, d, data.train[0], loops.of_probabilities, size, draw=uniform)

    prior = tc.priors.uniform(nets.LATENT)
    return tc.collaborate(
        g, d, data.train, held_out=data.held_out, prior=prior, objective="nsgan"
    )


def hinge(data: Data, size: Sizes) -> tc.Collaboration:
    """D's kernels are normalized by their spectrum."""
    g, d = nets.upsampling(size.width), nets.with_spectral_norm(size.width)
    loops.train(g, d, data.train[0], loops.hinge, size)

    return tc.collaborate(g, d, data.train, held_out=data.held_out, objective="hinge")


def no_d(data: Data, size: Sizes) -> tc.Collaboration:
    """A generator whose D was thrown away: another is fitted to what it makes."""
    g = nets.deconvolutions(size.width)
    loops.train(g, nets.critic(size.width), data.train[0], loops.logistic, size)

    images, kept = np.split(data.train[0], [len(data.train[0]) * 9 // 10])
    prior = tc.priors.normal(nets.LATENT)
    gan = tc.fit_discriminator(g, images, held_out=kept, prior=prior, steps=size.steps)
    return tc.collaborate(gan, data.train, held_out=data.held_out)


rows = (keras_dcgan, torch_dcgan, wgan_gp, conditional, lsgan, sigmoid_bn, hinge, no_d)
GANS = {row.__name__: row for row in rows}


def handed_over(gan: str) -> str:
    """The lines that hand a trained GAN over, as a page shows them."""
    lines = inspect.getsource(GANS[gan]).rpartition("\n\n")[2]
    return textwrap.dedent(lines).replace("return ", "c = ")
