"""Tests for the potential in tf_collab.objectives.potential.

The theory is tested on particles in float64, self-terms kept.
"""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf
from helpers.few_charges import (
    KERNELS,
    SLACK,
    ULP,
    kernel_matrix,
    particles,
)
from scipy import stats

from tf_collab import metrics, objectives

theory = [
    pytest.mark.parametrize("m", [2, 3, 64]),
    pytest.mark.parametrize("kernel", KERNELS, ids=str),
]


def over_theory(test):
    return functools.reduce(lambda f, mark: mark(f), theory, test)


def slow_kernel(a, b, dimension, epsilon):
    squared = sum((x - y) ** 2 for x, y in zip(a, b))
    return (squared + epsilon**2) ** (-(dimension - 2) / 2)


def slow_field(a, real, fake, **kernel):
    total = 0.0
    for y in real:
        total += slow_kernel(a, y, **kernel) / len(real)
    for x in fake:
        total -= slow_kernel(a, x, **kernel) / len(fake)
    return total


def slow_potential(i, own, real, fake, **kernel):
    """At point i of `own`, which is real or fake, and not made by itself."""
    total = 0.0
    for sign, others in ((1, real), (-1, fake)):
        rest = [b for j, b in enumerate(others) if others is not own or j != i]
        total += sign * sum(slow_kernel(own[i], b, **kernel) for b in rest) / len(rest)
    return total


def mmd(real, fake, *, self_term="keep", **kernel):
    """MMD**2 as the potential that its own charges feel."""
    phi_real, phi_fake = objectives.potentials(
        real, fake, self_term=self_term, **kernel
    )
    return tf.reduce_mean(phi_real) - tf.reduce_mean(phi_fake)


def slope(a, real, fake, **kernel):
    """The field's gradient in a."""
    with tf.GradientTape() as tape:
        tape.watch(a)
        value = objectives.field(a, real, fake, **kernel)
    return tape.gradient(value, a)


@over_theory
def test_potentials_are_the_double_sums(m, kernel):
    real, fake = (x.numpy() for x in particles(m))
    expected = [
        [slow_potential(i, x, real, fake, **kernel) for i in range(len(x))]
        for x in (real, fake)
    ]
    for found, slow in zip(objectives.potentials(real, fake, **kernel), expected):
        np.testing.assert_allclose(found, slow, atol=SLACK)
    found = objectives.potentials(real, fake, self_term="keep", **kernel)
    for x, at_x in zip((real, fake), found):
        slow = [slow_field(a, real, fake, **kernel) for a in x]
        np.testing.assert_allclose(at_x, slow, atol=SLACK)


@over_theory
def test_the_field_is_the_double_sum(m, kernel):
    real, fake = (x.numpy() for x in particles(m))
    points = particles(m, seed=1)[0].numpy()
    slow = [slow_field(a, real, fake, **kernel) for a in points]
    found = objectives.field(points, real, fake, **kernel)
    np.testing.assert_allclose(found, slow, atol=SLACK)


@over_theory
def test_the_energy_of_the_charges_is_mmd_squared(m, kernel):
    real, fake = particles(m)
    within_real, between, within_fake = (
        np.mean([[slow_kernel(a, b, **kernel) for b in y.numpy()] for a in x.numpy()])
        for x, y in ((real, real), (real, fake), (fake, fake))
    )
    found = float(mmd(real, fake, **kernel))
    assert found == pytest.approx(within_real - 2 * between + within_fake, abs=SLACK)
    assert found > SLACK
    assert float(mmd(real, real[::-1], **kernel)) == pytest.approx(0, abs=SLACK)


def test_without_self_terms_it_is_the_unbiased_mmd_squared():
    real, fake = particles(3)
    expected = metrics.mmd(real.numpy(), fake.numpy(), kernel=kernel_matrix)
    found = float(mmd(real, fake, self_term="drop"))
    assert found == pytest.approx(expected, abs=SLACK)


@over_theory
def test_fakes_descend_mmd_squared_by_climbing_the_potential(m, kernel):
    real, fake = particles(m)
    force = slope(fake, real, tf.identity(fake), **kernel)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        energy = mmd(real, fake, **kernel) / 2
    found = tape.gradient(energy, fake)
    np.testing.assert_allclose(found, -force / len(fake), atol=SLACK)

    squares, step = np.sum(force**2, axis=1), 1e-5
    speed = math.sqrt(squares.max())
    move = step * force / speed
    ahead, behind = (mmd(real, x, **kernel) / 2 for x in (fake + move, fake - move))
    rate = float(ahead - behind) / (2 * step)
    # Along a unit vector the kernel's third derivative is below s (s + 2) (s + 4), s
    # its exponent. Fakes move by one step from reals, by two at most from each other.
    s = kernel["dimension"] - 2
    error = step**2 / 6 * (1 + 2**3 / 2) * s * (s + 2) * (s + 4) + SLACK / step
    expected = -squares.mean() / speed
    assert error < 0.01 * abs(expected)
    assert rate == pytest.approx(expected, abs=error)


