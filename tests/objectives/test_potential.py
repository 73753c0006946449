"""Tests for tf_collab.objectives.potential.

The theory is tested on particles in float64, self-terms kept.
"""

import functools
import itertools
import math

import keras
import numpy as np
import oracles
import pytest
import tensorflow as tf
from scipy import integrate, stats

from tf_collab import metrics, objectives, seeds

ULP = 2.0**-53  # float64's relative rounding error
# A mean of kernels, at most 1 here, is off by a rounding for each of some hundred
# operations; by a thousand where distances are products in 64 dimensions.
SLACK = 1000 * ULP

KERNELS = [{"dimension": d, "epsilon": e} for d, e in [(3, 1.0), (3, 2.0), (5, 1.5)]]
theory = [
    pytest.mark.parametrize("m", [2, 3, 64]),
    pytest.mark.parametrize("kernel", KERNELS, ids=str),
]


def over_theory(test):
    return functools.reduce(lambda f, mark: mark(f), theory, test)


def particles(m, n=8, k=6, seed=0):
    rng = np.random.default_rng(seed)
    return tf.constant(rng.normal(size=[n, m])), tf.constant(rng.normal(size=[k, m]))


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


def inverse_distance(a, b):
    """The default kernel [n, m]."""
    return 1 / np.sqrt(((a[:, None] - b) ** 2).sum(axis=-1) + 1)


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
    expected = metrics.mmd(real.numpy(), fake.numpy(), kernel=inverse_distance)
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


@pytest.mark.parametrize("m", [2, 3, 64])
@pytest.mark.parametrize("dimension", [3, 5])
def test_the_kernels_laplacian_is_negative_where_theory_says(dimension, m):
    s, h = dimension - 2, 1e-3
    radii = np.array([0.0, 0.3, 0.8, 1.1, 1.4, 2.0, 5.0])
    points = np.zeros([len(radii), m])
    points[:, 0] = radii

    def kernel(x):
        return objectives.plummer_kernel((x**2).sum(axis=-1), dimension=dimension)

    moves = h * np.concatenate([np.eye(m), -np.eye(m)])
    around = kernel(points[:, None] + moves).numpy().sum(axis=1)
    laplacian = (around - 2 * m * kernel(points)) / h**2
    shape = (s + 2 - m) * radii**2 - m
    expected = s * (radii**2 + 1) ** (-s / 2 - 2) * shape
    # Fourth derivatives are below 3 s (s + 2), their value at 0.
    error = m * (h**2 / 12 * 3 * s * (s + 2) + 20 * ULP / h**2)
    np.testing.assert_allclose(laplacian, expected, atol=error)
    if s <= m - 2:
        assert (laplacian < 0).numpy().all()
    else:
        turn = math.sqrt(m / (s + 2 - m))
        np.testing.assert_array_equal(np.sign(laplacian), np.sign(radii - turn))


def loss(discriminator, real, fake, *, seed=0, step=0, previous=None, **options):
    return objectives.coulomb(**options).discriminator_loss(
        discriminator,
        real,
        fake,
        seed=seeds.as_seed(seed),
        step=step,
        previous=previous,
    )


@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_the_best_d_is_the_potential_and_with_self_terms_a_classifier_too(self_term):
    # Batches of two of each kind on three states: all 81 of them, so no chance.
    states = np.array([[0.0], [1.0], [3.0]])
    p, q = np.array([0.5, 0.2, 0.3]), np.array([0.1, 0.6, 0.3])
    kernel = inverse_distance(states, states)
    best = kernel @ (p - q)
    if self_term == "keep":
        # b is of each law at each state: (k(a, a) - E k(a, .)) / n.
        on_real, on_fake = ((1 - kernel @ law) / 2 for law in (p, q))
        best += (p * on_real - q * on_fake) / (p + q)
    table = tf.Variable(best)

    def discriminator(x, training):
        return tf.gather(table, tf.searchsorted(states[:, 0], x[:, 0]))

    @tf.function(autograph=False)
    def gradient(real, fake):
        with tf.GradientTape() as tape:
            value = loss(discriminator, real, fake, self_term=self_term)
        return tf.convert_to_tensor(tape.gradient(value, table))

    expected = 0.0
    for batch in itertools.product(range(3), repeat=4):
        y, x = np.array(batch[:2]), np.array(batch[2:])
        grad = gradient(tf.constant(states[y]), tf.constant(states[x]))
        expected += np.prod(p[y]) * np.prod(q[x]) * grad
    # A convex loss is least where its gradient is 0.
    np.testing.assert_allclose(expected, 0, atol=SLACK)


