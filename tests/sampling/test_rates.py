"""Tests for tf_collab.sampling.rates: whole paths, and rates that are far off."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, models, objectives, policies, priors, sampling

REAL = Scored(tf.zeros([4, 2]), tf.constant([0.5, 1.0, 1.5, 2.0]))
AT = {"layer": 0, "real": REAL, "n": 64}
POLICIES = [policies.sgd, policies.momentum, policies.adam]


def linear_gan(slope=1.0, stage=tf.identity):
    """x = stage(z), z ~ N(0, I) in three dimensions; score = slope * sum x."""
    g = models.LayeredModel([stage])
    d = models.LayeredModel([lambda x: slope * tf.reduce_sum(x, 1)])
    return GAN(g, d, priors.normal(3), objectives.wgan_gp())


def share_of(gan, policy, steps):
    z = gan.prior(64, tf.constant([0, 0]))
    walk = sampling.trajectory(gan, policy, layer=0, steps=steps)
    x = walk(z, REAL).x.numpy()
    width = np.sqrt(np.mean(np.sum((z - np.mean(z, 0)) ** 2, 1)))
    return np.median(np.linalg.norm(x[-1] - x[0], axis=1)) / width


@pytest.mark.parametrize("make_policy", POLICIES)
@pytest.mark.parametrize("steps, share", [(1, 0.1), (7, 0.5), (20, 2.0)])
def test_a_path_of_so_many_steps_moves_the_median_sample_by_the_share(
    make_policy, steps, share
):
    gan = linear_gan()
    rate = sampling.suggest_rate(gan, make_policy, steps=steps, share=share, **AT)
    assert share_of(gan, make_policy(rate), steps) == pytest.approx(share, rel=0.005)


@pytest.mark.parametrize("make_policy", [policies.sgd, policies.momentum])
def test_a_sample_that_comes_to_rest_is_not_driven_on(make_policy):
    """Down the slope of x squared, where a path as long would overshoot."""
    g = models.LayeredModel([tf.identity])
    d = models.LayeredModel([lambda x: -tf.reduce_sum(x**2, 1)])
    gan = GAN(g, d, priors.normal(3), objectives.wgan_gp())
    rate = sampling.suggest_rate(gan, make_policy, steps=20, **AT)
    z = gan.prior(64, tf.constant([0, 0])).numpy()
    width = np.sqrt(np.mean(np.sum((z - z.mean(axis=0)) ** 2, axis=1)))
    # A step of rate r goes down 2 z r: as often as the policy sums it over 20 steps.
    times = {policies.sgd: 20, policies.momentum: 20 * 10 - 9 * 10 * (1 - 0.9**20)}
    down = 2 * np.median(np.linalg.norm(z, axis=1)) * times[make_policy]
    assert rate == pytest.approx(width / 2 / down, rel=0.005)
    assert share_of(gan, make_policy(rate), 20) < 0.5
    assert sampling.rate_advice(gan, make_policy, rate, steps=20, **AT) is None


def test_momentum_gets_a_smaller_rate_for_the_same_path():
    plain, heavy = (
        sampling.suggest_rate(linear_gan(), each, steps=20, **AT)
        for each in (policies.sgd, policies.momentum)
    )
    # 20 steps along a constant gradient: 20, and the sum of 10 (1 - 0.9**k), 120.9.
    assert plain / heavy == pytest.approx(120.9 / 20, rel=0.1)


def test_bounds_count_where_a_path_is_walked():
    gan, rate = linear_gan(), 1.0
    told = sampling.rate_advice(gan, policies.sgd, rate, steps=3, **AT)
    assert "overshoots" in told
    near = {"bounds": (-0.1, 0.1), **AT}
    at = float(
        sampling.rate_advice(gan, policies.sgd, rate, steps=3, **near)
        .split("moves by ")[1]
        .split()[0]
    )
    assert at < 1 < float(told.split("moves by ")[1].split()[0])


def test_a_discriminator_whose_gradient_is_rounding_is_refused():
    flat = linear_gan(slope=1e-8)
    with pytest.raises(ValueError, match="the discriminator is saturated"):
        sampling.suggest_rate(flat, policies.adam, steps=20, **AT)
    steep = linear_gan(slope=1e-4)
    assert sampling.suggest_rate(steep, policies.adam, steps=20, **AT) > 0
    with pytest.raises(ValueError, match="1 step or more, not 0"):
        sampling.suggest_rate(steep, policies.adam, steps=0, **AT)


@pytest.mark.parametrize(
    "times, told",
    [(1, None), (11, "overshoots at layer 0"), (9, None)]
    + [(1 / 90, None), (1 / 110, "hardly moves layer 0")],
)
def test_a_rate_that_is_far_off_is_told_with_one_that_is_not(times, told):
    gan = linear_gan()
    usual = sampling.suggest_rate(gan, policies.adam, **AT)
    advice = sampling.rate_advice(gan, policies.adam, times * usual, **AT)
    assert (advice is None) == (told is None)
    assert told is None or (told in advice and f"a rate of {usual:.2g}" in advice)


@pytest.mark.parametrize(
    "make_policy, steps", [(p, 20) for p in POLICIES] + [(POLICIES[0], 2)]
)
def test_a_rate_is_judged_by_the_whole_path_of_its_policy(make_policy, steps):
    """Along a constant slope the path is as long as the rate, whatever the policy."""
    gan, at = linear_gan(), AT | {"n": 8, "steps": steps}
    one = sampling.suggest_rate(gan, make_policy, share=1.0, **at)
    for share, told in [(0.5, None), (0.9, None), (1.1, "overshoots at")]:
        advice = sampling.rate_advice(gan, make_policy, share * one, **at)
        assert (advice is None) == (told is None)
    assert re.search(rf"at layer 0: it moves by 1\S* of .* in {steps} steps;", advice)
    half = float(advice.split("a rate of ")[1].split()[0])
    assert half == pytest.approx(one / 2, rel=0.1)
    for share, told in [(0.011, None), (0.009, "hardly moves layer 0: ")]:
        advice = sampling.rate_advice(gan, make_policy, share * one, **at)
        assert (advice is None) == (told is None)


def test_strides_that_come_back_are_told_though_they_lead_nowhere():
    """Down the slope of |x| by a fifth of the spread and more, and back up it."""
    gan = linear_gan()._replace(
        discriminator=models.LayeredModel([lambda x: -tf.reduce_sum(tf.abs(x), 1)])
    )
    told = sampling.rate_advice(gan, policies.sgd, 0.5, steps=20, **AT)
    assert re.search(r"overshoots at layer 0: it moves by (0\.|1 )", told)
    assert sampling.rate_advice(gan, policies.sgd, 0.1, steps=20, **AT) is None


def test_without_a_gradient_nothing_is_said_of_a_rate():
    flat = linear_gan(slope=0.0)
    assert sampling.rate_advice(flat, policies.sgd, 1.0, **AT) is None
    assert sampling.rate_advice(flat, policies.sgd, 1.0, steps=5, **AT) is None
