"""Tests for experiments.rundir.report."""

import itertools

import pytest

from experiments.rundir import metric_names, report
from tf_collab import tables


def line(seed, at, d_step, method, js):
    names = ("dataset", "seed", "gan_step", "d_step", "method", "js")
    return dict(zip(names, ("ring", seed, at, d_step, method, js)))


def test_seeds_are_compared_at_the_most_steps_that_all_of_them_have():
    lines = [
        line(0, 1, 0, "refinement", 0.5),
        line(0, 1, 10, "refinement", 0.1),
        line(0, 1, 20, "refinement", 0.9),  # still at work on the other seed
        line(1, 1, 0, "refinement", 0.5),
        line(1, 1, 10, "refinement", 0.3),
        line(2, 2, 20, "refinement", 0.7),  # another GAN step
    ]
    assert [row["js"] for row in report.last_steps(lines)] == [0.1, 0.3, 0.7]


def test_curves_of_other_flags_have_one_colour_and_marks_of_their_own():
    names = [f"hastings, rate={rate}" for rate in (1, 2)]
    lines = [line(0, at, 5, name, 0.1) for at in (1, 2) for name in names]
    figure = dict(report.curves(lines))["js-by-gan-step"]
    one, other = figure.axes[0].lines
    assert one.get_color() == other.get_color() == tables.colours()["hastings"]
    assert one.get_marker() != other.get_marker()
    assert [one.get_label(), other.get_label()] == names


def test_a_curve_has_the_steps_of_the_table_even_where_one_seed_knows_no_value():
    lines = [
        line(seed, at, d, "hastings", 0.1 * (1 + seed) + 0.01 * d)
        for seed in (0, 1)
        for at in (1, 2)
        for d in (0, 5)
    ]
    lines[5]["js"] = None  # seed 1 at GAN step 1, last
    figure = dict(report.curves(lines))["js-by-gan-step"]
    (curve,) = figure.axes[0].lines
    assert list(curve.get_ydata()) == pytest.approx([0.15, 0.2])


def value(metric, at, d_step, method):
    """Another number for each."""
    return round(0.01 * len(metric) * at + 0.001 * d_step + 0.1 * len(method), 3)


def measured(metrics, methods, at=(1, 2), d_steps=(0, 5)):
    """Lines of every metric at every step."""
    every = itertools.product(at, d_steps, methods)
    return [
        line(0, a, d, method, None) | {m: value(m, a, d, method) for m in metrics}
        for a, d, method in every
    ]


def test_a_row_and_its_columns_are_of_the_step_method_and_metrics_they_name():
    """Metrics of the plane first, then distances and scores, and what was kept."""
    metrics = ("good", "js", "fd_net", "is_net", "efficiency")
    methods = ("hastings", "refinement")
    lines = measured(metrics[::-1], methods)
    text = report.table(lines, [1, 2], methods[::-1]).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in text]
    words = [metric_names.words(metric) for metric in metrics]
    assert cells[0] == ["GAN steps", "method", "D steps", *words]
    which = [(at, method) for at in (1, 2) for method in methods[::-1]]
    for row, (at, method) in zip(cells[2:], which, strict=True):
        values = [f"{value(m, at, 5, method):.3f}" for m in metrics]
        assert row == [str(at), method, "5", *values]


def test_a_figure_is_of_the_metric_and_the_steps_that_it_names():
    metrics, methods = ("good", "js", "fd_net", "is_net"), ("hastings", "refinement")
    lines = measured(metrics, methods)
    theirs = measured(metrics, methods[:1], (1, 3), (7,))
    figures = dict(report.curves(lines, theirs))
    for metric in metrics:
        by_gan = figures.pop(f"{metric}-by-gan-step")
        for at in (1, 2):
            by_d = figures.pop(f"{metric}-by-d-step-g{at}")
            assert by_d.axes[0].get_title() == f"D tuned from GAN step {at}"
            for curve, method in zip(by_d.axes[0].lines, methods, strict=True):
                assert curve.get_label() == method
                assert [*curve.get_xdata()] == [0, 5]
                expected = [value(metric, at, d, method) for d in (0, 5)]
                assert [*curve.get_ydata()] == expected
        *ours, dashed, _ = by_gan.axes[0].lines
        for curve, method in zip(ours, methods, strict=True):
            assert curve.get_label() == method
            expected = [value(metric, at, 5, method) for at in (1, 2)]
            assert [*curve.get_ydata()] == expected
        assert [*dashed.get_xdata()] == [1, 3]
        expected = [value(metric, at, 7, methods[0]) for at in (1, 3)]
        assert [*dashed.get_ydata()] == expected
        scale = "linear" if metric in ("good", "is_net") else "log"
        assert {f.axes[0].get_yscale() for f in (by_gan, by_d)} == {scale}
        words = by_gan.axes[0].get_ylabel().split()
        assert words == metric_names.words(metric).split()
        assert by_gan.axes[0].get_xlabel() == "GAN training steps"
        assert by_d.axes[0].get_xlabel() == "D tuning steps"
    assert not figures


def test_plain_samples_are_level_over_the_steps_of_d():
    lines = [line(0, 1, d, "hastings", 0.1) for d in (0, 5, 9)]
    lines.append(line(0, 1, 0, "standard", 0.4))
    figure = dict(report.curves(lines))["js-by-d-step-g1"]
    plain = figure.axes[0].lines[-1]
    assert list(plain.get_xdata()) == [0, 5, 9]
    assert list(plain.get_ydata()) == [0.4] * 3


def test_methods_without_numbers_are_named_below_the_table_with_the_reason():
    full = [line(seed, 1, 5, "hastings", 0.1) for seed in (0, 1)]
    refused = line(0, 1, 5, "rejection", None) | {"efficiency": 1e-6}
    apart = [line(seed, 2, 5 + seed, "refinement", 0.2) for seed in (0, 1)]
    methods = ["rejection", "hastings", "refinement"]
    text = report.table([*full, refused, *apart], [1, 2], methods)
    assert text.splitlines()[-1] == (
        "Without numbers, by GAN step: rejection at 1 (too few samples were kept), "
        "refinement at 2 (no D step that all seeds have)."
    )
    assert "Without" not in report.table([*full, apart[0]], [1, 2], methods)
    assert "Without" not in report.table([refused], [1], methods)  # nothing is measured
