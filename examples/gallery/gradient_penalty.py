"""A Wasserstein GAN with gradient penalty (Gulrajani et al., 2017) as a Keras model."""

import keras
import tensorflow as tf

from examples.gallery.nets import LATENT
from examples.gallery.shared import Sizes

PENALTY = 10.0


class WganGp(keras.Model):
    """Trained by `compile` and `fit`, with a `train_step` of its own."""

    def __init__(self, generator: keras.Model, critic: keras.Model, lessons: int = 3):
        super().__init__()
        self.generator, self.critic, self.lessons = generator, critic, lessons
        self.g_optimizer, self.c_optimizer = (
            keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9) for _ in range(2)
        )

    def train_step(self, real):
        """So many steps of the critic, then one of the generator."""
        for _ in range(self.lessons):
            fake = self.generator(self._latents(real), training=True)
            with tf.GradientTape() as tape:
                gap = self._score(fake) - self._score(real)
                c_loss = gap + PENALTY * self._penalty(real, fake)
            self._learn(self.critic, self.c_optimizer, tape, c_loss)
        with tf.GradientTape() as tape:
            g_loss = -self._score(self.generator(self._latents(real), training=True))
        self._learn(self.generator, self.g_optimizer, tape, g_loss)
        return {"c_loss": c_loss, "g_loss": g_loss}

    def _latents(self, real):
        return tf.random.normal([tf.shape(real)[0], LATENT])

    def _score(self, x):
        return tf.reduce_mean(self.critic(x, training=True))

    def _penalty(self, real, fake):
        """How far the critic's slope between reals and fakes is from 1."""
        between = real + tf.random.uniform([tf.shape(real)[0], 1, 1, 1]) * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(between)
            score = self.critic(between, training=True)
        slope = tape.gradient(score, between)
        norm = tf.sqrt(tf.reduce_sum(tf.square(slope), axis=[1, 2, 3]) + 1e-12)
        return tf.reduce_mean(tf.square(norm - 1))

    def _learn(self, net, optimizer, tape, loss):
        weights = net.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)


def train(g: keras.Model, critic: keras.Model, images, size: Sizes) -> None:
    """Fits both, `size.steps` steps of the generator."""
    model = WganGp(g, critic)
    # Without XLA, which is slow at convolutions on processors.
    model.compile(jit_compile=False)
    data = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images)).repeat()
    batches = data.batch(size.batch)
    model.fit(batches, steps_per_epoch=size.steps, shuffle=False, verbose=0)
