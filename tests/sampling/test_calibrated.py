"""An acceptor reads every score, of samples and of reals, by the log ratio."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, objectives, sampling, seeds

RATIO = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
# Rising and not linear, so that neither order nor differences of scores tell it.
CALIBRATED = RATIO._replace(calibrator=lambda score: score + score**3 / 3 - 1.5)
ACCEPTORS = {
    "exact rejection": (sampling.drs, {"percentile": None, "burn_in": 30}),
    "rejection": (sampling.drs, {"percentile": 60, "burn_in": 30}),
    "rejection, per batch": (sampling.drs, {"burn_in": 30, "per_batch": True}),
    "chains": (sampling.mhgan, {"thin": 2}),
    "chains anew": (sampling.mhgan, {"thin": 2, "restart": True}),
}


def judged(make, options, gan, rows, real):
    """What is kept and told of each row of scores; every x is another number."""
    acceptor = make(gan, **options)
    x = tf.reshape(tf.range(tf.size(rows)), rows.shape)
    state = acceptor.init(seeds.as_seed(0), Scored(x[0], rows[0]), Scored(None, real))
    for i, candidates in enumerate(map(Scored, x, rows)):
        verdict, state, info = acceptor.step(seeds.as_seed(i), candidates, state)
        keep = verdict.keep.numpy()
        yield keep, verdict.x.numpy()[keep], {k: v.numpy() for k, v in info.items()}


@pytest.mark.parametrize("name", ACCEPTORS)
@pytest.mark.parametrize("top", [0.5, 3.0])  # of reals, below and above the samples'
def test_scores_of_a_calibrated_gan_are_judged_as_their_log_ratios(name, top):
    rows = np.random.default_rng(0).normal(size=[6, 30]).astype("f")
    rows, real = tf.constant(rows), tf.constant([-1.0, 0.0, top])
    ratio = CALIBRATED.log_ratio
    pairs = zip(
        judged(*ACCEPTORS[name], CALIBRATED, rows, real),
        judged(*ACCEPTORS[name], RATIO, ratio(rows), ratio(real)),
        judged(*ACCEPTORS[name], RATIO, rows, real),
    )
    alike = []
    for found, expected, raw in pairs:
        tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
        alike.append(all(map(np.array_equal, found[:2], raw[:2])))
    assert not all(alike)  # else the scores themselves would do