def test_both_signs_flipped_are_none_flipped():
    real, fake = particles(2)
    there, back = objectives.potentials(real, fake), objectives.potentials(fake, real)
    for a, b in zip(there, reversed(back)):
        np.testing.assert_array_equal(a, -b)

    def net(x, training):
        return tf.sin(x[:, 0]) + x[:, 1]

    def flipped(x, training):
        return -net(x, training)

    assert loss(net, real, fake) == loss(flipped, fake, real)


@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_between_samples_of_one_law_only_self_terms_leave_a_potential(self_term):
    n, trials = 8, 500
    # Of two normals in the plane the squared distance is exponential, of mean 4.
    mean_kernel, _ = integrate.quad(
        lambda u: np.exp(-u / 4) / 4 / np.sqrt(u + 1), 0, np.inf
    )
    bias = {"drop": 0.0, "keep": (1 - mean_kernel) / n}[self_term]

    @tf.function(autograph=False)
    def means(x):
        found = objectives.potentials(x[0], x[1], self_term=self_term)
        return tf.reduce_mean(found, axis=1)

    draws = np.random.default_rng(0).normal(size=[trials, 2, n, 2])
    found = np.array([means(tf.constant(x)) for x in draws])
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


@pytest.mark.parametrize("name, error", [("l2", np.square), ("l1", np.abs)])
def test_d_regresses_the_potential_at_reals_and_fakes_in_passes_of_their_own(
    name, error
):
    real, fake = particles(2)
    previous = particles(2, seed=1)[0][:3]
    seen = []

    def discriminator(x, training):
        seen.append((x.shape[0], training))
        return tf.reduce_sum(x, axis=1)

    found = loss(discriminator, real, fake, previous=previous, loss=name)
    targets = [
        *objectives.potentials(real, fake),
        objectives.field(previous, real, fake),
    ]
    expected = sum(
        error(np.sum(x, axis=1) - phi).mean()
        for x, phi in zip((real, fake, previous), targets)
    )
    assert float(found) == pytest.approx(expected, rel=SLACK)
    assert seen == [(8, True), (6, True), (3, True)]


def test_epsilon_may_follow_a_schedule():
    def net(x, training):
        return x[:, 0]

    def scheduled(step):
        return loss(net, real, fake, step=step, epsilon=halving)

    real, fake = particles(2)
    halving = keras.optimizers.schedules.ExponentialDecay(4.0, 1, 0.5)
    expected = loss(net, real, fake, epsilon=2.0)
    found = tf.function(scheduled, autograph=False)(tf.constant(1))
    # The schedule's power is in float32.
    np.testing.assert_allclose(found, expected, rtol=16 * oracles.ULP)
    assert found != scheduled(0)


def test_no_gradient_flows_into_ds_targets():
    real, z = particles(2)
    scale = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        fake = scale * z
        blind = loss(lambda x, training: tf.zeros(x.shape[:1]), real, fake)
        seeing = loss(lambda x, training: x[:, 0], real, fake, previous=fake, sigma=0.1)
        _, phi = objectives.potentials(real, fake)
        plain = loss(lambda x, training: x[:, 0], real, fake)
    assert tape.gradient(blind, scale) is None
    expected = tf.reduce_mean(2 * (fake[:, 0] - phi) * z[:, 0])
    np.testing.assert_allclose(tape.gradient(plain, scale), expected, rtol=SLACK)
    assert np.isfinite(tape.gradient(seeing, scale))


