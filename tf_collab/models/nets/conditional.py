"""Stages that hand a label on, and a D that projects on it (Miyato & Koyama, 2018).

arXiv:1802.05637: the score is that of an unconditional D plus an inner product of the
label's own vector with D's last hidden layer, the form of log p(label | x) wherever a
softmax of that layer models it. A label that comes in at the end leaves the rest of D
as it is without labels, and D cannot fail to see it. G has the label in one-hot beside
z (Mirza & Osindero, 2014, arXiv:1411.1784).
"""

from collections.abc import Iterable

import keras

from tf_collab.models import handing
from tf_collab.models.coulomb import blocks

__all__ = ["beside_z", "on", "projected"]


def on(stages: Iterable[keras.layers.Layer]) -> list[handing.HandOn]:
    """Stages that take (h, label), look at h alone and give (what they made, label)."""
    return [handing.HandOn(stage, ("h",)) for stage in stages]


def beside_z(first: keras.layers.Layer, latent: int, classes: int) -> handing.HandOn:
    """The first stage of a G: (z [batch, latent], label [batch] int32) to its pair."""
    z, label = keras.Input((latent,)), keras.Input((), dtype="int32")
    one_hot = keras.layers.Embedding(
        classes, classes, embeddings_initializer="identity", trainable=False
    )(label)
    joined = keras.layers.Concatenate()([z, one_hot])
    return handing.HandOn(keras.Model([z, label], first(joined)), ("h", "label"))


def projected(
    score: keras.layers.Layer, units: int, classes: int, *, seed: int
) -> handing.HandOn:
    """The last stage of a D: (h [batch, units], label [batch] int32) to scores [batch].

    `score` makes the part that needs no label.
    """
    h, label = keras.Input((units,)), keras.Input((), dtype="int32")
    own = keras.layers.Embedding(
        classes, units, embeddings_initializer=blocks.normal(seed), dtype="float32"
    )(label)
    product = keras.layers.Dot(axes=1, dtype="float32")([h, own])
    product = keras.layers.Reshape((), dtype="float32")(product)
    both = keras.layers.Add(dtype="float32")([score(h), product])
    return handing.HandOn(keras.Model([h, label], both), ("h", "label"), on=False)
