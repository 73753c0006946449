"""What is said of a prior or an objective that is not one helps."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import parts

RNG = np.random.default_rng(0)
X = RNG.normal(size=[64, 2]).astype("float32")


@pytest.fixture(scope="module")
def nets():
    dense, start = keras.layers.Dense, keras.Input
    g = keras.Sequential([start((3,)), dense(4, "tanh"), dense(2)])
    return g, keras.Sequential([start((2,)), dense(1)])


def test_both_cures_for_a_prior_of_numpy_are_priors(nets):
    with pytest.raises(ValueError) as told:
        parts.drawn(lambda n, seed: RNG.normal(size=[n, 3]))
    _, by_tensorflow, by_numpy = re.split(
        "(?=lambda n, seed)", str(told.value), maxsplit=2
    )
    for cure in (by_tensorflow.partition(" does, or")[0], by_numpy):
        prior = eval(cure, {"tf": tf, "np": np})
        gan = tc.from_keras(*nets, prior=prior, objective="nsgan")
        assert tc.checks.check(gan, X) == []  # no chance but that of the seed
        of_seed = tf.function(lambda n, seed, prior=prior: prior(n, seed))
        rows = [of_seed(tf.constant(5), tf.constant([s, s])) for s in (1, 1, -2)]
        assert np.array_equal(rows[0], rows[1]) and rows[0].shape == (5, 3)
        assert not np.array_equal(rows[0], rows[2])
        plain = tc.sampling.compose(tc.sampling.direct(gan), tc.sampling.always())
        how = {"real": gan.scored(X), "batch": 10, "seed": 0}
        drawn = tc.sampling.draw(plain, prior, 30, **how)
        assert len(np.unique(drawn.x, axis=0)) == 30


def test_an_objective_by_a_name_from_elsewhere_is_answered_with_ours():
    for name, ours in (("bce", "nsgan"), ("WGAN-GP", "wgan_gp")):
        with pytest.raises(ValueError, match=f"did you mean {ours!r}"):
            parts.objective_of(name)
