"""Data of another scale are a flaw, and no law is one against itself."""

import numpy as np
import pytest

from tf_collab.front import scaling

ROWS, MADE = 1000, 256


def sparse(rng, n):
    x = rng.random([n, 16])
    x[:, 3] = np.where(rng.random(n) < 0.05, -2, x[:, 3])
    return x


LAWS = {
    "normal": lambda rng, n: rng.normal(size=[n, 2]),
    "cauchy": lambda rng, n: rng.standard_cauchy([n, 1]),
    "counts": lambda rng, n: rng.zipf(1.5, [n, 1]).astype("f8"),
    "log-normal": lambda rng, n: rng.lognormal(0, 2, [n, 1]),
    "t": lambda rng, n: rng.standard_t(1.5, [n, 1]),
    "a rare value": sparse,
    "dark": lambda rng, n: 255 * (rng.random([n, 64]) < 0.15),
    "nearly all zero": lambda rng, n: (
        rng.lognormal(0, 2, [n, 9]) * (rng.random([n, 9]) < 0.05)
    ),
}


def outliers(rng, n, share):
    x = rng.normal(size=[n, 1])
    return np.where(rng.random([n, 1]) < share, 50 * x, x)


def flaws(real, fake):
    return scaling.flaws(real.astype("f4"), fake.astype("f4"))


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_no_flaw_against_itself(name):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert flaws(LAWS[name](rng, ROWS), LAWS[name](rng, MADE)) == []


@pytest.mark.parametrize("share", [0.05, 0.15])
def test_a_g_with_a_few_outliers_is_not_of_another_scale(share):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert flaws(LAWS["normal"](rng, ROWS), outliers(rng, MADE, share)) == []


def shades(rng, n):
    return rng.beta(0.7, 1.2, [n, 20])


# What stands for the data and for the samples, of shades in [0, 1].
SCALED = {
    "unit and tanh": (lambda x: x, lambda x: 2 * x - 1),
    "tanh and unit": (lambda x: 2 * x - 1, lambda x: x),
    "bytes and tanh": (lambda x: 255 * x, lambda x: 2 * x - 1),
    "tanh and bytes": (lambda x: 2 * x - 1, lambda x: 255 * x),
    "wide data": (lambda x: 100 * x, lambda x: x),
    "wide samples": (lambda x: x, lambda x: 100 * x),
}


@pytest.mark.parametrize("how", SCALED)
def test_a_scaling_is_a_flaw(how):
    of_real, of_fake = SCALED[how]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        real, fake = of_real(shades(rng, ROWS)), of_fake(shades(rng, MADE))
        (told,) = flaws(real, fake)
        assert told.endswith("scale the data to the generator's range")


def test_dark_bytes_against_tanh_are_a_flaw():
    rng = np.random.default_rng(0)
    real, fake = (LAWS["dark"](rng, n) for n in (ROWS, MADE))
    noise = 0.01 * rng.random(fake.shape)
    assert flaws(real, fake / 127.5 - 1 + noise)


@pytest.mark.parametrize(
    "low, high, least, most",
    [
        (-1, 1, -0.05, 0.05),  # a G that has learned nothing
        (-1, 1, 0.7, 0.72),  # one that makes one mode alone
        (0, 1, -0.01, 0.01),
        (-1, 1, 0.0, 0.4),
        (0, 1, -0.2, 1.2),
        (0, 20, 5, 7.5),
    ],
)
def test_a_poor_g_is_no_flaw(low, high, least, most):
    rng = np.random.default_rng(0)
    real, fake = rng.uniform(low, high, [ROWS, 2]), rng.uniform(least, most, [MADE, 2])
    assert flaws(real, fake) == []


def test_leaves_of_whole_numbers_are_left_out():
    x = {"label": np.arange(300), "x": np.ones([300, 2], "f4")}
    assert scaling.flaws(x, {**x, "label": 1000 * np.arange(300)}) == []


def clusters(rng, n):
    """Columns of two clusters, between -6 and 4."""
    return np.where(rng.random([n, 8]) < 0.6, -5, 3) + rng.uniform(-1, 1, [n, 8])


# What people do to data, and forget of the generator.
TREATED = {
    "to [0, 1]": lambda x: (x - x.min(0)) / np.ptp(x, 0),
    "to [-1, 1]": lambda x: 2 * (x - x.min(0)) / np.ptp(x, 0) - 1,
    "moved": lambda x: x + 20,
}


@pytest.mark.parametrize("how", TREATED)
def test_data_that_were_treated_while_g_was_not_are_a_flaw(how):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        real, fake = clusters(rng, ROWS), clusters(rng, MADE)
        assert flaws(TREATED[how](real), fake)
        assert flaws(TREATED[how](real), TREATED[how](fake)) == []
        assert flaws(real, fake[:, :1].repeat(8, 1)) == []


def test_samples_all_elsewhere_are_a_flaw_and_a_lost_cluster_is_none():
    rng = np.random.default_rng(0)
    real, fake = clusters(rng, ROWS), clusters(rng, MADE)
    assert flaws(real, np.where(fake < 0, fake, fake - 8)) == []
    constant = np.zeros([ROWS, 1])
    assert flaws(constant, np.full([MADE, 1], 1e-9)) == []


def modes(rng, n):
    """Eight modes in columns of other means and deviations."""
    at = rng.integers(8, size=n)
    ring = np.stack([np.cos(at * np.pi / 4), np.sin(at * np.pi / 4)], 1)
    return (ring + 0.05 * rng.normal(size=[n, 2])) * [6.0, 0.8] + [3.0, 1.0]


STANDARD = {
    "columns": lambda x: (x - x.mean(0)) / x.std(0),
    "all": lambda x: (x - x.mean()) / x.std(),
}


@pytest.mark.parametrize("law", [modes, clusters])
@pytest.mark.parametrize("how", STANDARD)
def test_standardised_data_of_a_raw_g_are_a_flaw_and_raw_data_of_the_other(how, law):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        real, fake = law(rng, ROWS), law(rng, MADE)
        assert flaws(STANDARD[how](real), fake)
        assert flaws(real, STANDARD[how](fake))
        assert flaws(STANDARD[how](real), STANDARD[how](fake)) == []


def test_a_poor_g_of_standardised_data_is_no_flaw():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        real, fake = STANDARD["columns"](modes(rng, ROWS)), rng.normal(size=[MADE, 2])
        for scale in (0.01, 0.1, 0.3, 1.0, 1.5):
            assert flaws(real, scale * fake) == []
        lost = real[rng.integers(ROWS, size=4000)]
        assert flaws(real, lost[lost[:, 0] > 0.5][:MADE]) == []  # three modes of eight
