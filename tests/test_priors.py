"""Tests for tf_collab.priors."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import base, checks, policies, priors, sampling, seeds

LAWS = {
    "normal": (priors.normal(2), stats.norm()),
    "uniform": (priors.uniform(2), stats.uniform(-1, 2)),
    "uniform on [2, 5)": (priors.uniform(2, low=2.0, high=5.0), stats.uniform(2, 3)),
    "truncated": (priors.truncated(2, at=1.25), stats.truncnorm(-1.25, 1.25)),
}
QUASI = {
    "quasi_normal": (priors.quasi_normal(2), stats.norm()),
    "quasi_uniform": (priors.quasi_uniform(2, low=2.0, high=5.0), stats.uniform(2, 3)),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_coordinates_have_the_law_and_are_independent(name):
    prior, law = LAWS[name]
    n = 20_000
    z = prior(n, seeds.as_seed(0)).numpy()
    assert z.dtype == np.float32 and z.shape == (n, 2)
    assert stats.kstest(z.ravel(), law.cdf).pvalue > oracles.LEVEL
    # A correlation of independent columns is normal with variance 1 / n.
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / np.sqrt(n)


@pytest.mark.parametrize("name", QUASI)
def test_each_quasi_random_latent_alone_has_the_law(name):
    prior, law = QUASI[name]
    last = np.array([prior(7, seeds.as_seed(s))[-1] for s in range(2000)])
    assert last.dtype == np.float32
    assert stats.kstest(last.ravel(), law.cdf).pvalue > oracles.LEVEL
    assert abs(np.corrcoef(last.T)[0, 1]) < 4 / np.sqrt(2000)


def test_quasi_random_latents_spread_evenly_and_their_means_hardly_vary():
    n = 256
    u = np.sort(priors.quasi_uniform(1, low=0.0)(n, seeds.as_seed(0)).numpy().ravel())
    gaps = np.sort(np.diff(np.append(u, u[0] + 1)))
    # Three distances: on a circle the golden ratio's multiples leave gaps of at most
    # three sizes, the largest below 1.9 / n.
    assert (np.diff(gaps) > 1e-5).sum() <= 2
    assert gaps[-1] < 1.9 / n
    # The mean square of independent ones has variance 2 / (2 n).
    prior = priors.quasi_normal(2)
    squares = [np.mean(prior(n, seeds.as_seed(s)) ** 2) for s in range(200)]
    assert np.var(squares) < 0.1 * 2 / (2 * n)


def test_quasi_normals_are_finite_in_many_dimensions():
    z = priors.quasi_normal(64)(tf.constant(1000), seeds.as_seed(1)).numpy()
    assert z.shape == (1000, 64) and np.isfinite(z).all()


@pytest.mark.parametrize("name", LAWS | QUASI)
def test_the_same_seed_gives_the_same_latents_and_another_does_not(name):
    prior, _ = (LAWS | QUASI)[name]
    first, again, other = (prior(5, seeds.as_seed(s)).numpy() for s in (1, 1, 2))
    assert (first == again).all() and (first != other).all()


def test_the_shape_may_have_any_rank_and_n_may_be_a_tensor():
    assert priors.normal(4, 3)(tf.constant(2), seeds.as_seed(0)).shape == [2, 4, 3]
    assert priors.uniform()(2, seeds.as_seed(0)).shape == [2]


@pytest.mark.parametrize("name", LAWS)
def test_normals_become_latents_and_come_back(name):
    prior, _ = LAWS[name]
    normals = tf.random.stateless_normal([1000, 2], [1, 2])
    back = prior.to_normal(prior.from_normal(normals))
    # In the tails a share of 1 - 4e-5 is rounded by 6e-8, where its slope is 1e-4.
    np.testing.assert_allclose(back, normals, rtol=2e-3, atol=2e-3)
    edges = prior.from_normal(tf.constant([[-30.0, 30.0]]))
    assert np.isfinite(prior.to_normal(edges)).all()


def test_nothing_is_truncated_at_less_than_nothing():
    with pytest.raises(ValueError, match="above 0, not at -1"):
        priors.truncated(2, at=-1)


@pytest.mark.parametrize("law", [priors.uniform, priors.quasi_uniform])
def test_an_empty_range_is_refused(law):
    with pytest.raises(ValueError, match=r"not 1\.0 and 1\.0"):
        law(2, low=1.0, high=1.0)


@pytest.mark.parametrize("name", LAWS | QUASI)
def test_the_density_is_the_laws_inside_and_outside_of_its_support(name):
    prior, law = (LAWS | QUASI)[name]
    inside = prior(1000, seeds.as_seed(0)).numpy()
    outside = inside * [1, 10]
    for z in (inside, outside):
        found = prior.log_density(tf.constant(z, tf.float32))
        assert found.shape == [1000] and found.dtype == tf.float32
        # Two squares up to 45**2 and their sum: a rounding each of some 1e3.
        expected = law.logpdf(np.float32(z)).sum(axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert np.isfinite(prior.log_density(inside)).all()


def test_the_density_is_of_a_latent_as_a_whole_whatever_its_rank():
    z = priors.normal(2, 3)(5, seeds.as_seed(0))
    found = priors.normal(2, 3).log_density(z)
    flat = priors.normal(6).log_density(tf.reshape(z, [5, 6]))
    np.testing.assert_allclose(found, flat, rtol=1e-6)
    assert priors.normal().log_density(tf.zeros([5])).shape == [5]
    wide = priors.normal(3).log_density(tf.zeros([2, 3], tf.float64))
    np.testing.assert_allclose(wide, [3 * stats.norm.logpdf(0)] * 2, rtol=1e-15)


@pytest.mark.parametrize("name", LAWS | QUASI)
def test_the_density_has_the_gradient_of_the_law(name):
    prior, law = (LAWS | QUASI)[name]
    z = prior(20, seeds.as_seed(0))
    with tf.GradientTape() as tape:
        tape.watch(z)
        density = prior.log_density(z)
    slope = -z if "norm" in law.dist.name else tf.zeros_like(z)
    np.testing.assert_allclose(tape.gradient(density, z), slope, rtol=1e-6)


@pytest.mark.parametrize("name", LAWS | QUASI)
def test_a_latent_is_clipped_to_the_nearest_of_the_support(name):
    prior, law = (LAWS | QUASI)[name]
    if law.dist.name == "norm":
        assert prior.clip is None  # all of space
        return
    z = prior(1000, seeds.as_seed(0))
    np.testing.assert_array_equal(prior.clip(z), z)
    far = 10 * z - 7
    np.testing.assert_array_equal(prior.clip(far), np.clip(far, *law.support()))
    assert np.isfinite(prior.log_density(prior.clip(far))).all()


@pytest.mark.parametrize("name", LAWS | QUASI)
def test_standard_normals_become_latents_of_the_law(name):
    prior, law = (LAWS | QUASI)[name]
    normals = priors.normal(2)(20_000, seeds.as_seed(3))
    z = prior.from_normal(normals)
    assert stats.kstest(z.numpy().ravel(), law.cdf).pvalue > oracles.LEVEL
    expected = law.ppf(stats.norm.cdf(normals.numpy().astype("f8")))
    # Half a dozen roundings of numbers up to the largest.
    slack = 8 * oracles.ULP * np.abs(expected).max()
    np.testing.assert_allclose(z, expected, rtol=0, atol=slack)
    extreme = prior.from_normal(tf.constant([[-9.0, 9.0]]))
    assert np.isfinite(prior.log_density(extreme)).all()


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("frequencies", [None, [0, 1, 3, 0, 4]])
def test_labels_have_their_frequencies_and_are_independent_of_z(one_hot, frequencies):
    shares = np.array(frequencies or [1.0] * 5) / np.sum(frequencies or [1.0] * 5)
    prior = priors.labelled(
        priors.uniform(2), 5, frequencies=frequencies, one_hot=one_hot
    )
    n = 20_000
    z, label = prior(tf.constant(n), seeds.as_seed(0))
    assert stats.kstest(z.numpy().ravel(), stats.uniform(-1, 2).cdf).pvalue > (
        oracles.LEVEL
    )
    assert label.dtype == (tf.float32 if one_hot else tf.int32)
    index = np.argmax(label, 1) if one_hot else label.numpy()
    counts = np.bincount(index, minlength=5)
    assert (counts[shares == 0] == 0).all()
    some = shares > 0
    assert stats.chisquare(counts[some], n * shares[some]).pvalue > oracles.LEVEL
    for k in np.flatnonzero(some):  # a mean of m uniforms varies by 1 / (3 m)
        assert abs(z.numpy()[index == k].mean()) < 5 / np.sqrt(6 * counts[k])
    # The density of the pair is the product, of -1 to 1 twice and the frequency.
    np.testing.assert_allclose(
        prior.log_density((z, label)), np.log(shares[index] / 4), rtol=1e-5
    )
    clipped, same = prior.clip((3 * z, label))
    assert np.abs(clipped).max() <= 1 and same is label


def test_labels_beside_any_function_only_draw():
    plain = priors.labelled(lambda n, seed: priors.normal(2)(n, seed), 3)
    again = priors.labelled(priors.normal(2), 3)
    for a, b in zip(plain(9, seeds.as_seed(4)), again(9, seeds.as_seed(4))):
        np.testing.assert_array_equal(a, b)
    assert plain.log_density is None and again.log_density is not None
    assert plain.from_normal is None is again.from_normal


@pytest.mark.parametrize(
    "classes, frequencies, sentence",
    [
        (0, None, "a whole number above 0, not 0"),
        (2.0, None, r"not 2\.0"),
        (3, [1, 2], "each of 3 classes"),
        (2, [1, -1], "0 or more"),
        (2, [0, 0], "not all 0"),
        (2, [float("nan"), 1], "0 or more"),
    ],
)
def test_frequencies_that_are_none_are_refused(classes, frequencies, sentence):
    with pytest.raises(ValueError, match=sentence):
        priors.labelled(priors.normal(2), classes, frequencies=frequencies)


def test_a_rounding_does_not_lead_out_of_the_support():
    prior = priors.uniform(1, low=-0.7, high=0.1)
    z = prior.from_normal(tf.linspace(-9.0, 9.0, 10_001)[:, None])
    assert np.isfinite(prior.log_density(z)).all()


def test_a_plain_function_is_a_prior_for_all_that_draws():
    value = priors.normal(2)
    results = []
    for prior in (value, lambda n, seed: value.draw(n, seed)):
        gan = oracles.skewed_gan()._replace(prior=prior)
        real = gan.scored(gan.generator(prior(50, seeds.as_seed(1))))
        refine = sampling.refine(gan, policies.sgd(0.01), layer=0, steps=1, xla=False)
        sampler = sampling.compose(refine, sampling.mhgan(gan, thin=2))
        drawn = sampling.draw(sampler, gan.prior, 30, real=real, batch=10, seed=0)
        results.append((drawn.x, checks.check(gan, real.x)))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


def right(z):
    """1 at z = 1 of a uniform on [-1, 1), 0 at -1."""
    return (z[:, 0] + 1) / 2


def test_a_reweighted_prior_has_the_law_of_prior_times_weight_up_to_the_bound():
    prior = priors.uniform(1)
    for bound, weight, cdf in (
        (1.0, right, lambda z: ((z + 1) / 2) ** 2),
        # Half of it is above the bound, and counts as the bound.
        (0.5, right, lambda z: np.where(z < 0, (z + 1) ** 2 / 2, 0.5 + z) * 2 / 3),
    ):
        with pytest.warns(base.Doubt) if bound < 1 else contextlib.nullcontext():
            found = priors.reweighted(prior, weight, bound=bound)
        z = found(20_000, seeds.as_seed(3)).numpy()
        assert stats.kstest(z[:, 0], cdf).pvalue > oracles.LEVEL
        np.testing.assert_array_equal(z, found(20_000, seeds.as_seed(3)))
        assert (z != found(20_000, seeds.as_seed(4)).numpy()).any()


def test_a_reweighted_prior_draws_inside_a_graph_and_beside_labels():
    prior = priors.labelled(priors.uniform(1), 2)
    found = priors.reweighted(prior, lambda pair: right(pair[0]), bound=1)
    draw = tf.function(found.draw, autograph=False)
    z, label = draw(tf.constant(4000), seeds.as_seed(0))
    assert stats.kstest(z[:, 0], lambda z: ((z + 1) / 2) ** 2).pvalue > oracles.LEVEL
    assert abs(np.mean(label) - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_a_latent_whose_weight_is_no_number_is_never_drawn():
    def weight(z):
        return tf.where(z[:, 0] > 0, np.float32(np.nan), 1.0)

    z = priors.reweighted(priors.normal(2), weight, bound=1)(500, seeds.as_seed(0))
    assert (z[:, 0] <= 0).numpy().all()


def test_a_reweighted_prior_tells_no_density_and_keeps_its_bounds():
    found = priors.reweighted(priors.uniform(1), right, bound=1)
    assert found.log_density is found.to_normal is found.spec is None
    np.testing.assert_array_equal(found.clip(tf.constant([[3.0]])), [[1.0]])
    gan = oracles.gaussian_gan(0.5, 0.6)._replace(prior=found)
    with pytest.raises(ValueError, match="this prior tells none"):
        sampling.mala(gan)


def test_weights_that_do_not_fit_their_bound_are_told(monkeypatch):
    with pytest.warns(
        base.Doubt, match=r"weights above the bound of 0\.9, .* [56]\d\.\d% are"
    ):
        priors.reweighted(priors.uniform(1), right, bound=0.9)
    with pytest.warns(base.Doubt, match=r"0\.5% are kept"):
        rare = priors.reweighted(priors.uniform(1), right, bound=100)
    monkeypatch.setattr(priors, "ROUNDS", 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="refused 3 times"):
        rare(10, seeds.as_seed(0))
    for options, words in (
        ({"bound": 0}, "bound above 0, not 0"),
        ({"weight": lambda z: z}, r"a weight is \[n\], and this one gives \(1000, 1\)"),
        ({"weight": lambda z: 0 * z[:, 0]}, "none of 1000 latents"),
    ):
        with pytest.raises(ValueError, match=words):
            priors.reweighted(priors.uniform(1), **{"weight": right, **options})
