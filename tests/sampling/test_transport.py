"""Tests for tf_collab.sampling.transport: where it leads, and how steep D is."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, models, objectives, priors, sampling, seeds
from tf_collab.sampling import steepness

NO_REALS = Scored(None, tf.zeros([1]))
WIDE = priors.uniform(1, low=-4.0, high=4.0)


def gan_of(score, prior, objective=None):
    """G is the identity."""
    g = models.LayeredModel([tf.identity])
    d = lambda x, training=False: score(x)
    return GAN(g, d, prior, objective or objectives.nsgan())


def bowl(x):
    """Its slope at x is -2 * (x - 1)."""
    return -tf.reduce_sum((x - 1.0) ** 2, axis=1)


def moved(gan, z, **options):
    walk = sampling.dot(gan, **options)
    state = walk.init(seeds.as_seed(5), z, NO_REALS)
    step = tf.function(walk.step, autograph=False)
    found, _, info = step(seeds.as_seed(0), z, state)
    return found.x.numpy(), info


@pytest.mark.parametrize("space", sampling.SPACES)
def test_in_one_dimension_it_goes_where_d_is_no_steeper_than_the_slope(space):
    """The minimum of |x - y| + (x - 1)**2 / k: x = 1 +- k / 2, or y between them."""
    k, y = 1.6, np.linspace(-0.5, 2.5, 61, dtype="f4")
    gan = gan_of(bowl, WIDE)
    x, info = moved(gan, y[:, None], slope=k, space=space, steps=300)
    expected = np.clip(y, 1 - k / 2, 1 + k / 2)
    # Adam without momentum goes to and fro; its last steps are of a few rates.
    np.testing.assert_allclose(x[:, 0], expected, atol=0.04)
    np.testing.assert_allclose(info["distance"], np.abs(x[:, 0] - y), atol=1e-6)
    assert {*info["g_forward"].numpy()} == {1 if space == "data" else 301}
    assert {*info["g_backward"].numpy()} == {0 if space == "data" else 301}
    assert {*info["d_backward"].numpy()} == {301}
    assert ("squared_norm_after" in info) == (space == "latent")


def test_a_larger_slope_moves_less():
    z = WIDE(200, seeds.as_seed(1))
    gan = gan_of(bowl, WIDE)
    far = [np.mean(moved(gan, z, slope=k)[1]["distance"]) for k in (0.1, 1.0, 100.0)]
    assert far[0] > far[1] > far[2] and far[2] < 0.04


def twin(z, slope, projection, steps, rate=0.01):
    """By the paper's equations, sample by sample, in float64."""
    ends = []
    for y in np.asarray(z, "f8"):
        at, square = y.copy(), 0.0
        for t in range(1, steps + 1):
            away = at - y + 1e-3
            grad = away / np.sqrt(away @ away) + 2 * (at - 1) / slope
            if projection == "tangent":
                grad = grad - (grad @ at) / (at @ at) * at
            if projection == "paper":
                grad = grad - (grad @ at) / np.sqrt(128) * at
            square = 0.9 * square + 0.1 * grad**2
            at = at - rate * grad / (np.sqrt(square / (1 - 0.9**t)) + 1e-8)
            if projection == "tangent":
                at = at * np.sqrt((y @ y) / (at @ at))
        ends.append(at)
    return np.array(ends)


@pytest.mark.parametrize("projection", sampling.PROJECTIONS)
def test_it_is_a_walk_of_adam_down_distance_minus_score(projection):
    gan = gan_of(bowl, priors.normal(3))
    z = gan.prior(20, seeds.as_seed(3))
    # Few enough steps that no coordinate turns, where rounding would choose its sign.
    x, info = moved(gan, z, slope=0.3, projection=projection, steps=10)
    np.testing.assert_allclose(x, twin(z, 0.3, projection, 10), atol=2e-5)
    norms = info["squared_norm_before"], info["squared_norm_after"]
    same = np.allclose(*norms, rtol=1e-5)
    assert same == (projection == "tangent")


def test_the_tangent_alone_is_one():
    grad, at = tf.random.stateless_normal([2, 50, 4, 2], [0, 1])
    left = {
        name: np.abs(np.sum(along(grad, at) * at, axis=(1, 2))).max()
        for name, along in sampling.PROJECTIONS.items()
    }
    assert left["tangent"] < 1e-5 and left["paper"] > 0.5 and left["none"] > 0.5


