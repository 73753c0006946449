"""The figures of a benchmark: numbers, bars and ticks."""

import numpy as np
import pytest
from helpers.benchmark_lines import line
from matplotlib import ticker

from experiments.benchmarking import pictures, summary
from experiments.benchmarking.book import KEY


def test_lines_of_a_figure_are_at_the_numbers_with_their_bars():
    rows = [
        line(gan=g, budget=b, cost=b - 1, good=g / 9) for g in range(5) for b in (5, 20)
    ]
    (group,) = summary.groups(rows, [], KEY)
    quality, diversity, both = pictures.tradeoffs(group).axes[:3]
    (drawn,) = quality.containers
    at = [[4, 2 / 9], [19, 2 / 9]]
    assert np.allclose(drawn[0].get_xydata(), at) and drawn.get_label() == "obrs"
    half = group.rows[0].numbers["good"].half
    (bars,) = drawn[2]
    ends = [segment[:, 1] for segment in bars.get_segments()]
    assert np.allclose(ends, [[2 / 9 - half, 2 / 9 + half]] * 2)
    assert np.allclose(diversity.containers[0][0].get_ydata(), 0.1)
    assert np.allclose(both.containers[0][0].get_xydata(), [[0.1, 2 / 9]] * 2)


def bars(axis):
    """The lower and the upper end of each bar along y."""
    (drawn,) = axis.containers
    return [segment[:, 1].tolist() for segment in drawn[2][-1].get_segments()]


def test_bars_end_where_the_numbers_do():
    errors = {"good": 0.2, "modes": 1.0}
    own = line(dataset="8Gaussians", good=0.9, modes=7, errors=errors)
    (group,) = summary.groups([own], [], KEY)
    quality, _, both = pictures.tradeoffs(group).axes[:3]
    assert np.allclose(bars(quality), [[0.9 - 1.96 * 0.2, 1.0]])
    assert np.allclose(bars(both), [[7 - 1.96, 8.0]])
    assert quality.get_ylim()[1] <= 1.03 and both.get_ylim()[1] <= 8.24
    (group,) = summary.groups([own | {"dataset": "other"}], [], KEY)
    assert np.allclose(bars(pictures.tradeoffs(group).axes[2]), [[7 - 1.96, 7 + 1.96]])


@pytest.mark.parametrize("least, most", [(30, 42), (0.03, 1.5), (1e-5, 0.7), (2, 9)])
def test_a_log_axis_has_few_ticks_with_words(least, most):
    lines = [line(kl=least), line(budget=20.0, kl=most)]
    (group,) = summary.groups(lines, [], KEY)
    figure = pictures.tradeoffs(group)
    for side in figure.axes[1].yaxis, figure.axes[2].xaxis:
        low, high = side.get_view_interval()
        major = [v for v in side.get_majorticklocs() if low <= v <= high]
        assert 2 <= len(major) <= 8
        assert isinstance(side.get_minor_formatter(), ticker.NullFormatter)
