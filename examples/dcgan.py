"""The DCGAN of TensorFlow's tutorial on Fashion-MNIST, and what its D is good for.

python examples/dcgan.py --steps=3000 --minutes=5
"""

import argparse

import keras
import tensorflow as tf

import tf_collab as tc

NOISE = 100


def generator(width: int) -> keras.Model:
    """z [n, 100] -> images [n, 28, 28, 1] in [-1, 1]."""
    net = [keras.Input((NOISE,)), keras.layers.Dense(49 * 4 * width, use_bias=False)]
    net += [keras.layers.BatchNormalization(), keras.layers.LeakyReLU()]
    net += [keras.layers.Reshape((7, 7, 4 * width))]
    for filters, strides in ((2 * width, 1), (width, 2)):
        up = {"strides": strides, "padding": "same", "use_bias": False}
        net += [keras.layers.Conv2DTranspose(filters, 5, **up)]
        net += [keras.layers.BatchNormalization(), keras.layers.LeakyReLU()]
    last = {"strides": 2, "padding": "same", "activation": "tanh", "use_bias": False}
    return keras.Sequential([*net, keras.layers.Conv2DTranspose(1, 5, **last)])


def discriminator(width: int) -> keras.Model:
    """Images -> logits [n, 1]."""
    net = [keras.Input((28, 28, 1))]
    for filters in (width, 2 * width):
        net += [keras.layers.Conv2D(filters, 5, strides=2, padding="same")]
        net += [keras.layers.LeakyReLU(), keras.layers.Dropout(0.3)]
    return keras.Sequential([*net, keras.layers.Flatten(), keras.layers.Dense(1)])


def train(g, d, images, steps: int, batch: int = 256) -> None:
    """The tutorial's loop: both nets learn from the same batch."""
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    learners = [(net, keras.optimizers.Adam(1e-4)) for net in (g, d)]

    @tf.function
    def step(real):
        with tf.GradientTape(persistent=True) as tape:
            fake = g(tf.random.normal([batch, NOISE]), training=True)
            of_real, of_fake = d(real, training=True), d(fake, training=True)
            g_loss = loss(tf.ones_like(of_fake), of_fake)
            d_loss = loss(tf.ones_like(of_real), of_real)
            d_loss += loss(tf.zeros_like(of_fake), of_fake)
        for (net, optimizer), value in zip(learners, (g_loss, d_loss)):
            weights = net.trainable_variables
            optimizer.apply(tape.gradient(value, weights), weights)

    data = tf.data.Dataset.from_tensor_slices(images).shuffle(60000).repeat()
    for real in data.batch(batch).take(steps):
        step(real)


def main(steps: int, minutes: float, width: int, seed: int, figure: str | None) -> None:
    keras.utils.set_random_seed(seed)
    images, tests = (tc.data.fashion_mnist(split=s) for s in ("train", "test"))
    x_train = tc.data.to_float(images.pixels).numpy()
    g, d = generator(width), discriminator(width)
    train(g, d, x_train, steps)

    test = (tests.pixels, tests.labels)
    c = tc.collaborate(g, d, (x_train, images.labels), held_out=test, objective="nsgan")
    print(c.tune(minutes=minutes).report())
    if figure:
        c.figure().savefig(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000, help="training steps")
    parser.add_argument("--minutes", type=float, default=5, help="minutes of tuning")
    parser.add_argument("--width", type=int, default=16, help="64 in the tutorial")
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    parser.add_argument("--figure", help="PNG file for samples before and after")
    main(**vars(parser.parse_args()))
