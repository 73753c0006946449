"""Tests for tf_collab.priors."""

import numpy as np
import oracles
import pytest
import tensorflow as tf
from scipy import stats

from tf_collab import priors, seeds

LAWS = {
    "normal": (priors.normal(2), stats.norm()),
    "uniform": (priors.uniform(2), stats.uniform(-1, 2)),
    "uniform on [2, 5)": (priors.uniform(2, low=2.0, high=5.0), stats.uniform(2, 3)),
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


@pytest.mark.parametrize("law", [priors.uniform, priors.quasi_uniform])
def test_an_empty_range_is_refused(law):
    with pytest.raises(ValueError, match=r"not 1\.0 and 1\.0"):
        law(2, low=1.0, high=1.0)
