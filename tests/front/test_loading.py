"""What a file tells of a GAN comes back: prior, labels that are held, statistics."""

import numpy as np
import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab.front.collaboration import Collaboration

Z = tc.seeds.as_seed(4)


@pytest.mark.parametrize(
    "prior",
    [tc.priors.normal(3), tc.priors.uniform(3, low=0, high=9)],
    ids=["normal", "uniform within bounds"],
)
def test_a_loaded_gan_has_the_prior_and_holds_what_it_held(prior, tmp_path):
    gan = linear_gan.linear_gan()._replace(prior=prior, hold=("label", 1))
    made = small_cases.outcome_of(small_cases.dials_of(gan))
    Collaboration(None, made, objective="nsgan").save(tmp_path)
    dials = tc.load_collaboration(tmp_path).outcome.dials
    for loaded in (dials.calibrated, dials.shaped):
        assert np.array_equal(loaded.prior(5, Z), prior(5, Z))
        assert loaded.hold == gan.hold
        assert loaded.batch_statistics == gan.batch_statistics
