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


@pytest.mark.parametrize(
    "weight", [np.ones(16), np.arange(16.0)], ids=["equal", "weights"]
)
def test_a_round_is_the_mmd_of_what_it_drew_without_pairs_of_a_row_with_itself(weight):
    real, x = normal(0, 12), normal(1, 16)
    found = bootstrap.resampled_mmd(
        real, {"x": x}, kernel=KERNEL, rounds=3, seed=4, weights={"x": weight}
    )
    rng = np.random.default_rng(4)
    rows = [rng.multinomial(n, np.full(n, 1 / n), size=3) for n in (12, 16)]
    for k in range(3):
        i, j = (np.repeat(np.arange(len(c[k])), c[k]) for c in rows)

        def within(at, points, w):
            pairs = [(p, q) for p in at for q in at if p != q]
            values = [KERNEL(points[[p]], points[[q]]).item() for p, q in pairs]
            return np.average(values, weights=[w[p] * w[q] for p, q in pairs])

        cross = np.average(KERNEL(real[i], x[j]).mean(axis=0), weights=weight[j])
        slow = within(i, real, np.ones(12)) + within(j, x, weight) - 2 * cross
        assert np.isclose(found.rounds["x"][k], slow)


def test_rows_that_count_nothing_are_as_if_they_were_not_there():
    real, x, there = normal(0), normal(1, 60), np.arange(60) < 40
    sets, weights = {"all": x, "some": x[:40]}, {"all": 3.0 * there}
    found = bootstrap.resampled_mmd(
        real, sets, kernel=KERNEL, rounds=5, weights=weights
    )
    assert np.isclose(found.value["all"], found.value["some"])


def test_weights_of_another_law_give_its_distance():
    """Samples of N(0, 1) by the density of N(.6, 1): distance 0 to reals of that.

    The mean of 60 draws has an error that they tell of; four of them are allowed, with
    as much again for the ratio of two sums, whose bias is of order 1 / n.
    """
    values = []
    for draw in range(60):
        x = normal(2 * draw, 200)
        weight = np.exp(x @ [0.6, 0.6])
        found = bootstrap.resampled_mmd(
            normal(2 * draw + 1, 200, shift=0.6),
            {"x": x, "weighed": x},
            kernel=KERNEL,
            rounds=2,
            weights={"weighed": weight},
        )
        values.append([found.value["x"], found.value["weighed"]])
    (far, near), error = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(60)
    assert abs(near) < 8 * error[1] and far > 20 * error[0]


def test_a_part_is_freed_of_its_luck():
    """Few moved samples beside many plain ones of which the first were moved."""
    errors = []
    for draw in range(60):
        plain = normal(2 * draw + 1, 400, shift=0.5)
        sets = {"plain": plain, "head": plain[:80], "moved": plain[:80] - 0.1}
        found = bootstrap.resampled_mmd(
            normal(2 * draw, 400), sets, kernel=KERNEL, rounds=60, aligned=[*sets]
        )
        free = found.controlled(["moved"], part="head", whole="plain")
        assert free.value.keys() == {"plain", "moved"}
        assert free.value["plain"] == found.value["plain"]
        errors.append(
            [each.value["moved"] - each.value["plain"] for each in (found, free)]
        )
        assert free.error("moved") < found.error("moved")
    spread = np.std(errors, axis=0)
    assert spread[1] < 0.7 * spread[0]
    means = np.mean(errors, axis=0)
    assert abs(means[1] - means[0]) < 4 * spread[0] / np.sqrt(60)


def test_the_effective_size_is_kishs():
    assert bootstrap.effective_size(np.full(7, 0.3)) == pytest.approx(7)
    assert bootstrap.effective_size(np.array([2.0, 1.0, 1.0])) == pytest.approx(16 / 6)
    assert bootstrap.effective_size(np.zeros(3)) == 0


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
    assert 1.95 < (high - low) / 2 / paired.error("moved", "plain") < 2.3
    assert paired.error("moved") > paired.error("moved", "plain")


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
        ({"x": normal(0)}, {"weights": {"x": np.eye(80)[0]}}, "and 1 of x"),
        ({"x": normal(0)}, {"weights": {"x": np.ones(79)}}, "80 finite numbers"),
        ({"x": normal(0)}, {"weights": {"x": -np.ones(80)}}, "0 or more"),
        ({"x": normal(0)}, {"weights": {"x": np.full(80, np.nan)}}, "finite numbers"),
    ],
)
def test_senseless_input_is_one_sentence(sets, options, words):
    with pytest.raises(ValueError, match=words):
        bootstrap.resampled_mmd(normal(0), sets, kernel=KERNEL, **options)


def test_a_round_draws_whole_groups_and_pairs_only_rows_of_two():
    real, x, groups = normal(0, 12), normal(1, 10), np.arange(12)[::-1] // 3 * 7
    groups[5] = 0  # so that they are not of one size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "LEAST", 4)
        found = bootstrap.resampled_mmd(
            real, {"x": x}, kernel=KERNEL, rounds=3, seed=4, groups=groups
        )
    names = np.unique(groups)
    rng = np.random.default_rng(4)
    drawn = rng.multinomial(4, np.full(4, 1 / 4), size=3)
    rows = rng.multinomial(10, np.full(10, 1 / 10), size=3)
    for k in range(3):
        # Copies of a group are one with it: their rows are no pairs either.
        i = np.concatenate(
            [np.repeat(np.flatnonzero(groups == g), c) for g, c in zip(names, drawn[k])]
        )
        j = np.repeat(np.arange(10), rows[k])
        among = [
            KERNEL(real[[p]], real[[q]]).item()
            for p in i
            for q in i
            if groups[p] != groups[q]
        ]
        own = [KERNEL(x[[p]], x[[q]]).item() for p in j for q in j if p != q]
        slow = np.mean(among) + np.mean(own) - 2 * KERNEL(real[i], x[j]).mean()
        assert np.isclose(found.rounds["x"][k], slow)


def test_errors_over_groups_are_those_of_new_groups():
    """Reals are 20 near copies of each of 15 points, so that 15 are independent.

    The spread of a difference over 60 data sets is known to a tenth; the mean error
    that each tells lies within three of these, and over rows it is a third of it.
    """
    told: dict[str, list[float]] = {"groups": [], "rows": []}
    values = []
    groups = np.repeat(np.arange(15), 20)
    x, y = normal(1000, 300), normal(1001, 300, shift=0.5)
    for draw in range(60):
        real = normal(draw, 15)[groups] + 0.01 * normal(draw + 500, 300)
        for name, given in (("groups", groups), ("rows", None)):
            found = bootstrap.resampled_mmd(
                real, {"x": x, "y": y}, kernel=KERNEL, rounds=60, groups=given
            )
            told[name].append(found.error("y", "x"))
        values.append(found.value["y"] - found.value["x"])
    spread = np.std(values)
    assert 0.7 < np.mean(told["groups"]) / spread < 1.3
    assert np.mean(told["rows"]) < spread / 2


def test_groups_that_are_too_few_are_refused():
    with pytest.raises(ValueError, match="got 4 groups of reals and 60 of x"):
        bootstrap.resampled_mmd(
            normal(0, 80),
            {"x": normal(1, 60)},
            kernel=KERNEL,
            groups=np.arange(80) // 20,
        )
