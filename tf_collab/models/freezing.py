"""Makes a frozen model trainable again."""

import keras

__all__ = ["thaw"]


def thaw(model: keras.layers.Layer) -> keras.layers.Layer:
    """Makes all layers of a model trainable if none can learn; returns the model.

    Keras' usual GAN sets `trainable = False` on D, which is not meant for D itself, and
    saves it so. If any part of a model can learn, its frozen layers are taken to be
    frozen on purpose, like the trunk of a classifier, and stay frozen.
    """
    if not model.trainable_variables:
        for layer in model._flatten_layers():  # a model's own setter misses tuples
            layer.trainable = True
    return model
