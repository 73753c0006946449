"""Keras layers that several models share."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from tf_collab.cpu import convolutions, normalization

__all__ = [
    "conv_block",
    "convolution",
    "cut_normal",
    "dense_block",
    "image",
    "norm",
    "normal",
    "normed",
    "point_score",
    "relu_scaled",
    "residual",
    "score",
    "tanh",
]

ACTIVATIONS = {"relu": keras.layers.ReLU, "elu": keras.layers.ELU}
# TensorFlow's own defaults of batch-norm, in nets of Coulomb GANs that use them.
SLOW: dict[str, Any] = {"decay": 0.99, "epsilon": 1e-3}


def normal(seed: int) -> keras.initializers.Initializer:
    """Weights from N(0, 0.02), for image nets; 0.02 is the standard deviation."""
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def cut_normal(seed: int) -> keras.initializers.Initializer:
    """Weights from N(0, 0.02), drawn again if they are beyond two sigma."""
    return keras.initializers.TruncatedNormal(stddev=0.02, seed=seed)


def relu_scaled(seed: int) -> keras.initializers.Initializer:
    """Normal weights with twice Glorot's variance, because a ReLU halves it."""
    return keras.initializers.VarianceScaling(2.0, mode="fan_avg", seed=seed)


def dense_block(
    units: int,
    *,
    batch_norm: bool,
    activation: str = "relu",
    seed: int,
    **statistics: Any,
) -> keras.Sequential:
    """A dense layer, batch-norm if `batch_norm`, and "relu" or "elu".

    `statistics` are options of batch-norm, see `normed`. Raises ValueError if
    `activation` is unknown.
    """
    if activation not in ACTIVATIONS:
        known = " or ".join(map(repr, ACTIVATIONS))
        raise ValueError(f"activation is {known}, not {activation!r}")
    init = keras.initializers.GlorotUniform(seed=seed)
    dense = keras.layers.Dense(units, kernel_initializer=init)
    act = ACTIVATIONS[activation]()
    return normed(dense, act, batch_norm=batch_norm, **statistics)


def convolution(
    filters: int,
    kernel_size: int,
    *,
    kind: type[keras.layers.Layer] = convolutions.Conv2D,
    init: Callable = keras.initializers.GlorotUniform,
    l2: float = 0.0,
    seed: int,
    **options: Any,
) -> keras.layers.Layer:
    """A convolution, with padding "same" by default and the penalty l2 / 2 * |w|^2.

    Raises ValueError if `l2` is below 0.
    """
    if l2 < 0:
        raise ValueError(f"l2 weighs a penalty, so it is 0 or more, not {l2}")
    return kind(
        filters,
        kernel_size,
        kernel_initializer=init(seed=seed),
        kernel_regularizer=keras.regularizers.L2(l2 / 2) if l2 else None,
        data_format="channels_last",  # whatever Keras is set to
        **{"padding": "same"} | options,
    )


def conv_block(
    filters: int,
    kernel_size: int,
    activation: keras.layers.Layer,
    *,
    transposed: bool = False,
    batch_norm: bool,
    init: Callable | None = None,
    l2: float = 0.0,
    seed: int,
    **statistics: Any,
) -> keras.Sequential:
    """A convolution of stride 2, batch-norm if `batch_norm`, and an activation.

    The block halves the sides of an image, or doubles them if `transposed`. Without
    `init` weights are N(0, 0.02), cut at two sigma unless transposed, as in the image
    code of the authors of collaborative sampling. `statistics` are options of
    batch-norm, see `normed`. Raises ValueError if `l2` is below 0.
    """
    conv = convolution(
        filters,
        kernel_size,
        kind=convolutions.Conv2DTranspose if transposed else convolutions.Conv2D,
        init=init or (normal if transposed else cut_normal),
        strides=2,
        use_bias=not batch_norm,  # batch-norm would subtract the bias again
        l2=l2,
        seed=seed,
    )
    return normed(conv, activation, batch_norm=batch_norm, **statistics)


def norm(
    *,
    decay: float = 0.9,
    epsilon: float = 1e-5,
    center: bool = True,
    scale: bool = True,
) -> keras.layers.Layer:
    """Batch-norm of each channel; `decay` is the share of moving averages kept."""
    return normalization.BatchNormalization(
        momentum=decay, epsilon=epsilon, center=center, scale=scale
    )


def normed(
    *layers: keras.layers.Layer,
    batch_norm: bool = True,
    affine: bool = True,
    decay: float = 0.9,
    epsilon: float = 1e-5,
) -> keras.Sequential:
    """The layers in a row, with batch-norm before the last one.

    `affine` is whether batch-norm has scale and shift, `decay` the share of its moving
    averages that a step keeps.
    """
    *linear, activation = layers
    if batch_norm:
        linear.append(norm(decay=decay, epsilon=epsilon, center=affine, scale=affine))
    return keras.Sequential([*linear, activation])


def residual(
    shape: Sequence[int],
    branch: Sequence[keras.layers.Layer],
    shortcut: Sequence[keras.layers.Layer] = (),
) -> keras.Model:
    """The sum of two chains of layers; a chain without layers is the input itself.

    `shape` is that of one sample.
    """
    x = keras.Input(tuple(shape))
    ends = [x, x]
    for i, chain in enumerate((branch, shortcut)):
        for layer in chain:
            ends[i] = layer(ends[i])
    return keras.Model(x, keras.layers.Add()(ends))


def image(channels: int, kernel_size: int, *, seed: int) -> list[keras.layers.Layer]:
    """The last two stages of a G: an image of twice the side, and tanh of it.

    They are float32 in mixed precision too, because bfloat16 is visible in an image.
    """
    conv = convolution(
        channels,
        kernel_size,
        kind=convolutions.Conv2DTranspose,
        init=normal,
        strides=2,
        seed=seed,
        dtype="float32",
    )
    return [conv, keras.layers.Activation("tanh", dtype="float32")]


def tanh(*, scaled: bool) -> keras.layers.Layer:
    """tanh, or if `scaled` 1.7159 tanh(2x / 3), which maps -1 and 1 to themselves.

    Both are in float32. (LeCun et al., 1998, Efficient BackProp: a target of 1 is then
    not at infinity.)
    """
    act = keras.layers.Activation("tanh", dtype="float32")
    if not scaled:
        return act
    before, after = (
        keras.layers.Rescaling(factor, dtype="float32") for factor in (2 / 3, 1.7159)
    )
    return keras.Sequential([before, act, after])


def score(*, init: Callable = normal, seed: int) -> keras.Sequential:
    """The last stage of a D: h [batch, ...] to raw scores [batch], in float32."""
    flat = keras.layers.Flatten(data_format="channels_last")
    return keras.Sequential([flat, *_raw_score(init(seed=seed))])


def point_score(init: keras.initializers.Initializer) -> keras.Sequential:
    """The last stage of a D of points: h [batch, units] to raw scores [batch]."""
    return keras.Sequential(_raw_score(init))


def _raw_score(init: keras.initializers.Initializer) -> list[keras.layers.Layer]:
    return [
        keras.layers.Dense(1, kernel_initializer=init, dtype="float32"),
        keras.layers.Reshape((), dtype="float32"),
    ]
