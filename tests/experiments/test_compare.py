"""Tests for experiments.compare."""

import json
import pathlib

import pytest
from helpers import figures_shown

from experiments import compare
from experiments.cli import flags

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


def test_a_cell_is_mean_sd_and_median_of_its_seeds(tmp_path, capsys):
    for seed, js in enumerate((0.1, 0.2, 0.9)):
        written(tmp_path / f"{seed}.jsonl", [line(seed, 1, 5, "hastings", js)])
    main(f"--results={tmp_path}/*.jsonl")
    assert "0.400 ± 0.436 (0.200)" in capsys.readouterr().out


def test_a_method_may_have_any_name_and_files_without_results_are_named(
    tmp_path, capsys
):
    lines = [line(0, 1, 5, method, 0.5) for method in ("b, c", "a")]
    path = written(tmp_path / "some.jsonl", lines)
    main(f"--results={path}")
    assert [*rows(capsys.readouterr().out)] == ["b, c", "a"]
    none = written(tmp_path / "none.jsonl", [])
    for argv, of in (([], ""), ([f"--results={path}", "--dataset=grid"], " of ")):
        with pytest.raises(SystemExit):
            main(*(argv or [f"--results={none}"]))
        told = capsys.readouterr().err
        assert f"{path if argv else none} has no results{of}" in told


def run_of(folder, seed, rate, js, **flags):
    """The results of a run with such flags, beside its record."""
    folder.mkdir(parents=True)
    moved = {"rollout_rate": rate, "seed": seed, **flags}
    alike = {"sample-standard-g1": {"seed": seed, **flags}}
    record = {"phases": alike | {"sample-refinement-g1": moved}}
    (folder / "config.json").write_text(json.dumps(record))
    lines = [line(seed, 1, 0, "standard", 0.8), line(seed, 1, 5, "refinement", js)]
    return written(folder / "results.jsonl", lines)


def rows(out):
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in out.splitlines()]
    return {row[1]: row[-1] for row in cells[2:]}


def test_runs_of_other_flags_are_no_seeds_of_one(tmp_path, capsys):
    for rate, values in ((0.1, (0.2, 0.4)), (0.01, (0.6, 0.8))):
        for seed, js in enumerate(values):
            run_of(tmp_path / f"{rate}-{seed}", seed, rate, js, lrg=1e-3)
    main(f"--results={tmp_path}/*/results.jsonl", f"--figures={tmp_path}/figures")
    found = rows(capsys.readouterr().out)
    assert found == {
        # Plain samples know no rate: the same two runs, each found twice.
        "standard": "0.800 ± 0.000 (0.800)",
        "refinement, rollout_rate=0.01": "0.700 ± 0.141 (0.700)",
        "refinement, rollout_rate=0.1": "0.300 ± 0.141 (0.300)",
    }


def test_rates_that_were_found_are_of_one_setting_with_a_record_and_without(
    tmp_path, capsys
):
    for seed, (rate, js) in enumerate(((0.01, 0.2), (3e-05, 0.4))):
        folder = tmp_path / str(seed)
        results = run_of(folder, seed, "auto", js, lrg=1e-3)
        lines = [json.loads(text) for text in results.read_text().splitlines()]
        words = f"ladam auto x 5 on data, rollout_rate={rate}"
        lines[1]["protocol"] = words
        written(results, lines)
        record = json.loads((folder / "config.json").read_text())
        record["phases"]["rate-g1"] = {"rollout_rate": "auto", "found": rate}
        (folder / "config.json").write_text(json.dumps(record))
        written(tmp_path / f"{seed}.jsonl", [lines[1]])
    both = "0.300 ± 0.141 (0.300)"
    for names in ("*/results.jsonl", "?.jsonl"):
        main(f"--results={tmp_path}/{names}")
        assert rows(capsys.readouterr().out)["refinement"] == both
    run_of(tmp_path / "by_hand", 2, 0.01, 0.7, lrg=1e-3)
    main(f"--results={tmp_path}/*/results.jsonl")
    found = rows(capsys.readouterr().out)
    assert found["refinement, rollout_rate=auto"] == both
    assert found["refinement, rollout_rate=0.01"] == "0.700"


