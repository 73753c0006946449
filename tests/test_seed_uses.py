"""No seed is used twice: what is drawn together is independent."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.linear_gan import linear_gan, real, sgd
from helpers.seed_watching import seeds_of_draws

from tf_collab import (
    Scored,
    data,
    objectives,
    policies,
    sampling,
    seeds,
    training,
)

GAN = oracles.skewed_gan()
REAL = Scored(None, tf.constant([-1.0, 0.0, 1.0]))
SMOOTHED = objectives.coulomb(sigma=0.1)


def all_differ(found, count):
    """So many draws, each by a seed of its own that makes no others."""
    assert len(found) == len(set(found)) == count
    assert not found.parents & set(found)


@pytest.mark.parametrize(
    "objective, draws",
    [(objectives.wgan_gp(), 1), (SMOOTHED, 3)],
    ids=["wgan_gp", "coulomb"],
)
@pytest.mark.parametrize("options, latents", [({}, 2), ({"g_steps": 2}, 3)])
def test_a_step_of_training_draws_its_latents_and_its_loss_apart(
    objective, draws, options, latents
):
    gan = linear_gan()._replace(objective=objective)
    previous = tf.Variable(tf.zeros([16, 2]))
    step = training.train_step(
        gan, sgd(0.1), sgd(0.1), previous=previous, xla=False, **options
    )
    with seeds_of_draws() as found:
        for i in range(2):
            step(i, seeds.fold_in(seeds.as_seed(0), i), real())
    all_differ(found, 2 * (draws + latents))


def test_a_step_of_both_at_once_draws_its_latents_and_its_loss_apart():
    gan = linear_gan()._replace(objective=SMOOTHED)
    step = training.train_step(gan, sgd(0.1), sgd(0.1), simultaneous=True, xla=False)
    with seeds_of_draws() as found:
        step(0, seeds.as_seed(0), real())
    assert len(found) >= 2 + 1  # noise; z
    all_differ(found, len(found))


def test_a_step_of_shaping_draws_latents_depths_and_its_loss_apart():
    gan = linear_gan()._replace(objective=objectives.wgan_gp())
    explore = sampling.refine(
        gan, policies.sgd(0.1), layer=1, steps=2, pick="random", xla=False
    )
    step = training.tune_step(gan, explore, sgd(0.1), xla=False)
    with seeds_of_draws() as found:
        for i in range(2):
            step(i, seeds.fold_in(seeds.as_seed(0), i), real())
    all_differ(found, 2 * 3)


def told_by(found, part):
    return part._replace(init=found.told(part.init), step=found.told(part.step))


def test_a_step_of_tuning_gives_a_proposer_two_seeds_of_its_own():
    gan = linear_gan()
    with seeds_of_draws() as found:
        proposer = told_by(found, sampling.direct(gan))
        step = training.tune_step(gan, proposer, sgd(0.1), xla=False)
        step(0, seeds.as_seed(0), real())
    all_differ(found, 3)


ACCEPTORS = {
    # Acceptance; a chain's start and, after each proposal, its start anew.
    "mhgan": (sampling.mhgan(GAN, thin=1, restart=True), 1, 2),
    # Of a burn-in of 1500, two pieces.
    "drs": (sampling.drs(GAN, burn_in=1500, percentile=50), 2, 1),
}


@pytest.mark.parametrize("name", ACCEPTORS)
def test_a_draw_draws_latents_depths_acceptance_and_restarts_apart(name):
    acceptor, at_start, at_step = ACCEPTORS[name]
    explore = sampling.refine(
        GAN, policies.sgd(0.1), layer=1, steps=2, pick="random", xla=False
    )
    sampler = sampling.compose(explore, acceptor)
    with seeds_of_draws() as found:
        blocks = sampling.draws(sampler, GAN.prior, real=REAL, batch=8, seed=0)
        list(itertools.islice(blocks, 3))
    begun = 1 + at_start + (name == "mhgan")  # z, depths, starts of chains
    all_differ(found, begun + 3 * (2 + at_step))


@pytest.mark.parametrize("name", ACCEPTORS)
def test_a_selection_draws_starts_acceptance_and_restarts_apart(name):
    acceptor, _, at_step = ACCEPTORS[name]
    pool = Scored(np.zeros([24, 1], "f"), np.linspace(-1, 1, 24, dtype="f"))
    with seeds_of_draws() as found:
        sampling.select(acceptor, pool, real=REAL, batch=8, seed=0)
    all_differ(found, (name == "mhgan") + 3 * at_step)


@pytest.mark.parametrize("burn_in, pieces", [(0, 1), (1500, 2)])
def test_a_composed_sampler_gives_each_of_its_parts_a_seed_of_its_own(burn_in, pieces):
    parts = sampling.direct(GAN), sampling.always()._replace(burn_in=burn_in)
    with seeds_of_draws() as found:
        parts = [told_by(found, part) for part in parts]
        sampler = sampling.compose(*parts)
        blocks = sampling.draws(sampler, GAN.prior, real=REAL, batch=8, seed=0)
        list(itertools.islice(blocks, 2))
    # z, two inits and what they are shown; then z, a proposal and a verdict each.
    all_differ(found, 1 + 2 + pieces + 2 * 3)


@pytest.mark.parametrize("name", data.MIXTURES)
def test_a_batch_of_points_draws_places_and_noise_apart(name):
    with seeds_of_draws() as found:
        data.MIXTURES[name]().batch(7, seeds.as_seed(0))
    all_differ(found, 2)
