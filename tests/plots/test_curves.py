"""Tests for tf_collab.plots.curves."""

import io

import numpy as np
import pytest

from tf_collab import plots, tables

ROWS = [
    {"method": "standard", "gan_step": 3000, "js": 0.2},
    {"method": "standard", "gan_step": 1000, "js": 0.6},
    {"method": "standard", "gan_step": 1000, "js": 0.3},
    {"method": "standard", "gan_step": 1000, "js": 0.3},
    {"method": "standard", "gan_step": 1000, "js": None},
    {"method": "ours", "gan_step": 1000, "js": 0.1},
]
COLOURS = tables.colours()


def curves(rows=ROWS, **options):
    return plots.metric_curves(rows, metric="js", x="gan_step", **options)


def save(fig):
    file = io.BytesIO()
    fig.savefig(file, dpi=100)
    return file.tell()


def test_a_curve_is_the_mean_over_seeds_in_order_and_its_band_one_sd():
    axis = curves().axes[0]
    standard = axis.lines[0]
    assert standard.get_label() == "standard"
    np.testing.assert_allclose(standard.get_xydata(), [[1000, 0.4], [3000, 0.2]])
    band = axis.collections[0].get_paths()[0].vertices
    sd = np.std([0.6, 0.3, 0.3], ddof=1)
    assert band[:, 1].max() == pytest.approx(0.4 + sd)
    assert band[:, 1].min() == pytest.approx(min(0.4 - sd, 0.2))


def test_a_log_axis_has_a_band_of_the_same_ratio_below_as_above():
    rows = [
        {"method": "ours", "gan_step": step, "js": js}
        for step, js in ((0, 0.01), (0, 1.0), (1, 0.9), (1, 0.9))
    ]
    band = curves(rows, log=True).axes[0].collections[0].get_paths()[0].vertices
    mean, sd = 0.505, np.std([0.01, 1.0], ddof=1)  # sd > mean: a difference is below 0
    assert band[:, 1].max() == pytest.approx(mean + sd)
    assert band[:, 1].min() == pytest.approx(mean / (1 + sd / mean))


def test_methods_have_their_own_colours_and_others_differ_from_them():
    lines = curves(colours=COLOURS).axes[0].lines
    drawn = {line.get_label(): line.get_color() for line in lines}
    assert drawn["standard"] == COLOURS["standard"]
    assert drawn["ours"] not in COLOURS.values()


def test_names_without_colours_have_colours_in_turn():
    drawn = [line.get_color() for line in curves().axes[0].lines]
    assert len(set(drawn)) == 2 and not {*drawn} & {*COLOURS.values()}


def test_a_published_curve_is_dashed_in_its_methods_colour():
    published = {"standard": ([1000, 3000], [0.443, 0.091])}
    (line,) = [
        line
        for line in curves(published=published, colours=COLOURS).axes[0].lines
        if line.get_linestyle() == "--" and len(line.get_xdata())
    ]
    assert line.get_color() == COLOURS["standard"]
    np.testing.assert_allclose(line.get_xydata(), [[1000, 0.443], [3000, 0.091]])


def test_a_sweep_has_a_curve_per_kind_and_a_level_line_for_what_has_no_layer():
    rows = [
        {"discriminator": kind, "layer": layer, "fd_test": value}
        for kind, layer, value in [
            ("shaped", 0, 2.0),
            ("shaped", 4, 1.0),
            ("unshaped", 2, 3.0),
            ("none", None, 4.0),
            ("none", None, 6.0),
        ]
    ]
    fig = plots.metric_curves(rows, metric="fd_test", x="layer", by="discriminator")
    drawn = {line.get_label(): line.get_xydata() for line in fig.axes[0].lines}
    np.testing.assert_allclose(drawn["shaped"], [[0, 2], [4, 1]])
    np.testing.assert_allclose(drawn["unshaped"], [[2, 3]])
    np.testing.assert_allclose(drawn["none"], [[0, 5], [2, 5], [4, 5]])
    assert fig.axes[0].get_ylabel() == "fd test"


def test_several_metrics_have_a_panel_each():
    rows = [{"method": "a", "layer": x, "fd": 2.0 * x, "gain": 1 - x} for x in (0, 1)]
    panels = plots.metric_curves(rows, metric=("fd", "gain", "fd"), x="layer").axes
    assert [axis.get_ylabel() for axis in panels[:3]] == ["fd", "gain", "fd"]
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), [1, 0])
    assert not panels[3].axison


def test_ticks_are_whole_steps_and_plain_numbers():
    axis = curves(ROWS[:4], log=True).axes[0]
    assert all(tick == int(tick) for tick in axis.get_xticks())
    axis.figure.draw_without_rendering()
    labels = [label.get_text() for label in axis.get_yticklabels(which="both")]
    assert {"0.2", "0.3", "0.4"} <= set(labels)
    layers = [{"method": "ours", "layer": x, "js": 0.1} for x in (0, 1, 2)]
    axis = plots.metric_curves(layers, metric="js", x="layer").axes[0]
    assert all(tick == int(tick) for tick in axis.get_xticks())


def test_pictures_of_nothing_or_of_one_thing_can_be_saved():
    for fig in (
        curves([]),
        curves([{"method": "standard", "gan_step": 1, "js": None}]),
        curves(ROWS, published={"ours": ([1000], [0.2])}, title="one"),
    ):
        assert 1000 < save(fig) < 200_000


def test_a_metric_that_no_row_has_is_refused():
    with pytest.raises(ValueError, match="None of the 6 rows has the metric 'fid'"):
        plots.metric_curves(ROWS, metric="fid", x="gan_step")
