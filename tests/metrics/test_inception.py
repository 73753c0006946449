"""Tests for tf_collab.metrics.inception."""

import math

import numpy as np
import pytest

from tf_collab import metrics

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(60, 5)) * 2


def slow_score(logits):
    prob = [[math.exp(v) / sum(map(math.exp, row)) for v in row] for row in logits]
    marginal = [sum(p[j] for p in prob) / len(prob) for j in range(len(prob[0]))]
    total = 0.0
    for p in prob:
        for j in range(len(p)):
            total += p[j] * math.log(p[j] / marginal[j])
    return math.exp(total / len(prob))


def test_it_is_the_definition():
    assert metrics.inception_score(LOGITS) == pytest.approx(slow_score(LOGITS))


def test_splits_are_averaged():
    expected = np.mean([slow_score(LOGITS[i : i + 20]) for i in (0, 20, 40)])
    assert metrics.inception_score(LOGITS, splits=3) == pytest.approx(expected)


@pytest.mark.parametrize("splits", [1, 3, 7])
@pytest.mark.parametrize("batch", [1, 8, 25, 60])
def test_batch_by_batch_it_is_that_of_all_at_once(batch, splits):
    sums = metrics.ScoreSums(60, splits=splits)
    for start in range(0, 60, batch):
        sums.update(LOGITS[start : start + batch])
    parts = np.array_split(LOGITS, splits)
    assert sums.score() == pytest.approx(np.mean([slow_score(p) for p in parts]))


@pytest.mark.parametrize("splits", [1, 3, 7])
def test_sums_of_blocks_have_the_bits_of_one_pass(splits):
    whole = metrics.ScoreSums(60, splits=splits)
    joined = metrics.ScoreSums(60, splits=splits)
    for start in range(0, 60, 25):
        block = metrics.ScoreSums(60, splits=splits, first=start)
        for sums in (whole, block):
            sums.update(LOGITS[start : start + 25])
        with pytest.raises(ValueError, match="60 samples were announced, but"):
            block.score()
        joined.add(block)
    assert joined.score() == whole.score()


def test_sums_of_other_samples_than_come_next_are_refused():
    joined = metrics.ScoreSums(60)
    for block in (metrics.ScoreSums(60, first=7), metrics.ScoreSums(61)):
        with pytest.raises(ValueError, match="sample 0 of 60 is next"):
            joined.add(block)


def test_more_or_fewer_samples_than_announced_are_refused():
    sums = metrics.ScoreSums(61, splits=2)
    sums.update(LOGITS)
    with pytest.raises(ValueError, match="61 samples were announced, but 60 came"):
        sums.score()
    with pytest.raises(ValueError, match="more samples than the 61"):
        sums.update(LOGITS)


def test_a_constant_prediction_scores_1():
    same = np.repeat(LOGITS[:1], 40, axis=0)
    assert metrics.inception_score(same) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("sure", [100.0, 1e4])  # the latter's probabilities are 0
def test_certain_and_even_predictions_score_the_number_of_classes(sure):
    logits = sure * np.tile(np.eye(7, dtype=np.float32), (6, 1))
    assert metrics.inception_score(logits) == pytest.approx(7)


def test_order_and_constants_change_nothing():
    expected = metrics.inception_score(LOGITS)
    shifted = LOGITS[::-1, ::-1] + RNG.normal(size=(60, 1)) * 100
    assert metrics.inception_score(shifted) == pytest.approx(expected)


def test_log_probabilities_are_logits():
    prob = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    found = metrics.inception_score(np.log(prob))
    assert found == pytest.approx(metrics.inception_score(LOGITS))
    with pytest.raises(ValueError, match="These are probabilities"):
        metrics.inception_score(prob)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="but is 61 with 60"):
        metrics.inception_score(LOGITS, splits=61)
    with pytest.raises(ValueError, match="splits must be at least 1"):
        metrics.inception_score(LOGITS, splits=0)
    with pytest.raises(ValueError, match="logits must be samples"):
        metrics.inception_score(LOGITS[0])
