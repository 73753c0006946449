"""Moves some at a time are moves one by one."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import GAN, models, objectives, priors, sampling, seeds
from tf_collab.sampling import latents, moving

ROWS = 1100  # three pieces


def moved(most, xla=False, n=13, first=4):
    """After n moves, of which each adds its number and noise to a memory."""
    on = latents.field(oracles.gaussian_gan(0.5, 0.6), "a walk")

    def move(point, noise, index, memory):
        count, noises = memory
        there = on.look(point.at - 0.1 * point.slope + 0.1 * noise)
        return there, (count + index, noises + tf.abs(noise))

    go = moving.mover(on, moving.normal, move, most=most, xla=xla)

    @tf.function
    def run(at):
        memory = tf.zeros([ROWS], tf.int32), tf.zeros([ROWS, 1])
        return go(on.see(at), seeds.as_seed(3), memory, first, n)

    return tf.nest.flatten(run(tf.random.stateless_normal([ROWS, 1], (0, 1))))


def test_the_number_of_moves_at_once_changes_nothing():
    one, *others = (moved(most) for most in (1, 5, 10))
    for other in others:
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    assert (one[-2].numpy() == sum(range(4, 17))).all()
    # 13 half-normals of a variance of 1 - 2 / pi.
    total, sd = one[-1].numpy().mean(), np.sqrt(13 * (1 - 2 / np.pi) / ROWS)
    assert abs(total - 13 * np.sqrt(2 / np.pi)) < 5 * sd


def test_a_jump_is_the_same_in_one_program_or_several(monkeypatch):
    gan = oracles.gaussian_gan(0.5, 0.6)

    def walked(at_once):
        monkeypatch.setattr(moving, "AT_ONCE", at_once)
        options = {"particles": 8, "local": 5, "steps": 7, "warm_up": 0, "rate": 0.1}
        walk = sampling.ex2(gan, **options, xla=False)
        seed = seeds.as_seed(2)
        z = gan.prior(ROWS, seeds.as_seed(1))
        run = tf.function(lambda z: walk.step(seed, z, walk.init(seed, z, None)))
        found, _, info = run(z)
        return found.x, info["moved"]

    for one, several in zip(walked(10), walked(3), strict=True):
        np.testing.assert_array_equal(one, several)


def test_xla_changes_moves_by_rounding_alone():
    for a, b in zip(moved(10), moved(10, xla=True), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", ["ddls", "dgflow", "mala", "hmc", "dot", "ex2", "smc"])
def test_every_walk_leaves_the_compiler_to_its_caller(make, monkeypatch):
    asked = []

    def compiled(fn, *nets, xla):
        asked.append(xla)
        return fn

    monkeypatch.setattr(latents.compilation, "compiled", compiled)
    gan = oracles.gaussian_gan(0.5, 0.6)
    for xla in (True, False):
        asked.clear()
        options = {"projection": "none"} if make == "dot" else {}
        getattr(sampling, make)(gan, xla=xla, **options)
        # What looks once, or warms up, is never compiled.
        assert xla in asked and {*asked} <= {xla, False}
    asked.clear()
    getattr(sampling, make)(gan, **options)
    assert not any(asked)  # what a function runs cannot be seen
    nets = models.MLPGenerator(4, 2), models.MLPDiscriminator(4, 2)
    dense = GAN(*nets, priors.normal(2), objectives.nsgan())
    getattr(sampling, make)(dense, **options)
    assert any(asked)
