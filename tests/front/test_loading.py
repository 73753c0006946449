"""What a file tells of a GAN comes back: prior, labels that are held, statistics."""

import json

import numpy as np
import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab.front import loading
from tf_collab.front.collaboration import Collaboration

Z = tc.seeds.as_seed(4)
PRIORS = {
    "normal": tc.priors.normal(3),
    "truncated": tc.priors.truncated(3, at=0.7),
    "uniform": tc.priors.uniform(3, low=0, high=9),
    # What no file tells is given again.
    "quasi_normal": None,
    "quasi_uniform": None,
    "labelled": None,
    "reweighted": None,
}


def test_a_loaded_gan_has_the_prior_and_holds_what_it_held(tmp_path):
    prior, other = PRIORS["uniform"], {"hold": ("label", 1), "batch_statistics": True}
    gan = linear_gan.linear_gan()._replace(prior=prior, **other)
    made = small_cases.outcome_of(small_cases.dials_of(gan))
    made = Collaboration(None, made)  # of a GAN, which does not tell its objective
    made.save(tmp_path)
    with pytest.raises(ValueError, match="does not tell the objective"):
        tc.load_collaboration(tmp_path)
    made.save(tmp_path, objective="nsgan")
    dials = tc.load_collaboration(tmp_path).outcome.dials
    for loaded in (dials.calibrated, dials.shaped):
        assert np.array_equal(loaded.prior(5, Z), prior(5, Z))
        assert {name: getattr(loaded, name) for name in other} == other


def test_priors_that_tell_what_they_are_are_made_again_of_it():
    assert {*PRIORS} == {*tc.priors.__all__}
    for prior in filter(None, PRIORS.values()):
        again = loading._prior(json.loads(json.dumps(prior.spec)), None)
        assert np.array_equal(again(5, Z), prior(5, Z)) and again.spec == prior.spec
    for prior in tc.priors.quasi_normal(3), tc.priors.quasi_uniform(3):
        with pytest.raises(ValueError, match="give prior="):
            loading._prior(prior.spec, None)
    with pytest.raises(ValueError, match="its prior 'cauchy' is not known here"):
        loading._prior(["cauchy", [3], []], None)
