"""How a classifier of samples learns, until its loss on others no longer falls."""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab import base

__all__ = ["Fit", "fit", "losses"]

ROWS = 512  # of held-out samples that are scored at once
LEAST = 1e-4  # fall of the held-out loss that counts as one
WEIGHT = 1.0  # of the softplus loss's second term: ratios are 1 in the mean


class Fit(NamedTuple):
    """How a classifier learned."""

    steps: int  # after which its held-out loss was least
    loss: float  # held-out, then
    chance: float  # ... of one that says the same of everything


def losses(name: str) -> Callable:
    """(scores of reals, of fakes) -> the loss that a D of log ratios descends."""
    if name == "logistic":
        return lambda real, fake: (
            tf.reduce_mean(tf.nn.softplus(-real))
            + (tf.reduce_mean(tf.nn.softplus(fake)))
        )

    def softplus(real, fake):
        r, of_real = tf.exp(fake), tf.exp(real)
        value = tf.reduce_mean(tf.sigmoid(r) * r - tf.nn.softplus(r))
        value -= tf.reduce_mean(tf.sigmoid(of_real))
        return value + WEIGHT * tf.square(tf.reduce_mean(r) - 1)

    return softplus


def fit(d, real, fake_at, held, *, loss, limits, batch, rate, seed, progress) -> Fit:
    """Trains d in place; it ends with the weights of its least held-out loss."""
    steps, patience, every = limits
    if min(steps, patience, every, batch) < 1:
        raise ValueError("steps, patience, every and batch are 1 or more")
    stages = [stage for stage in d.stages if isinstance(stage, keras.layers.Layer)]
    variables = stages[0].trainable_variables
    value, optimizer = losses(loss), keras.optimizers.Adam(rate)
    optimizer.build(variables)
    rng = np.random.default_rng([seed, 0])

    def update(x, y):
        with tf.GradientTape() as tape:
            found = value(d(x, training=True), d(y, training=True))
        optimizer.apply(tape.gradient(found, variables), variables)

    step = tc.cpu.graph(update, reduce_retracing=True)
    score = tc.cpu.graph(lambda x: d(x, training=False), reduce_retracing=True)
    count = lambda x: len(tf.nest.flatten(x)[0])
    taken = lambda x, rows: tf.nest.map_structure(lambda v: v[rows], x)

    def held_loss():
        parts = [
            tf.concat(
                [score(taken(x, rows)) for rows in tc.tensors.slices(count(x), ROWS)], 0
            )
            for x in held
        ]
        return float(value(*parts))

    least, best, weights = math.inf, 0, d.get_weights()
    for i in range(steps):
        step(taken(real, rng.integers(count(real), size=batch)), fake_at(i))
        if (i + 1) % every and i + 1 < steps:
            continue
        found = held_loss()
        if found < least - LEAST:
            least, best, weights = found, i + 1, d.get_weights()
        ends = i + 1 - best >= patience * every
        if progress is not None:
            progress(i + 1, i + 1 if ends else steps)
        if ends:
            break
    if not math.isfinite(least):
        raise FloatingPointError("the held-out loss was never a number: a lower rate?")
    d.set_weights(weights)
    chance = float(value(tf.zeros([1]), tf.zeros([1])))
    if least >= chance - LEAST:
        warnings.warn(
            f"the fitted discriminator tells nothing: its held-out loss of {least:.3f} "
            f"is no less than {chance:.3f}, which one has that says the same of "
            "everything; the samples are too good for it, or it learned too little",
            base.Doubt,
            stacklevel=4,
        )
    return Fit(best, least, chance)
