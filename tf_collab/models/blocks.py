"""Keras layers shared by two models or more."""

import keras

__all__ = ["dense_block"]


def dense_block(
    units: int, *, batch_norm: bool, affine: bool = True, seed: int
) -> keras.Sequential:
    """Dense, batch-norm where asked for (decay 0.9, epsilon 1e-5), ReLU."""
    init = keras.initializers.GlorotUniform(seed=seed)
    norm = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, center=affine, scale=affine
    )
    dense = keras.layers.Dense(units, kernel_initializer=init)
    between = [norm] if batch_norm else []
    return keras.Sequential([dense, *between, keras.layers.ReLU()])