@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_smoothing_moves_where_d_learns_and_not_what_makes_the_potential(self_term):
    real, fake = particles(2, 5, 4)
    seen = []

    def discriminator(x, training):
        seen.append(x)
        return tf.zeros(x.shape[:1])

    options = {"loss": "l1", "sigma": 0.5, "self_term": self_term}
    found = loss(discriminator, real, fake, **options)
    expected = 0.0
    for moved, own, sign in zip(seen, (real, fake), (1, -1)):
        phi = objectives.field(moved, real, fake).numpy()
        if self_term == "drop":
            k, n = inverse_distance(moved.numpy(), own.numpy()), len(own)
            others = (k.sum(axis=1) - np.diag(k)) / (n - 1)
            phi += sign * (others - k.mean(axis=1))
        expected += np.abs(phi).mean()
    assert float(found) == pytest.approx(expected, rel=SLACK)


def test_the_smoothing_noise_is_normal_and_follows_the_seed():
    seen = []

    def discriminator(x, training):
        seen.append(x)
        return tf.reduce_sum(x, axis=1)

    real, fake = tf.zeros([500, 20]), tf.ones([500, 20])
    loss(discriminator, real, fake, sigma=2.0)
    noise = np.stack([seen[0], seen[1] - 1]).reshape(2, -1) / 2
    assert stats.kstest(noise.ravel(), "norm").pvalue > oracles.LEVEL
    assert stats.pearsonr(*noise).pvalue > oracles.LEVEL
    loss(discriminator, real, fake, sigma=2.0, seed=1)
    assert (seen[2] != seen[0]).numpy().any()


def test_halves_give_float32_potentials_and_a_float32_loss():
    real, fake = (tf.cast(x, tf.bfloat16) for x in particles(20))
    found = objectives.potentials(real, fake)
    wide = objectives.potentials(*(tf.cast(x, tf.float32) for x in (real, fake)))
    for a, b in zip(found, wide):
        assert a.dtype == tf.float32
        np.testing.assert_array_equal(a, b)
    assert loss(lambda x, training: x[:, 0], real, fake).dtype == tf.float32


def test_samples_may_be_images():
    real, fake = particles(27)
    flat = objectives.potentials(real, fake)
    images = objectives.potentials(
        tf.reshape(real, [-1, 3, 3, 3]), tf.reshape(fake, [-1, 3, 3, 3])
    )
    for a, b in zip(flat, images):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dimension": 2}, "dimension must be above 2"),
        ({"epsilon": -1.0}, "epsilon must be above 0, not -1.0"),
        ({"epsilon": 0.0}, "infinite where two points coincide"),
        ({"self_term": "off"}, "must be 'drop' or 'keep', not 'off'"),
        ({"loss": "l3"}, "loss must be 'l1' or 'l2', not 'l3'"),
        ({"sigma": -0.1}, "sigma must be 0 or above"),
    ],
)
def test_bad_options_are_refused_at_construction(options, message):
    with pytest.raises(ValueError, match=message):
        objectives.coulomb(**options)
    if options.keys() <= {"dimension", "epsilon", "self_term"}:
        with pytest.raises(ValueError, match=message):
            objectives.potentials(*particles(2), **options)


def test_a_lone_point_has_no_others():
    real, fake = particles(2, n=1)
    with pytest.raises(ValueError, match="but got 1 real and 6 fake"):
        objectives.potentials(real, fake)
    assert np.isfinite(objectives.potentials(real, fake, self_term="keep")[0]).all()


def test_scores_of_another_shape_are_refused():
    with pytest.raises(
        (ValueError, tf.errors.InvalidArgumentError), match="compatible"
    ):
        loss(lambda x, training: x[:, :1], *particles(2))


def test_the_energy_is_the_score_upside_down_and_no_ratio():
    objective = objectives.coulomb()
    assert objective.energy(tf.constant([2.0])) == -2.0
    assert objective.log_ratio is None
