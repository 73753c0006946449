"""A calibrator is chosen on scores that it was not fitted to."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import ratios

GAN = tc.GAN(None, None, None, tc.objectives.nsgan())
CRITIC = GAN._replace(objective=tc.objectives.wgan_gp(penalty=0.1))


def scores(seed, scale, n=4000):
    """Scores of two unit normals 1 apart, whose log ratio is score / scale."""
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(0.5, 1, n), rng.normal(-0.5, 1, n)
    return scale * real, scale * fake


def test_a_sound_classifier_keeps_its_own_ratio_or_one_like_it():
    ratio = ratios.fitted(GAN, scores(0, 1.0), scores(1, 1.0))
    line = ratios.calibrated(GAN, ratio, "shaped").log_ratio(
        tf.constant([-2.0, 0.0, 2.0])
    )
    # Four standard errors of a slope fitted to 8000 scores: about 4 * 1.5 / sqrt(8000).
    assert np.allclose(line, [-2, 0, 2], atol=0.15)


def test_a_classifier_that_is_too_sure_is_corrected():
    ratio = ratios.fitted(GAN, scores(0, 5.0), scores(1, 5.0))
    assert ratio.kind != ratios.OWN
    line = ratios.calibrated(GAN, ratio, "shaped").log_ratio(tf.constant([-5.0, 5.0]))
    assert np.allclose(line, [-1, 1], atol=0.15)
    own = ratios.fitted(GAN, scores(0, 1.0), scores(1, 1.0))
    assert np.isclose(ratio.loss, own.loss, atol=0.02)


def test_a_critic_gets_a_ratio():
    ratio = ratios.fitted(CRITIC, scores(0, 3.0), scores(1, 3.0))
    line = ratios.calibrated(CRITIC, ratio, "shaped").log_ratio(tf.constant([3.0]))
    assert ratio.kind == "platt" and np.allclose(line, 1, atol=0.15)


def test_doubts_of_the_calibrator_that_is_taken_name_its_d():
    upside_down = [tuple(-each for each in scores(seed, 3.0, 100)) for seed in (0, 1)]
    ratio = ratios.fitted(CRITIC, *upside_down)
    with pytest.warns(tc.Doubt, match="the shaped D: fakes score above reals"):
        ratios.calibrated(CRITIC, ratio, "shaped")


def test_it_is_the_same_after_a_file():
    ratio = ratios.fitted(GAN, scores(0, 5.0, 100), scores(1, 5.0, 100))
    again = json.loads(json.dumps(ratio))
    x = tf.constant([-1.0, 0.3])
    lines = [
        ratios.calibrated(GAN, each, "shaped").log_ratio(x) for each in (ratio, again)
    ]
    assert np.array_equal(*lines)
