"""What a file tells of a GAN comes back: prior, labels that are held, statistics."""

import json

import keras
import numpy as np
import pytest
from helpers import keras_nets, linear_gan, small_cases, small_tunings

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


class OwnD(keras.Model):
    """A discriminator of a class of its own."""

    def __init__(self, ending=None):
        super().__init__()
        self.hidden = keras.layers.Dense(4, "relu")
        self.last = keras.layers.Dense(1, ending)

    def call(self, x):
        return self.last(self.hidden(x))


def own_nets(ending):
    g, d = keras_nets.OwnChain(between=lambda h: 2 * h), OwnD(ending)
    d(g(np.zeros([1, 3], "f4")))
    return g, d


@pytest.mark.parametrize(
    "ending, read", [(None, {}), ("sigmoid", {"probability": True})]
)
def test_nets_of_own_classes_are_given_again_as_they_were(tmp_path, ending, read):
    g, d = own_nets(ending)
    reals = small_cases.reals(1), small_cases.reals(2)
    options = {"prior": tc.priors.normal(3), "objective": "nsgan", **read}
    with small_tunings.tunings_of(batch=40, FEWEST=20, MOST=40, STEPS=2, LOOKS=1):
        c = tc.collaborate(g, d, reals[0], held_out=reals[1], **options)
        c.tune(calls=20_000, progress=False)
        with pytest.warns(tc.Doubt, match="has of the discriminator and the generator"):
            c.save(tmp_path)
        with pytest.raises(ValueError, match="of the generator its weights alone"):
            tc.load_collaboration(tmp_path)
        with pytest.raises(ValueError, match=r"discriminator=\.\.\.\), with the disc"):
            tc.load_collaboration(tmp_path, generator=g)
        for nets in (g, d), own_nets(ending):  # the same, and others of their classes
            given = dict(zip(("generator", "discriminator"), nets, strict=True))
            loaded = tc.load_collaboration(tmp_path, **given)
            for method in "standard", "hastings", "collaborative":
                draws = [each.draw(9, method=method, seed=2) for each in (c, loaded)]
                assert np.allclose(*draws, atol=1e-5)
    assert loaded.outcome.read == c.outcome.read  # so that it can be saved once more
