"""Keras layers shared by two models or more."""

import keras

__all__ = ["conv_block", "dense_block", "image", "normal", "normed", "score"]


def dense_block(
    units: int, *, batch_norm: bool, affine: bool = True, seed: int
) -> keras.Sequential:
    """Dense, batch-norm where asked for, ReLU."""
    init = keras.initializers.GlorotUniform(seed=seed)
    dense = keras.layers.Dense(units, kernel_initializer=init)
    relu = keras.layers.ReLU()
    return normed(dense, relu, batch_norm=batch_norm, affine=affine)


def conv_block(
    filters: int,
    kernel_size: int,
    activation: keras.layers.Layer,
    *,
    transposed: bool = False,
    batch_norm: bool,
    seed: int,
) -> keras.Sequential:
    """A convolution of stride 2, batch-norm where asked for, the activation.

    It halves the sides of an image, or doubles them if transposed. Weights are
    N(0, 0.02), cut at two sigma where not transposed, as in the authors' image code.
    """
    kind = keras.layers.Conv2DTranspose if transposed else keras.layers.Conv2D
    cut = keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)
    conv = kind(
        filters,
        kernel_size,
        strides=2,
        padding="same",
        use_bias=not batch_norm,  # batch-norm takes it off again
        kernel_initializer=normal(seed) if transposed else cut,
    )
    return normed(conv, activation, batch_norm=batch_norm)


def normed(
    *layers: keras.layers.Layer, batch_norm: bool = True, affine: bool = True
) -> keras.Sequential:
    """The layers, with batch-norm (decay 0.9, epsilon 1e-5) before the last of them."""
    norm = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, center=affine, scale=affine
    )
    *linear, activation = layers
    return keras.Sequential([*linear, *([norm] if batch_norm else []), activation])


def image(channels: int, kernel_size: int, *, seed: int) -> list[keras.layers.Layer]:
    """The last two stages of a G: to an image of twice the side, then tanh.

    They are float32 in mixed precision too, for bfloat16 would show in the pixels.
    """
    conv = keras.layers.Conv2DTranspose(
        channels,
        kernel_size,
        strides=2,
        padding="same",
        kernel_initializer=normal(seed),
        dtype="float32",
    )
    return [conv, keras.layers.Activation("tanh", dtype="float32")]


def score(*, seed: int) -> keras.Sequential:
    """The last stage of a D: one raw score per sample, in float32."""
    return keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_initializer=normal(seed), dtype="float32"),
            keras.layers.Reshape((), dtype="float32"),
        ]
    )


def normal(seed: int) -> keras.initializers.Initializer:
    """N(0, 0.02), as image nets begin."""
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)
