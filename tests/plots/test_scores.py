"""Tests for tf_collab.plots.scores."""

import io

import numpy as np
import pytest

from tf_collab import metrics, plots


def test_reliability_draws_the_bins_that_are_not_empty_and_all_counts():
    bins = metrics.reliability_bins(np.array([0.1, 0.11, 0.9]), np.array([0, 1, 1]))
    axis, below = plots.reliability({"platt": bins}, title="held out").axes
    _, line = axis.lines  # the diagonal comes first
    assert line.get_label() == "platt"
    words = [text.get_text() for text in axis.get_legend().get_texts()]
    assert words == ["as it should be", "platt"]  # the diagonal too
    np.testing.assert_allclose(line.get_xydata(), [[0.105, 0.5], [0.9, 1]])
    assert below.patches[0].get_data().values.sum() == 3


def test_histograms_share_bins_and_have_area_1():
    scores = {"real": np.arange(9.0), "standard": np.arange(-3.0, 2.0)}
    axis = plots.histograms(scores, bins=5, label="D").axes[0]
    stairs = [patch.get_data() for patch in axis.patches]
    assert len(stairs) == 4  # a fill and a line each
    assert axis.get_xlabel() == "D"
    drawn = dict(zip([patch.get_label() for patch in axis.patches], stairs))
    for name, score in scores.items():
        height, _ = np.histogram(score, stairs[0].edges, density=True)
        np.testing.assert_allclose(drawn[name].values, height, rtol=1e-12)
    for values, edges, _ in stairs:
        np.testing.assert_array_equal(edges, stairs[0].edges)
        assert values @ np.diff(edges) == pytest.approx(1)


def test_scores_that_are_far_away_do_not_squeeze_the_others():
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(size=1000) for name in ("real", "standard")}
    whole = plots.histograms(scores).axes[0]
    assert "outside" not in whole.get_xlabel()
    far = {**scores, "standard": np.append(scores["standard"], [1e4, -1e4, 2e4])}
    axis = plots.histograms(far, label="D").axes[0]
    edges = axis.patches[0].get_data().edges
    assert -15 < edges[0] < -2 and 2 < edges[-1] < 15
    assert axis.get_xlabel() == "D\noutside the frame: 3 of 1003 of standard"
    drawn = {patch.get_label(): patch.get_data() for patch in axis.patches}
    area = drawn["standard"].values @ np.diff(edges)
    assert area == pytest.approx(1000 / 1003)


@pytest.mark.parametrize("size", [100, 3000])
def test_half_of_each_set_is_in_the_frame_and_a_long_tail_is_not(size):
    rng = np.random.default_rng(1)
    near, tail = rng.normal(size=1000), rng.normal(size=size)
    tail[: size // 3] *= 1e4
    axis = plots.histograms({"real": near, "refinement": near, "standard": tail}).axes
    edges = axis[0].patches[0].get_data().edges
    assert edges[-1] - edges[0] < 20 and "of standard" in axis[0].get_xlabel()
    axis = plots.histograms({"real": near, "other": near, "away": near - 1e4}).axes
    assert axis[0].patches[0].get_data().edges[0] < -1e4


def test_scores_that_are_mostly_equal_are_shown_whole():
    scores = {"real": np.append(np.zeros(99), 5.0)}
    axis = plots.histograms(scores).axes[0]
    assert axis.patches[0].get_data().edges[-1] == 5
    assert "outside" not in axis.get_xlabel()


def test_pictures_of_nothing_or_of_one_thing_can_be_saved():
    bins = metrics.reliability_bins(np.array([1.0]), np.array([1]))
    for fig in (
        plots.reliability({}),
        plots.reliability({"one": bins}),
        plots.histograms({}),
        plots.histograms({"none": np.array([]), "one": np.array([3.0])}),
    ):
        file = io.BytesIO()
        fig.savefig(file, dpi=100)
        assert 1000 < file.tell() < 200_000


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"scores of real .* \[2, 1\]"):
        plots.histograms({"real": np.zeros([2, 1])})
    with pytest.raises(ValueError, match="scores of real are not finite"):
        plots.histograms({"real": np.array([np.inf])})
