"""Small Keras nets as somebody may have them."""

import keras

__all__ = ["OwnChain", "chain", "classifier", "conditional_d", "conditional_g"]

Dense = keras.layers.Dense


def chain(latent=3, dim=2):
    """A generator of two activations, one a layer of its own."""
    return keras.Sequential(
        [
            keras.Input((latent,)),
            Dense(8, name="project"),
            keras.layers.LeakyReLU(name="leak"),
            keras.layers.BatchNormalization(),
            Dense(6, "tanh", name="bend"),
            Dense(dim),
        ]
    )


def classifier(dim=2, units=1, activation=None):
    return keras.Sequential(
        [keras.Input((dim,)), Dense(8, "relu"), Dense(units, activation)]
    )


class OwnChain(keras.Model):
    """A subclassed generator whose call is a chain of its layers."""

    def __init__(self, *, between=lambda h: h):
        super().__init__()
        self.first = Dense(8, "relu", name="first")
        self.block = keras.Sequential([Dense(5), keras.layers.ReLU(name="inner")])
        self.last = Dense(2, name="last")
        self.between = between

    def call(self, z, training=False):
        h = self.block(self.first(z), training=training)
        return self.last(self.between(h))


def conditional_g(*, label_first=False, one_hot=False, struct=list, late=False):
    """z [3] and one of four labels; `late` takes the label in once more, further on."""
    z = keras.Input((3,), name="noise")
    label = keras.Input((4,) if one_hot else (1,), name="digit")
    coded = label
    if not one_hot:
        coded = keras.layers.Flatten()(keras.layers.Embedding(4, 4)(label))
    h = keras.layers.Concatenate()([z, Dense(4, "relu", name="coded")(coded)])
    h = Dense(8, "relu", name="early")(h)
    if late:
        h = keras.layers.Concatenate()([h, Dense(3, "relu")(coded)])
    h = Dense(8, "relu", name="late")(h)
    inputs = [label, z] if label_first else [z, label]
    if struct is dict:
        inputs = {"noise": z, "digit": label}
    return keras.Model(inputs, Dense(2)(h))


def conditional_d(*, label_first=False, one_hot=False):
    x = keras.Input((2,), name="image")
    label = keras.Input((4,) if one_hot else (1,), name="digit")
    coded = label
    if not one_hot:
        coded = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(label))
    h = Dense(8, "relu")(keras.layers.Concatenate()([x, coded]))
    return keras.Model([label, x] if label_first else [x, label], Dense(1)(h))
