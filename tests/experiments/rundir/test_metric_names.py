"""Tests for experiments.rundir.metric_names."""

import pytest

from experiments.rundir import jsonl, metric_names

WORDS = {
    "fd_classifier_penultimate_10k_test": (
        "Fréchet distance (classifier penultimate features, 10 000 samples, "
        "against test) ↓"
    ),
    "fd_random_pool_200_test": (
        "Fréchet distance (random pool features, a first look, 200 samples, "
        "against test) ↓"
    ),
    "fid_inception_imagenet_pool_50k_my-photos": (
        "FID (inception imagenet pool features, 50 000 samples, against my-photos) ↓"
    ),
    "cs_classifier_logits_900_10splits": (
        "classifier score (classifier logits, 900 samples, mean of 10 parts) ↑"
    ),
    "jsd4_640": "JS divergence of 4-grams (640 lines, nats) ↓",
    "of_another_version": "of another version",
}


@pytest.mark.parametrize("metric", WORDS)
def test_a_metric_is_called_in_words_with_its_direction(metric):
    assert metric_names.words(metric) == WORDS[metric]


def test_every_metric_of_the_plane_has_words():
    for metric in (*jsonl.METRICS, "efficiency"):
        words = metric_names.words(metric)
        assert words != metric.replace("_", " ")
        assert words[-1] in "↑↓" or metric == "spread"
