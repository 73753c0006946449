"""Tests for tf_collab.base."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, base, models, objectives


def test_the_log_ratio_is_the_objectives_until_there_is_a_calibrator():
    gan = GAN(None, None, None, objectives.nsgan())
    score = tf.constant([1.0, 2.0])
    assert gan.log_ratio(score).numpy().tolist() == [1.0, 2.0]
    calibrated = gan._replace(calibrator=lambda score: 2 * score)
    assert isinstance(calibrated, GAN)
    assert calibrated.log_ratio(score).numpy().tolist() == [2.0, 4.0]


def test_a_calibrator_counts_even_where_it_is_falsy():
    class Falsy:
        def __call__(self, score):
            return -score

        def __bool__(self):
            return False

    falsy = Falsy()
    gan = GAN(None, None, None, objectives.nsgan(), falsy)
    assert gan.log_ratio is falsy


@pytest.mark.parametrize("objective", [objectives.wgan_gp(), objectives.lsgan()])
def test_a_score_that_is_no_ratio_says_what_to_do(objective):
    gan = GAN(None, None, None, objective)
    with pytest.raises(ValueError, match="fit a calibrator"):
        gan.log_ratio  # noqa: B018
    assert gan._replace(calibrator=tf.identity).log_ratio is tf.identity


def test_a_verdict_extends_scored_samples():
    scored = base.Scored("x", "score")
    assert base.Verdict(*scored, keep="keep") == ("x", "score", "keep")


def test_a_gan_scores_samples_with_its_own_discriminator():
    modes = []

    def discriminator(x, training):
        modes.append(training)
        return x[:, 0]

    gan = GAN(None, discriminator, None, objectives.nsgan())
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    found = gan.scored(x)
    assert isinstance(found, base.Scored) and modes == [False]
    assert found.x is x and found.score.numpy().tolist() == [1.0, 3.0]


def test_a_score_of_another_rank_is_refused():
    gan = GAN(None, lambda x, training: x, None, objectives.nsgan())
    with pytest.raises(ValueError, match=r"gives \(2, 1\)"):
        gan.scored(tf.zeros([2, 1]))


BAD = [np.nan, np.inf, -np.inf]
LEAVES = {
    "float32": lambda bad: tf.constant([[1.0, 2.0], [1.0, bad]]),
    "float64": lambda bad: tf.constant([1.0, bad], tf.float64),
    "bfloat16": lambda bad: tf.constant([[[1.0]], [[bad]]], tf.bfloat16),
    "complex": lambda bad: tf.complex([1.0, 2.0], [1.0, bad]),
    "labelled": lambda bad: (tf.constant([7, 8]), {"x": tf.constant([1.0, bad])}),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", LEAVES)
def test_a_sample_that_is_not_finite_has_no_score(kind, bad):
    gan = GAN(
        None, lambda x, training: tf.constant([3.0, 3.0]), None, objectives.nsgan()
    )
    x = LEAVES[kind](bad)
    np.testing.assert_array_equal(gan.scored(x).score, [3.0, np.nan])
    np.testing.assert_array_equal(tf.function(gan.scored)(x).score, [3.0, np.nan])


def test_samples_without_floats_keep_their_scores():
    gan = GAN(None, lambda x, training: tf.ones([2]), None, objectives.nsgan())
    np.testing.assert_array_equal(gan.scored(tf.constant([[1], [2]])).score, [1, 1])


def test_arrays_are_scored_in_parts_and_nothing_is_printed_in_full():
    sizes = []

    def score(x):
        sizes.append(len(x))
        return tf.reduce_sum(x, range(1, np.ndim(x)))

    d = models.LayeredModel([score])
    gan = base.GAN(None, d, None, objectives.nsgan())
    x = np.random.default_rng(0).normal(size=[600, 2]).astype("float32")
    gan.scored(np.zeros([600, 784], "float32"))  # small pictures
    assert sizes == [334, 266]
    gan.scored(np.zeros([600, 3, 64, 64], "float32"))
    assert sizes[2:] == [256, 256, 88]
    del sizes[:]
    found = gan.scored(x)
    assert sizes == [600] and found.x is x
    np.testing.assert_allclose(found.score, x.sum(axis=1), rtol=1e-5, atol=1e-6)
    gan.scored(tf.constant(x))
    assert sizes[1:] == [600]
    assert repr(found) == "Scored(x float32 [600, 2], score (600,))"
    assert "\n" not in repr(gan) and "a log ratio" in repr(gan)
