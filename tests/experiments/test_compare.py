"""Tests for experiments.compare and experiments.report."""

import json
import pathlib

import pytest

from experiments import compare, flags, report

ROOT = pathlib.Path(__file__).parents[2]


D_CURVES = ("d-step-g1", "d-step-g2")


def line(seed, at, d_step, method, js):
    names = ("dataset", "seed", "gan_step", "d_step", "method", "js")
    return dict(zip(names, ("ring", seed, at, d_step, method, js)))


def written(path, lines):
    path.write_text("".join(json.dumps(part) + "\n" for part in lines))
    return path


def main(*argv):
    flags.main(compare.Config, compare.run, ["compare", *argv])


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


def test_a_cell_is_mean_sd_and_median_of_its_seeds(tmp_path, capsys):
    for seed, js in enumerate((0.1, 0.2, 0.9)):
        written(tmp_path / f"{seed}.jsonl", [line(seed, 1, 5, "hastings", js)])
    main(f"--results={tmp_path}/*.jsonl")
    assert "0.400 ± 0.436 (0.200)" in capsys.readouterr().out


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


def test_plain_samples_are_level_over_the_steps_of_d():
    lines = [line(0, 1, d, "hastings", 0.1) for d in (0, 5, 9)]
    lines.append(line(0, 1, 0, "standard", 0.4))
    figure = dict(report.curves(lines))["js-by-d-step-g1"]
    plain = figure.axes[0].lines[-1]
    assert list(plain.get_xdata()) == [0, 5, 9]
    assert list(plain.get_ydata()) == [0.4] * 3


def test_curves_are_drawn_beside_published_ones(tmp_path):
    lines = [line(0, at, d, "hastings", 0.1) for at in (1, 2) for d in (0, 5)]
    results = written(tmp_path / "a.jsonl", lines)
    main(
        f"--results={results}",
        f"--published={written(tmp_path / 'b.jsonl', lines[::2])}",
        f"--figures={tmp_path / 'figures'}",
    )
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {f"ring-js-by-{x}.png" for x in ("gan-step", *D_CURVES)}


@pytest.mark.parametrize(
    "argv, named",
    [
        (["--results=none/*.jsonl"], "none/*.jsonl"),
        (["--results=a.jsonl", "--published=none.jsonl"], "none.jsonl"),
        (["--results=a.jsonl", "--dataset=square"], "--dataset"),
        (["--results=two.jsonl"], "ring, swirl"),
        (["--results=alien.jsonl"], "is no result"),
        (["--results=text.jsonl"], "text.jsonl"),
        (["--results=a.jsonl,other.jsonl"], "other results of dataset ring, seed 0"),
        (["--results=."], "no such file"),
        (["--results=a.jsonl", "--published=alien.jsonl"], "is no result"),
    ],
)
def test_wrong_files_are_one_sentence(argv, named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    one = line(0, 1, 5, "hastings", 0.1)
    written(tmp_path / "a.jsonl", [one])
    written(tmp_path / "two.jsonl", [one, {**one, "dataset": "swirl"}])
    written(tmp_path / "other.jsonl", [{**one, "js": 0.9}])
    written(tmp_path / "alien.jsonl", [{"loss": 1}])
    (tmp_path / "text.jsonl").write_text("no json\n")
    with pytest.raises(SystemExit) as exit_:
        main(*argv)
    told = capsys.readouterr().err
    assert exit_.value.code == 2
    assert named in told
    assert told.count("\n") == 1


def test_the_committed_results_can_be_compared(capsys):
    results = ROOT / "docs" / "results" / "imbal_8gaussians.jsonl"
    published = ROOT / "docs" / "results" / "published.jsonl"
    main(
        f"--results={results}", f"--published={published}", "--dataset=Imbal-8Gaussians"
    )
    assert "collaborative" in capsys.readouterr().out