@over_theory
def test_the_energy_bounds_the_field(m, kernel):
    real, fake = particles(m)
    anywhere = tf.concat([real, fake, *particles(m, 200, 200, seed=1)], axis=0)
    peak = float(objectives.plummer_kernel(0.0, **kernel))
    bound = math.sqrt(mmd(real, fake, **kernel) * peak)
    assert np.abs(objectives.field(anywhere, real, fake, **kernel)).max() <= bound
    # Two charges far apart: the field at one is the kernel's peak, MMD**2 is twice it.
    one, other = real[:1], real[:1] + 1e6
    bound = math.sqrt(mmd(one, other, **kernel) * peak)
    found = objectives.field(one, one, other, **kernel)
    np.testing.assert_allclose(found, bound / math.sqrt(2), rtol=1e-5)


@over_theory
def test_the_kernels_laplacian_is_negative_where_theory_says(kernel, m):
    s, epsilon = kernel["dimension"] - 2, kernel["epsilon"]
    h = 1e-3 * epsilon
    radii = np.array([0.0, 0.3, 0.8, 1.1, 1.4, 2.0, 5.0])
    points = np.zeros([len(radii), m])
    points[:, 0] = radii

    def at(x):
        return objectives.plummer_kernel((x**2).sum(axis=-1), **kernel)

    moves = h * np.concatenate([np.eye(m), -np.eye(m)])
    around = at(points[:, None] + moves).numpy().sum(axis=1)
    laplacian = (around - 2 * m * at(points)) / h**2
    shape = (s + 2 - m) * radii**2 - m * epsilon**2
    expected = s * (radii**2 + epsilon**2) ** (-s / 2 - 2) * shape
    # Fourth derivatives are below their value at 0, with epsilon 1 3 s (s + 2), and the
    # kernel below its peak.
    peak = epsilon**-s
    error = m * peak * (h**2 / 12 * 3 * s * (s + 2) / epsilon**4 + 20 * ULP / h**2)
    np.testing.assert_allclose(laplacian, expected, atol=error)
    if s <= m - 2:
        assert (laplacian < 0).numpy().all()
    else:
        turn = epsilon * math.sqrt(m / (s + 2 - m))
        np.testing.assert_array_equal(np.sign(laplacian), np.sign(radii - turn))


@over_theory
@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_between_samples_of_one_law_only_self_terms_leave_a_potential(
    self_term, kernel, m
):
    n, trials = 8, 500
    # Of two normals half the squared distance is a chi-squared.
    s, epsilon = kernel["dimension"] - 2, kernel["epsilon"]
    mean_kernel = stats.chi2(m).expect(lambda u: (2 * u + epsilon**2) ** (-s / 2))
    bias = {"drop": 0.0, "keep": (epsilon**-s - mean_kernel) / n}[self_term]

    def means(x):
        found = objectives.potentials(x[0], x[1], self_term=self_term, **kernel)
        return tf.reduce_mean(found, axis=1)

    draws = np.random.default_rng(0).normal(size=[trials, 2, n, m])
    found = tf.function(tf.map_fn, autograph=False)(means, tf.constant(draws)).numpy()
    error = 4 * found.std(axis=0) / math.sqrt(trials)
    assert (np.abs(found.mean(axis=0) - [bias, -bias]) < error).all()
    assert bias == 0 or (error < bias / 2).all()


@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_in_a_stratified_batch_a_real_without_itself_misses_one_of_its_mode(self_term):
    # Three places, so far apart that the kernel sees none from another; every batch
    # has two points at each, on both sides. The potential of the laws is 0.
    places, each = np.repeat([0.0, 1e9, 3e9], 2)[:, None], 2
    n = len(places)
    at_real, _ = objectives.potentials(places, places, self_term=self_term)
    seen = {"drop": (each - 1) / (n - 1), "keep": each / n}[self_term]
    np.testing.assert_allclose(at_real, seen - each / n, atol=1e-8)
    assert seen <= each / n


def test_samples_may_be_images():
    real, fake = particles(27)
    flat = objectives.potentials(real, fake)
    images = objectives.potentials(
        tf.reshape(real, [-1, 3, 3, 3]), tf.reshape(fake, [-1, 3, 3, 3])
    )
    for a, b in zip(flat, images):
        np.testing.assert_array_equal(a, b)


def test_a_lone_point_has_no_others():
    real, fake = particles(2, n=1)
    with pytest.raises(ValueError, match="but got 1 real and 6 fake"):
        objectives.potentials(real, fake)
    assert np.isfinite(objectives.potentials(real, fake, self_term="keep")[0]).all()