def test_the_slope_is_the_mean_of_maxima_over_pairs():
    gan = gan_of(bowl, priors.normal(2))
    z = gan.prior(4, seeds.as_seed(0))
    state = sampling.dot(gan).init(seeds.as_seed(2), z, NO_REALS)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=[2, 2000, 100, 2])
    heights = [-np.sum((v - 1) ** 2, axis=-1) for v in (a, b)]
    steep = np.abs(heights[0] - heights[1]) / np.linalg.norm(a - b, axis=-1)
    maxima = steep.max(axis=1)
    assert float(state.slope) == pytest.approx(
        maxima.mean(), abs=4 * maxima.std() / np.sqrt(10)
    )
    # A standard deviation of ten, of a law with a tail to the right.
    assert 0.3 < float(state.slope_spread) / maxima.std() < 2
    _, info = moved(gan, z, steps=1)
    assert info["slope"].shape == info["slope_spread"].shape == [4]


def test_the_slope_of_samples_is_theirs_and_of_latents_is_theirs():
    g = models.LayeredModel([lambda z: 3 * z])
    gan = gan_of(lambda x: 2 * x[:, 0], WIDE)._replace(generator=g)
    for space, steep in (("data", 2.0), ("latent", 6.0)):
        walk = sampling.dot(gan, space=space)
        state = walk.init(seeds.as_seed(0), WIDE(2, seeds.as_seed(0)), NO_REALS)
        np.testing.assert_allclose(state, [steep, 0.0], rtol=1e-4, atol=1e-4)


def test_pairs_that_say_nothing_do_not_count_and_a_flat_d_moves_nothing():
    def draw(n, seed):
        return tf.tile(tf.constant([[0.0], [1.0], [2.0], [5.0]]), [n // 4, 1])

    def height(at):
        return tf.where(at[:, 0] == 5, float("nan"), at[:, 0])

    found = steepness.slope(seeds.as_seed(0), draw, height)
    assert found == (0.0, 0.0)  # each is paired with itself
    gan = gan_of(lambda x: 0 * x[:, 0], WIDE)
    z = WIDE(5, seeds.as_seed(0))
    x, _ = moved(gan, z, steps=20)
    assert np.abs(x - z).max() < 0.04


@pytest.mark.parametrize("objective", ["wgan_gp", "coulomb", "hinge"])
def test_any_score_with_a_slope_will_do_and_its_scale_does_not_count(objective):
    objective = getattr(objectives, objective)()
    z = WIDE(50, seeds.as_seed(0))
    # Steeper than its pairs tell, of which hardly any are within one wave.
    wave = lambda x: tf.sin(40 * x[:, 0])
    one, other = (
        moved(gan_of(lambda x, f=f: f * wave(x), WIDE, objective), z, steps=30)[0]
        for f in (1.0, 8.0)
    )
    np.testing.assert_allclose(one, other, atol=1e-3)
    assert np.mean(wave(one)) > np.mean(wave(z)) + 0.3


def test_samples_stay_in_the_range_of_g_and_latents_in_that_of_the_prior():
    g = models.LayeredModel([tf.tanh])
    up = lambda x: 9 * x[:, 0]
    gan = gan_of(up, priors.uniform(1))._replace(generator=g)
    z = gan.prior(9, seeds.as_seed(0))
    x, info = moved(gan, z, slope=0.1, steps=300)
    np.testing.assert_allclose(x, np.tanh(1.0), rtol=1e-6)
    np.testing.assert_allclose(info["squared_norm_after"], 1.0)

    class Bounded(models.LayeredModel):
        output_range = (-1.0, 1.0)

    gan = gan._replace(generator=Bounded([tf.tanh]))
    x, _ = moved(gan, z, slope=0.1, space="data", steps=300)
    assert (x == 1).all()


def test_what_is_out_of_range_is_refused():
    gan = gan_of(bowl, priors.normal(1))
    for options, words in (
        ({"slope": 0.0}, "slope above 0"),
        ({"rate": -1.0}, "rate and a slope above 0"),
        ({"space": "z"}, "latent, data, and .* not 'z'"),
        ({"projection": "sphere"}, "tangent, paper, none, not .* 'sphere'"),
    ):
        with pytest.raises(ValueError, match=words):
            sampling.dot(gan, **options)
    z = gan.prior(2, seeds.as_seed(0))
    with pytest.raises(ValueError, match="no tangent: projection='none'"):
        moved(gan, z, slope=1.0)
    for space in sampling.SPACES:
        with pytest.raises(ValueError, match="dot moves z alone"):
            moved(gan, (z, z), slope=1.0, space=space)