def test_runs_whose_d_learned_by_other_rates_are_no_seeds_of_one(tmp_path, capsys):
    for rate, js in ((0.1, 0.2), (0.01, 0.6)):
        folder = tmp_path / f"{rate}"
        results = run_of(folder, 0, 0.1, js, lrg=1e-3)
        lines = [json.loads(text) for text in results.read_text().splitlines()]
        written(results, [{**one, "phase": "shape"} for one in lines])
        record = json.loads((folder / "config.json").read_text())
        record["phases"]["shape-g1"] = {"lr_shape": rate}
        (folder / "config.json").write_text(json.dumps(record))
    main(f"--results={tmp_path}/*/results.jsonl")
    found = rows(capsys.readouterr().out)
    assert found["refinement, lr_shape=0.1"] == "0.200"
    assert found["refinement, lr_shape=0.01"] == "0.600"


def test_a_line_stands_on_the_flags_of_its_own_gan_step(tmp_path, capsys):
    """Runs whose first GAN steps agree, and whose second do not."""
    for seed, rate in enumerate((0.1, 0.01)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        rates = {1: 0.1, 2: rate}
        phases = {f"sample-refinement-g{at}": {"rate": r} for at, r in rates.items()}
        phases |= {f"shape-g{at}": {"lr_shape": r} for at, r in rates.items()}
        (folder / "config.json").write_text(json.dumps({"phases": phases}))
        one = line(seed, 2, 5, "refinement", 0.2 + 0.4 * seed) | {"phase": "shape"}
        written(folder / "results.jsonl", [one])
    main(f"--results={tmp_path}/*/results.jsonl")
    assert rows(capsys.readouterr().out) == {
        "refinement, lr_shape=0.1, rate=0.1": "0.200",
        "refinement, lr_shape=0.01, rate=0.01": "0.600",
    }


def test_seeds_of_an_older_version_are_seeds_of_the_same_setting(tmp_path, capsys):
    """Its record names flags without effect, and no data; a new one the reverse."""
    run_of(tmp_path / "old", 0, 0.1, 0.2, ratio=0.9, lrg=0.5)
    run_of(tmp_path / "new", 1, 0.1, 0.4, lrg=0.5, **{"data (sha256)": "sha256 ab"})
    main(f"--results={tmp_path}/*/results.jsonl")
    assert rows(capsys.readouterr().out)["refinement"] == "0.300 ± 0.141 (0.300)"
    run_of(tmp_path / "other", 2, 0.1, 0.7, lrg=0.1)
    main(f"--results={tmp_path}/*/results.jsonl")
    assert rows(capsys.readouterr().out) == {
        "standard, lrg=0.1": "0.800",
        "standard, lrg=0.5": "0.800 ± 0.000 (0.800)",
        "refinement, lrg=0.1": "0.700",
        "refinement, lrg=0.5": "0.300 ± 0.141 (0.300)",
    }


def test_a_record_without_a_flag_in_which_others_differ_is_told_apart(tmp_path, capsys):
    for seed, more in enumerate(({"lrg": 0.5}, {"lrg": 0.1}, {})):
        run_of(tmp_path / str(seed), seed, 0.1, 0.2, **more)
    main(f"--results={tmp_path}/*/results.jsonl")
    assert len(rows(capsys.readouterr().out)) == 6


def test_results_without_a_record_are_no_seeds_of_those_with_one(tmp_path, capsys):
    run_of(tmp_path / "a", 0, 0.1, 0.2)
    (tmp_path / "b").mkdir()
    written(tmp_path / "b" / "results.jsonl", [line(1, 1, 5, "refinement", 0.4)])
    main(f"--results={tmp_path}/*/results.jsonl")
    assert [*rows(capsys.readouterr().out).values()] == ["0.800", "0.400", "0.200"]


def test_one_seed_under_records_that_agree_counts_once_or_is_refused(tmp_path, capsys):
    for name, more in (("old", {"ratio": 0.9}), ("new", {})):
        run_of(tmp_path / name, 0, 0.1, 0.2, **more)
    run_of(tmp_path / "another", 1, 0.1, 0.5)
    main(f"--results={tmp_path}/*/results.jsonl")
    assert rows(capsys.readouterr().out)["refinement"] == "0.350 ± 0.212 (0.350)"
    run_of(tmp_path / "wrong", 0, 0.1, 0.3, dataset="ring")
    with pytest.raises(SystemExit):
        main(f"--results={tmp_path}/*/results.jsonl")
    assert "other results of dataset ring, seed 0" in capsys.readouterr().err


def test_without_a_record_the_protocol_tells_them_apart(tmp_path, capsys):
    for seed, words in enumerate(("sgd 0.1 x 5", "sgd 0.2 x 5")):
        one = line(seed, 1, 5, "refinement", 0.1) | {"protocol": words}
        written(tmp_path / f"{seed}.jsonl", [one])
    main(f"--results={tmp_path}/*.jsonl")
    assert [*rows(capsys.readouterr().out)] == [
        f"refinement, protocol=sgd {rate} x 5" for rate in (0.1, 0.2)
    ]


def test_the_same_seed_twice_with_other_results_is_refused(tmp_path, capsys):
    run_of(tmp_path / "a", 0, 0.1, 0.2)
    run_of(tmp_path / "b", 0, 0.1, 0.3)
    with pytest.raises(SystemExit):
        main(f"--results={tmp_path}/*/results.jsonl")
    assert "has other results of dataset ring, seed 0" in capsys.readouterr().err
    for content in ("no json", '{"phases": 3}', "[]"):
        (tmp_path / "b" / "config.json").write_text(content)
        with pytest.raises(SystemExit):
            main(f"--results={tmp_path}/*/results.jsonl")
        assert "is not a run's record" in capsys.readouterr().err


def test_curves_are_drawn_beside_published_ones(tmp_path):
    lines = [line(0, at, d, "hastings", 0.1) for at in (1, 2) for d in (0, 5)]
    results = written(tmp_path / "a.jsonl", lines)
    theirs = [line(0, at, 9, "hastings", 0.2 * at) for at in (1, 3)]
    others = [{**one, "dataset": "square"} for one in theirs]
    with figures_shown.watched() as shown:
        main(
            f"--results={results}",
            f"--published={written(tmp_path / 'b.jsonl', theirs + others)}",
            f"--figures={tmp_path / 'figures'}",
        )
    dashed = [
        how["published"] for _, how in shown["metric_curves"] if how["x"] == "gan_step"
    ]
    assert dashed == [{"hastings": ([1, 3], [0.2, 0.2 * 3])}]
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {f"ring-js-by-{x}.png" for x in ("gan-step", *D_CURVES)}


@pytest.mark.parametrize(
    "argv, named",
    [
        (["--results=none/*.jsonl"], "none/*.jsonl"),
        (["--results=a.jsonl", "--published=none.jsonl", "--figures=x"], "none.jsonl"),
        (["--results=a.jsonl", "--published=a.jsonl"], "no effect with --figures=none"),
        (["--results=a.jsonl", "--dataset=square"], "--dataset"),
        (["--results=two.jsonl"], "ring, swirl"),
        (["--results=alien.jsonl"], "is not a result"),
        (["--results=text.jsonl"], "text.jsonl"),
        (["--results=a.jsonl,other.jsonl"], "other results of dataset ring, seed 0"),
        (["--results=."], "is a folder"),
        (
            ["--results=a.jsonl", "--published=alien.jsonl", "--figures=x"],
            "is not a result",
        ),
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


def test_the_committed_results_can_be_compared(tmp_path, capsys):
    results = ROOT / "docs" / "results" / "imbal_8gaussians.jsonl"
    published = ROOT / "docs" / "results" / "published.jsonl"
    main(f"--results={results}", "--dataset=Imbal-8Gaussians")
    assert "collaborative" in capsys.readouterr().out
    ours = [line(0, at, 5, "hastings", 0.1) for at in (1000, 3000)]
    ours = [{**one, "dataset": "Imbal-8Gaussians"} for one in ours]
    main(
        f"--results={written(tmp_path / 'ours.jsonl', ours)}",
        *(f"--published={published}", f"--figures={tmp_path}"),
    )
    assert [path.name for path in tmp_path.glob("*.png")]
