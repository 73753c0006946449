"""A classifier's errors on what it did not learn from, beside classifiers made anew."""

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.metrics import telling

KERNEL = metrics.gaussian_kernel(1.0)


def points(seed, n, at=0.0):
    return np.random.default_rng(seed).normal(at, 1, [n, 2])


def share(real, fake, ridge):
    """What is told, by as many classifiers as there are rows."""
    x = np.concatenate([real, fake])
    label = np.repeat([1.0, -1.0], [len(real), len(fake)])
    weight = np.repeat([0.5 / len(real), 0.5 / len(fake)], [len(real), len(fake)])
    gram, errors = KERNEL(x, x) + 1, []
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        inner = gram[np.ix_(rest, rest)] + ridge * np.diag(1 / weight[rest])
        errors.append(label[i] - gram[i, rest] @ np.linalg.solve(inner, label[rest]))
    return 1 - weight @ np.square(errors)


def test_errors_are_those_of_classifiers_that_learned_from_all_other_rows():
    real, before, after = points(0, 24), points(1, 21, 3.0), points(1, 21, 2.0)
    found = metrics.told_apart(real, before, after, kernel=KERNEL)
    tried = [[share(real, x, r) for x in (before, after)] for r in telling.RIDGES]
    best = max(tried, key=sum)
    np.testing.assert_allclose(found[:2], best, rtol=1e-6)
    assert found.less.value == pytest.approx(best[0] - best[1])
    rounds = []
    ridge = telling.RIDGES[tried.index(best)]
    for i in range(10):
        kept = [np.delete(x, slice(i, None, 10), axis=0) for x in (real, before, after)]
        rounds.append(share(kept[0], kept[1], ridge) - share(kept[0], kept[2], ridge))
    error = np.sqrt(9 / 10 * np.sum((rounds - np.mean(rounds)) ** 2))
    assert found.less.high - found.less.value == pytest.approx(2.262 * error)


def test_the_share_goes_from_nothing_to_all():
    told = metrics.told_apart(
        points(0, 60), points(1, 60, 9.0), points(2, 60), kernel=KERNEL
    )
    assert told.before > 0.95 and abs(told.after) < 0.2 and told.less.low > 0


def test_the_share_is_the_triangular_discrimination_at_best():
    """Of normals 1 apart, by their densities."""
    n = 400
    real, fake = points(3, n), points(4, n) + [1.0, 0.0]
    told = metrics.told_apart(real, fake, fake, kernel=KERNEL)
    t = np.linspace(-8, 9, 4001)
    p, q = (np.exp(-((t - at) ** 2) / 2) / np.sqrt(2 * np.pi) for at in (0, 1))
    known = np.sum((p - q) ** 2 / (p + q)) * (t[1] - t[0]) / 2
    # Squared errors are from 0 to 4, with a spread of 1 at most here; and few teach.
    assert known - 4 / np.sqrt(2 * n) < told.before < known + 4 / np.sqrt(2 * n)


def test_the_interval_covers_none_where_there_is_none():
    """Though the samples after are others than those before, which makes it wide."""
    rounds, covers = 100, 0
    for seed in range(rounds):
        sets = (points(1000 * i + seed, 60, 0.5 * (i > 0)) for i in range(3))
        covers += 0 in metrics.told_apart(*sets, kernel=KERNEL).less
    assert covers / rounds > 0.95 - 4 * np.sqrt(0.95 * 0.05 / rounds)


def test_samples_that_stay_differ_by_nothing():
    real, fake = points(0, 30), points(1, 30)
    assert metrics.told_apart(real, fake, fake, kernel=KERNEL).less == (0, 0, 0)


def test_one_classifier_tells_as_much_as_one_of_two():
    real, fake = points(0, 30), points(1, 30, 2.0)
    told = metrics.told_apart(real, fake, fake, kernel=KERNEL)
    assert metrics.told_share(real, fake, kernel=KERNEL) == told.before == told.after


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((19, 30, 30), "20 rows of each kind, but got 19 reals"),
        ((30, 19, 19), "and 19 samples"),
        ((30, 30, 29), "are pairs, but are 30 and 29"),
    ],
)
def test_few_rows_and_what_is_no_pair_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        metrics.told_apart(*(points(i, n) for i, n in enumerate(sizes)), kernel=KERNEL)
