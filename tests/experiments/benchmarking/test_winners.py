"""What a benchmark's page says first: what is surely better than plain samples."""

import re

import numpy as np
import pytest
from helpers.benchmark_lines import line

from experiments.benchmarking import intervals, page, summary, winners
from experiments.benchmarking.book import KEY

NUMBER = r"0\.\d+ ± 0\.\d+"


def drawn(gains, **more):
    """Lines of five GANs: what each sampler gains, beside luck that all share."""
    rng = np.random.default_rng(2)
    return [
        line(gan=g, method=method, good=luck + gain + rng.normal(scale=0.01), **more)
        for g, luck in enumerate(rng.normal(size=5))
        for method, gain in gains.items()
    ]


def test_a_page_begins_with_what_is_surely_better_than_plain_samples():
    gains = {"standard": 0.0, "obrs": 0.1, "isir": 0.2, "sir": 0.0, "a": 0.05, "b": 0.3}
    lines = [own | {"js": gains[own["method"]]} for own in drawn(gains)]
    lines += [line(gan=g, method=m, budget=20.0) for g in range(5) for m in gains]
    (group,) = summary.groups(lines, [], KEY)
    first, second = group.better
    # Of the divergence none: all are larger, or equal.
    assert re.fullmatch(
        r"At 5 passes a sample, none is surely better by JS divergence over modes; b "
        rf"\({NUMBER}\), isir \({NUMBER}\), obrs \({NUMBER}\) and 1 more are "
        r"surely better by good samples\.",
        first,
    )
    assert second == f"At 20 passes a sample no sampler is {winners.BETTER}."
    text = page.html([group], {group.title: page.Figure("<svg>", "")})
    assert text.index(second) < text.index("<svg>")
    told = intervals.difference(lines, "b", "standard", "good")[5.0]
    assert f"b ({told})" in first


@pytest.mark.parametrize("name", ["best", "hastings afresh", "truncated as mala"])
def test_baselines_are_not_named(name):
    told = winners.sentences(drawn({"standard": 0.0, name: 0.3}), ["good"])
    assert told == [f"At 5 passes a sample no sampler is {winners.BETTER}."]


def test_what_is_better_at_the_price_of_diversity_says_so():
    lines = drawn({"standard": 0.0, "obrs": 0.1, "sir": 0.2})
    for own in lines:
        own["kl"] += 0.1 * (own["method"] == "sir")
        own["recall_net_2k_test"] = 0.5 - 0.1 * (own["method"] == "sir")
    metrics = ["good", "kl", "recall_net_2k_test"]
    (told,) = winners.sentences(lines, metrics)
    but = "but surely worse by KL divergence over modes and recall net 2k test"
    assert re.fullmatch(
        rf"At 5 passes a sample, sir \({NUMBER}, {but}\) and obrs \({NUMBER}\) "
        r"are surely better by good samples\.",
        told,
    )
