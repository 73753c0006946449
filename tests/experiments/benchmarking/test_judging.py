"""Tests for experiments.benchmarking.judging and .chain_sizes."""

import numpy as np
import pytest

import tf_collab as tc
from experiments.benchmarking import chain_sizes, judging
from experiments.stages.data import Task
from tf_collab import metrics


def judge(n):
    measure = lambda x: {"good": float(np.mean(x)), "kl": None}
    task = Task(lambda step: None, None, measure, "")
    return judging.judge(task, n)


# A standard deviation of 40 rounds is right within 1 / sqrt(78): four of them.
SURE = 4 / np.sqrt(2 * (judging.ROUNDS - 1))


@pytest.mark.parametrize("length", [1, 8])
def test_an_error_is_that_of_so_many_samples_or_chains(length):
    n = 4000
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=n // length), length)
    values, errors = judge(n)(x, np.repeat(np.arange(n // length), length))
    assert values == {"good": pytest.approx(np.mean(x)), "kl": None}
    assert errors == {"good": pytest.approx(np.sqrt(length / n), rel=SURE)}


def test_what_takes_all_pairs_is_asked_once_and_has_no_error():
    asked = []
    task = Task(lambda step: None, None, lambda x: {"good": float(np.mean(x))}, "")
    task = task._replace(pairs=lambda x: asked.append(len(x)) or {"mmd2": 0.5})
    values, errors = judging.judge(task, 100)(np.arange(100.0), np.arange(100))
    assert (values["mmd2"], asked, [*errors]) == (0.5, [100], ["good"])
    assert task.measured(np.ones(3), 0) == {"good": 1.0, "mmd2": 0.5}


def test_images_that_are_good_and_alike_have_precision_and_no_recall():
    """Not the other way round; features are the two pixels themselves."""
    pixels = np.random.default_rng(0).integers(0, 256, [200, 1, 2, 1], np.uint8)
    flat = lambda x: np.reshape(x, [len(x), -1])
    task = Task(
        lambda step: None,
        None,
        lambda x: {},
        "",
        tests=tc.data.Images(pixels, None),
        net=lambda: ("own", metrics.Classifier(flat, None, "pool")),
    )
    alike = np.random.default_rng(1).normal(0, 0.02, [40, 1, 2, 1])
    values, errors = judging.judge(task, 40)(alike.astype("float32"), np.arange(40))
    assert values["precision_own_pool_40_test"] == 1
    assert values["recall_own_pool_40_test"] < 0.2
    assert values["fd_own_pool_40_test"] > 0.1 and values.keys() == errors.keys()


def test_few_samples_have_no_error():
    assert judge(10)(np.zeros(10), np.arange(10)) == ({"good": 0.0, "kl": None}, {})


def autoregressive(n, chains, share, seed=0):
    rng = np.random.default_rng(seed)
    at, rows = rng.normal(size=chains), []
    for _ in range(n // chains):
        rows.append(at)
        at = share * at + np.sqrt(1 - share**2) * rng.normal(size=chains)
    return np.concatenate(rows), np.tile(np.arange(chains), n // chains)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8])
def test_samples_of_chains_are_worth_what_theory_says(share):
    n = 40_000
    first, size = chain_sizes.effective(*autoregressive(n, 40, share))
    assert first == pytest.approx(share, abs=4 / np.sqrt(n))
    # The sum ends where the correlation is faint, which is a part in twenty of it.
    assert size == pytest.approx(n * (1 - share) / (1 + share), rel=0.12)


def test_the_order_of_chains_does_not_matter():
    value, chain = autoregressive(2000, 20, 0.6)
    by_chain = np.argsort(chain, kind="stable")
    assert chain_sizes.effective(value, chain) == chain_sizes.effective(
        value[by_chain], chain[by_chain]
    )


def test_chains_that_never_vary_have_no_correlation():
    assert chain_sizes.effective(np.ones(6), np.arange(6) % 2) == (None, 6.0)
    assert chain_sizes.effective(np.arange(6), np.arange(6)) == (None, 6.0)
