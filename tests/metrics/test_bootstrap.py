"""The resampled MMD: its value is `mmd`, its intervals hold what they promise."""

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.metrics import bootstrap

KERNEL = metrics.gaussian_kernel(1.0)


def normal(seed, n=80, shift=0.0):
    return np.random.default_rng(seed).normal(size=[n, 2]) + shift


def test_its_value_is_the_unbiased_mmd():
    real, near, far = normal(0), normal(1, 50), normal(2, 60, shift=1.0)
    found = bootstrap.resampled_mmd(
        real, {"near": near, "far": far}, kernel=KERNEL, rounds=5
    )
    for name, x in (("near", near), ("far", far)):
        assert np.isclose(found.value[name], metrics.mmd(real, x, kernel=KERNEL))


def test_a_round_is_the_mmd_of_what_it_drew_without_pairs_of_a_row_with_itself():
    real, x = normal(0, 12), normal(1, 10)
    found = bootstrap.resampled_mmd(real, {"x": x}, kernel=KERNEL, rounds=3, seed=4)
    rng = np.random.default_rng(4)
    rows = [rng.multinomial(n, np.full(n, 1 / n), size=3) for n in (12, 10)]
    for k in range(3):
        i, j = (np.repeat(np.arange(len(c[k])), c[k]) for c in rows)

        def within(at, points):
            pairs = [(p, q) for p in at for q in at if p != q]
            return np.mean([KERNEL(points[[p]], points[[q]]) for p, q in pairs])

        cross = np.mean(KERNEL(real[i], x[j]))
        slow = within(i, real) + within(j, x) - 2 * cross
        assert np.isclose(found.rounds["x"][k], slow)


def test_simultaneous_intervals_hold_the_truth_of_all_sets():
    """Two sets better than plain by known amounts, one as good: 95 % of 120 draws.

    MMD**2 of a Gaussian kernel between normals is known in closed form. A share of .95
    has a standard error of .02 over 120 draws, so that .87 is four of them below.
    """

    def exact(shift):
        # E k(x, y) for x - y normal with variance 2 in each of two dimensions.
        return 2 / 3 * (1 - np.exp(-2 * shift**2 / 6))

    truth = {name: exact(s) for name, s in SHIFTS.items()}
    held = 0
    for draw in range(120):
        sets = {
            name: normal(1000 * draw + i + 1, shift=s)
            for i, (name, s) in enumerate(SHIFTS.items())
        }
        found = bootstrap.resampled_mmd(
            normal(1000 * draw), sets, kernel=KERNEL, rounds=100, seed=draw
        )
        held += all(
            low <= truth[name] - truth["plain"] <= high
            for name, (_, low, high) in found.against("plain").items()
        )
    assert held >= 0.87 * 120


def test_the_intervals_of_many_differences_hold_together():
    """Of 12 sets apart, each of 95 % alone would hold in half of the rounds."""
    rng = np.random.default_rng(3)
    names = [f"set {i}" for i in range(12)]
    rounds = {name: rng.normal(size=400) for name in names}
    found = bootstrap.Resampled(dict.fromkeys(["plain", *names], 0.0), rounds)
    found.rounds["plain"] = np.zeros(400)
    within = [
        (low <= rounds[name] - rounds[name].mean())
        & (rounds[name] - rounds[name].mean() <= high)
        for name, (_, low, high) in found.against("plain").items()
    ]
    assert np.mean(np.all(within, axis=0)) == 0.95


SHIFTS = {"plain": 0.6, "same": 0.6, "better": 0.3, "best": 0.0}


def test_what_two_sets_share_cancels_in_their_difference():
    real, x = normal(0), normal(1, shift=0.5)
    sets = {"plain": x, "moved": x - 0.1}
    apart = bootstrap.resampled_mmd(real, sets, kernel=KERNEL)
    paired = bootstrap.resampled_mmd(real, sets, kernel=KERNEL, aligned=list(sets))
    _, low, high = paired.against("plain")["moved"]
    _, lower, higher = apart.against("plain")["moved"]
    assert high - low < 0.5 * (higher - lower)


def test_a_set_beside_itself_differs_by_nothing():
    x = normal(1)
    found = bootstrap.resampled_mmd(
        normal(0), {"a": x, "b": x}, kernel=KERNEL, aligned=["a", "b"]
    )
    assert found.against("a")["b"] == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "sets, options, words",
    [
        ({}, {}, "there is none"),
        ({"x": normal(0, 9)}, {}, "needs 10 samples of each set"),
        ({"x": normal(0)}, {"rounds": 1}, "rounds must be 2"),
        ({"a": normal(0, 15), "b": normal(0, 16)}, {"aligned": ["a", "b"]}, "one size"),
    ],
)
def test_senseless_input_is_one_sentence(sets, options, words):
    with pytest.raises(ValueError, match=words):
        bootstrap.resampled_mmd(normal(0), sets, kernel=KERNEL, **options)
