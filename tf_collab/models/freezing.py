"""Making a frozen model learn again."""

import keras

__all__ = ["thaw"]


def thaw(model: keras.layers.Layer) -> keras.layers.Layer:
    """A model frozen as a whole is made trainable, all of its layers; gives it back.

    Keras' usual GAN sets `trainable = False` on D before it is saved, which nobody
    means for D itself. Where a part can learn, what is frozen is taken for meant, as
    the trunk of a classifier is, and stays.
    """
    if not model.trainable_variables:
        for layer in model._flatten_layers():  # a model's own setter misses tuples
            layer.trainable = True
    return model
