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


@pytest.mark.parametrize("name", LAWS)
def test_the_coordinates_have_the_law_and_are_independent(name):
    prior, law = LAWS[name]
    n = 20_000
    z = prior(n, seeds.as_seed(0)).numpy()
    assert z.dtype == np.float32 and z.shape == (n, 2)
    assert stats.kstest(z.ravel(), law.cdf).pvalue > oracles.LEVEL
    # A correlation of independent columns is normal with variance 1 / n.
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / np.sqrt(n)


@pytest.mark.parametrize("name", LAWS)
def test_the_same_seed_gives_the_same_latents_and_another_does_not(name):
    prior, _ = LAWS[name]
    first, again, other = (prior(5, seeds.as_seed(s)).numpy() for s in (1, 1, 2))
    assert (first == again).all() and (first != other).all()


def test_the_shape_may_have_any_rank_and_n_may_be_a_tensor():
    assert priors.normal(4, 3)(tf.constant(2), seeds.as_seed(0)).shape == [2, 4, 3]
    assert priors.uniform()(2, seeds.as_seed(0)).shape == [2]


def test_an_empty_range_is_refused():
    with pytest.raises(ValueError, match=r"not 1\.0 and 1\.0"):
        priors.uniform(2, low=1.0, high=1.0)
