"""Nets of 28x28 images in plain Keras, each in the manner of its kind of GAN."""

import functools

import keras

LATENT = 64
CLASSES = 10

conv = functools.partial(keras.layers.Conv2D, padding="same")


def deconvolutions(width: int) -> keras.Model:
    """z [n, 64] -> images [n, 28, 28, 1], upwards by transposed convolutions."""
    z = keras.Input((LATENT,))
    return keras.Model(z, _upwards(z, width))


def upsampling(width: int) -> keras.Model:
    """The same, by nearest neighbours with a convolution behind them."""
    net = [keras.Input((LATENT,)), keras.layers.Dense(49 * 4 * width, use_bias=False)]
    net += [keras.layers.BatchNormalization(), keras.layers.LeakyReLU(0.2)]
    net += [keras.layers.Reshape((7, 7, 4 * width))]
    for filters in (2 * width, width):
        net += [keras.layers.UpSampling2D(), conv(filters, 3, use_bias=False)]
        net += [keras.layers.BatchNormalization(), keras.layers.LeakyReLU(0.2)]
    return keras.Sequential([*net, conv(1, 3, activation="tanh")])


def dense(width: int) -> tuple[keras.Model, keras.Model]:
    """G and D without a convolution, as many a first GAN is made."""
    g, d = [keras.Input((LATENT,))], [keras.Input((28, 28, 1)), keras.layers.Flatten()]
    for units in (8 * width, 16 * width, 32 * width):
        g += [keras.layers.Dense(units), keras.layers.LeakyReLU(0.2)]
        g += [keras.layers.BatchNormalization(momentum=0.8)]
    g += [keras.layers.Dense(784, "tanh"), keras.layers.Reshape((28, 28, 1))]
    for units in (32 * width, 16 * width):
        d += [keras.layers.Dense(units), keras.layers.LeakyReLU(0.2)]
    return keras.Sequential(g), keras.Sequential([*d, keras.layers.Dense(1)])


def labelled(width: int) -> tuple[keras.Model, keras.Model]:
    """G of [z, label] and D of [image, label]; a label [n] of int32 is embedded."""
    z, x = keras.Input((LATENT,)), keras.Input((28, 28, 1))
    label = keras.Input((), dtype="int32", name="label")
    embedded = keras.layers.Embedding(CLASSES, 16)(label)
    g = _upwards(keras.layers.Concatenate()([z, embedded]), width)
    embedded = keras.layers.Embedding(CLASSES, 16)(label)
    plane = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784)(embedded))
    h = keras.layers.Concatenate()([x, plane])
    for filters in (width, 2 * width):
        h = keras.layers.LeakyReLU(0.2)(conv(filters, 5, strides=2)(h))
    score = keras.layers.Dense(1)(keras.layers.Flatten()(h))
    return keras.Model([z, label], g), keras.Model([x, label], score)


def critic(width: int) -> keras.Model:
    """Images -> scores [n, 1]; nothing in it looks across the batch."""
    return _downwards(width)


def with_sigmoid_and_norm(width: int) -> keras.Model:
    """Images -> probabilities [n, 1], with batch-norm before the second activation."""
    norms = [[], [keras.layers.BatchNormalization()]]
    return _downwards(width, norms=norms, activation="sigmoid")


def with_spectral_norm(width: int) -> keras.Model:
    """Images -> scores [n, 1] by kernels of spectral norm 1 (Miyato et al., 2018)."""
    return _downwards(width, around=keras.layers.SpectralNormalization)


def _upwards(z, width):
    h = keras.layers.Dense(49 * 4 * width, use_bias=False)(z)
    h = keras.layers.Reshape((7, 7, 4 * width))(h)
    for filters in (2 * width, 1):
        h = keras.layers.ReLU()(keras.layers.BatchNormalization()(h))
        up = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same")
        h = up(h)
    return keras.layers.Activation("tanh")(h)


def _downwards(width, *, norms=((), ()), around=lambda layer: layer, activation=None):
    net = [keras.Input((28, 28, 1))]
    for filters, norm in zip((width, 2 * width), norms):
        net += [around(conv(filters, 5, strides=2)), *norm, keras.layers.LeakyReLU(0.2)]
    last = around(keras.layers.Dense(1))
    net += [keras.layers.Flatten(), last]
    if activation:
        net += [keras.layers.Activation(activation)]
    return keras.Sequential(net)
