"""GANs of known ratios with heavy tails, and the tables of what rules make of them."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

from benchmarks import heavy_tails

LINES = pathlib.Path(__file__).parents[1] / "docs/results/heavy_tails.jsonl"


@pytest.mark.parametrize("name", heavy_tails.LAWS)
def test_d_is_the_log_ratio_itself(name):
    law, gan = heavy_tails.LAWS[name][0], heavy_tails.exact(name)
    x = np.linspace(-6, 6, 25)
    found = gan.discriminator(tf.constant(x[:, None], tf.float32))
    told = law.logpdf(x) - stats.norm.logpdf(x)
    np.testing.assert_allclose(found, told, rtol=1e-5, atol=1e-5)


def test_ratios_are_bounded_or_have_a_variance_or_neither():
    """By integrals of r**2 under G to 12 and to 24."""
    most, square = {}, {}
    for name, (law, _) in heavy_tails.LAWS.items():
        ratio = lambda x, law=law: np.exp(law.logpdf(x) - stats.norm.logpdf(x))
        under_g = lambda x, r=ratio: r(x) ** 2 * stats.norm.pdf(x)
        most[name] = [ratio(np.linspace(-a, a, 999)).max() for a in (12, 24)]
        square[name] = [
            integrate.quad(under_g, -a, a, limit=200, points=[0])[0] for a in (12, 24)
        ]
    grows = lambda pair: pair[1] > 1.01 * pair[0]
    assert [grows(pair) for pair in most.values()] == [False, True, True]
    assert [grows(pair) for pair in square.values()] == [False, False, True]


def test_the_page_has_the_tables_of_its_lines():
    lines = [json.loads(text) for text in LINES.read_text("utf-8").splitlines()]
    assert {line["seed"] for line in lines} == {*range(5)}
    page = (LINES.parent / "benchmark.md").read_text("utf-8")
    assert heavy_tails.summary(lines) in page
