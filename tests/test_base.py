"""Tests for tf_collab.base."""

import pytest
import tensorflow as tf

from tf_collab import GAN, base, objectives


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
