"""A log ratio that is known up to a constant: who feels it, and who is refused."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import Scored, base, calibrators, objectives, policies, sampling, seeds

GAN = oracles.skewed_gan(objectives.relativistic())
SCORES = np.linspace(-1, 3, 40), np.linspace(-3, 2, 40)
POLICY = policies.sgd(0.1)

# What asks for a probability.
FEEL = {
    "stop": lambda gan: sampling.refine(gan, POLICY, layer=0, steps=1, stop=0.6),
    "ladam": lambda gan: sampling.refine(gan, policies.ladam(0.1), layer=0, steps=1),
    "dgflow, js": lambda gan: sampling.dgflow(gan, divergence="js"),
}


@pytest.mark.parametrize("name", FEEL)
def test_what_asks_for_a_probability_is_refused_until_a_calibrator_fixes_it(name):
    tilted = GAN._replace(calibrator=calibrators.temperature(*SCORES))
    for gan in (GAN, tilted, GAN._replace(calibrator=calibrators.identity())):
        with pytest.raises(ValueError, match="up to a constant, which a probability"):
            FEEL[name](gan)
    for calibrator in (calibrators.platt(*SCORES), lambda score: score - 1.0):
        FEEL[name](GAN._replace(calibrator=calibrator))
    FEEL[name](GAN._replace(objective=objectives.nsgan()))
    with pytest.raises(ValueError, match="not a density ratio"):
        FEEL[name](GAN._replace(objective=objectives.hinge()))


# Who compares samples alone: proposer and acceptor.
plain, always = sampling.direct, lambda gan: sampling.always()
INDIFFERENT = {
    "mhgan": (plain, lambda gan: sampling.mhgan(gan, thin=3)),
    "isir": (plain, lambda gan: sampling.isir(gan, particles=4)),
    "sir": (plain, lambda gan: sampling.sir(gan, pool=3)),
    "obrs": (plain, lambda gan: sampling.obrs(gan, budget=2, burn_in=60)),
    "drs": (plain, lambda gan: sampling.drs(gan, percentile=60, burn_in=60)),
    "drs, exact": (plain, lambda gan: sampling.drs(gan, percentile=None, burn_in=60)),
    "mala": (lambda gan: sampling.mala(gan, steps=2, warm_up=2), always),
    "smc": (lambda gan: sampling.smc(gan, temperatures=2, warm_up=2), always),
    "dot": (lambda gan: sampling.dot(gan, slope=1.0, steps=2), always),
    "dgflow, kl": (lambda gan: sampling.dgflow(gan, steps=2), always),
}


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")  # of chains so short
@pytest.mark.parametrize("name", INDIFFERENT)
def test_what_compares_samples_gives_the_same_whatever_the_constant_is(name):
    propose, accept = INDIFFERENT[name]
    d = GAN.discriminator
    # Of quarters, so that adding one rounds nothing.
    rounded = lambda x: tf.round(8 * d(x)) / 8 if accept is not always else d(x)
    x = GAN.generator(GAN.prior(30, seeds.as_seed(9)))
    drawn = []
    for offset in (0.0, 4.0):
        gan = GAN._replace(
            discriminator=lambda x, training=False, o=offset: rounded(x) + o
        )
        real = Scored(None, gan.discriminator(x))
        sampler = sampling.compose(propose(gan), accept(gan))
        found = sampling.draw(sampler, gan.prior, 12, real=real, batch=12, seed=1)
        drawn.append(found.x)
    np.testing.assert_allclose(*drawn, atol=1e-4)


def test_a_constant_is_told_and_not_taken_for_a_mistake():
    from tf_collab import checks

    assert repr(GAN).endswith("a log ratio up to a constant)")
    far = GAN._replace(
        discriminator=lambda x, training=False: GAN.discriminator(x) + 50.0
    )
    x = GAN.generator(GAN.prior(50, seeds.as_seed(1)))
    assert checks.check(far, x) == []
    assert len(checks.check(far._replace(objective=objectives.nsgan()), x)) == 1


def test_each_label_needs_an_offset():
    fitted = calibrators.platt(*SCORES)
    for maps, fixed in (
        ((fitted, fitted), True),
        ((fitted, calibrators.identity()), False),
    ):
        assert calibrators.ByLabel(maps).fixes_offset == fixed
    assert base.Objective(None, None, None).offset_known
