"""A critic's ratio is fitted label by label, since its offset may hang on the label."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import tf_collab as tc
from experiments.stages import data, measuring, ratios
from tf_collab import metrics

OFFSETS = np.array([-4.0, 3.0], "f4")
AT = np.linspace(-1, 2, 7).astype("f4")


def task_of(counts):
    """Reals N(1, I) of two labels, as many as twice the counts."""
    label = np.repeat([0, 1], 2 * np.array(counts)).astype("i4")
    # By chance, so that each half has as many of a label, but for chance.
    label = np.random.default_rng(1).permutation(label)
    x = np.random.default_rng(0).normal(1, 1, [len(label), 1]).astype("f4")
    return data.Task(
        batch_at=None,
        held_out=(tf.constant(x), tf.constant(label)),
        measure=None,
        protocol="",
        frequencies=np.array([30, 70]),
        rows=500,
    )


@pytest.fixture
def critic():
    """A critic of samples N(0, I), which says x and an offset of the label."""

    def score(pair, training=False):
        x, label = pair
        return x[:, 0] + tf.gather(tf.constant(OFFSETS), label)

    prior = tc.priors.labelled(tc.priors.normal(1), 2, frequencies=[3, 7])
    g = tc.models.LayeredModel([lambda pair: pair])
    return tc.GAN(g, score, prior, tc.objectives.wgan_gp(), hold=(1,))


def fitted(critic, task):
    proposer = tc.sampling.direct(critic)
    return ratios.fitted(critic, proposer, task, tc.seeds.as_seed(0))


def test_a_critic_whose_offset_differs_by_label_is_calibrated_label_by_label(critic):
    task = task_of([1000, 1000])
    assert ratios.is_by_label(task) and ratios.pooled(task) is None
    gan = fitted(critic, task)
    for label in (0, 1):
        x = tf.constant(AT[:, None]), tf.fill([len(AT)], label)
        # log N(x; 1, 1) / N(x; 0, 1) = x - 1/2, within four standard errors of a
        # logistic regression on 1000 of each, at two deviations from the mean.
        found = gan.log_ratio_of(critic.scored(x)).numpy()
        np.testing.assert_allclose(found, AT - 0.5, atol=4 * 0.12)


def test_few_reals_of_a_label_have_one_calibrator_for_all(critic):
    task = task_of([1000, 15])
    assert not ratios.is_by_label(task)
    assert "fewer than the 20 to which" in ratios.pooled(task)
    # Most fakes are of the label that it scores high.
    with pytest.warns(tc.Doubt, match="upside down"):
        calibrator = fitted(critic, task).calibrator
    assert not getattr(calibrator, "needs_label", False)


def test_samples_without_labels_have_one_calibrator():
    task = task_of([30, 30])._replace(frequencies=None)
    assert not ratios.is_by_label(task) and ratios.pooled(task) is None


def test_calibration_is_judged_by_the_map_of_each_label(critic):
    task = task_of([200, 200])
    gan = fitted(critic, task)
    real = critic.scored(task.held_out)
    samples = tc.sampling.Samples(
        (*map(np.asarray, task.held_out),), real.score, 1.0, {}
    )
    # Reals stand for the fakes: of those that fit nothing, as many of each.
    judged = measuring._calibration(gan, real, samples)
    own = lambda part: special.expit(gan.log_ratio_of(part).numpy().astype("f8"))
    others = tc.Scored(data.taken(real.x, slice(1, None, 2)), real.score[1::2])
    n = len(others.score)
    first = tc.Scored(data.taken(real.x, slice(n)), real.score[:n])
    expected = metrics.calibration_report(own(others), own(first))
    assert judged == pytest.approx(expected)
