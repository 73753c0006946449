"""Tests for experiments.mog2d: whole runs of tiny nets."""

import dataclasses
import re
import shutil

import numpy as np
import pytest
from helpers import recording, small_runs

import tf_collab as tc
from experiments import mog2d
from experiments.cli import errors, flags
from experiments.rundir import report


def test_a_run_measures_every_method_at_every_score_of_d(whole_planar):
    seen = {
        (line["method"], line["d_step"]) for line in small_runs.results(whole_planar)
    }
    tuned = {(m, d) for m in small_runs.METHODS - {"standard"} for d in (0, 2, 4)}
    assert seen == tuned | {("standard", 0)}
    assert all(line["n"] == 80 for line in small_runs.results(whole_planar))


def test_samples_are_those_that_were_scored(whole_planar):
    target = tc.data.imbalanced_ring()
    for line in small_runs.results(whole_planar):
        name = f"{line['method']}-g4-d{line['d_step']}.npz"
        with np.load(whole_planar / "samples" / name) as file:
            gap = np.linalg.norm(file["x"][:, None] - target.centres, axis=2).min(1)
        assert line["good"] == np.mean(gap < 4 * target.std)
        assert line["mean_dist"] == pytest.approx(gap.mean(), rel=1e-6)


def test_it_leaves_figures_a_table_events_and_loadable_nets(whole_planar):
    whole = whole_planar
    figures = {path.name for path in (whole / "figures").iterdir()}
    assert {"samples-g4.png", "paths-g4.png", "landscape-shaped-g4.png"} <= figures
    assert {"reliability-g4.png", "scores-g4.png", "js-by-d-step-g4.png"} <= figures
    rows = re.findall(r"(?m)^\|.*$", (whole / "table.md").read_text())
    assert len(rows) == 2 + len(small_runs.METHODS)
    # All of them in one folder: TensorBoard shows one run.
    events = {path.suffix for path in (whole / "tensorboard").iterdir()}
    phases = {".flags", ".train", ".calibrate-g4", ".shape-g4", ".figures-g4"}
    assert events == {*phases, ".figures"}
    timed = small_runs.results(whole, "timings.jsonl")
    assert {"train", "calibrate-g4", "shape-g4"} <= {line["phase"] for line in timed}
    drawn = {line["method"]: line for line in timed if "method" in line}
    assert drawn.keys() == small_runs.METHODS
    known = ("experiment", "dataset", "seed", "gan_step", "d_step", "seconds")
    assert all(name in line for line in drawn.values() for name in known)
    assert tc.models.load(whole / "models/generator-g4.keras").output_shape == (
        None,
        2,
    )


def test_figures_are_pdf_files_too_on_request(whole_planar, tmp_path):
    folder = shutil.copytree(whole_planar, tmp_path / "run")
    before = small_runs.outcome(folder)
    small_runs.run_planar(folder, pdf=True)
    figures = folder / "figures"
    assert {path.stem for path in figures.glob("*.pdf")} == {
        path.stem for path in figures.glob("*.png")
    }
    assert all(path.read_bytes()[:5] == b"%PDF-" for path in figures.glob("*.pdf"))
    assert small_runs.outcome(folder) == before


def test_what_is_shown_of_a_tuned_d_is_not_called_like_that_of_training(whole_planar):
    seen = small_runs.tags(whole_planar)
    assert ("pictures/paths (figures-g4)", 4) in seen
    assert ("D/score/real (figures-g4)", 4) in seen  # of the shaped D
    steps = {step for tag, step in seen if tag == "D/score/real"}
    assert steps == {0, 2, 4}  # of the D that trains, at each look
    groups = {tag.partition("/")[0] for tag, _ in seen}
    assert groups >= {"loss", "D", "speed", "quality", "pictures", "text"}


def test_the_objective_of_the_authors_gan_is_not_chosen(tmp_path):
    (tmp_path / "model.ckpt.index").touch()
    argv = [f"--init_checkpoint={tmp_path / 'model.ckpt'}", "--gan=hinge"]
    with pytest.raises(errors.Refused, match="--gan=hinge has no effect with the auth"):
        flags.parse(mog2d.Config, ["mog2d", *argv])


def test_every_report_of_a_phase_tells_its_speed_the_first_too(whole_planar):
    seen = small_runs.curves(whole_planar)
    assert {tag.partition("/")[0] for tag, _ in seen} == {
        "loss",
        "D",
        "speed",
        "quality",
    }
    for name in ("loss/D", "speed/steps per second"):
        told = {one for one in seen if one[0].startswith(name)}
        whose = ("", " (calibrate-g4)", " (shape-g4)")
        assert told == {(name + loop, k) for loop in whose for k in (2, 4)}


def test_a_sweep_has_a_folder_a_seed_and_one_table(exported, tmp_path, capsys):
    config = dataclasses.replace(
        small_runs.PLANAR,
        workdir=str(tmp_path),
        seeds=(1, 2),
        method=("standard",),
        calibrate_iters=0,
        shape_iters=0,
    )
    mog2d.run(config)
    lines = [
        small_runs.results(tmp_path / f"Imbal-8Gaussians-s{seed}") for seed in (1, 2)
    ]
    assert [[line["seed"] for line in part] for part in lines] == [[1], [2]]
    assert lines[0][0]["mean_dist"] != lines[1][0]["mean_dist"]
    for net in ("generator", "discriminator"):  # which began otherwise
        first, second = (
            tc.models.load(tmp_path / f"Imbal-8Gaussians-s{seed}/models/{net}-g4.keras")
            for seed in (1, 2)
        )
        for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
            assert a.ndim == 1 or np.std(a - b) > 0.5 * np.std(a)
    assert capsys.readouterr().out.count("±") > 1


@pytest.mark.parametrize("dataset", ["8Gaussians", "25Gaussians", "swissroll"])
def test_the_reals_of_a_run_are_those_of_the_target_it_names(dataset, tmp_path):
    with recording.standing() as watch:
        lines = small_runs.run_planar(
            tmp_path / "run", dataset=dataset, method=("standard",), niters=1
        )
    x = np.concatenate([watch.drawn[0].real.x, watch.batch_at[0](0)])
    target = tc.data.MIXTURES[dataset]()
    if dataset == "swissroll":
        assert np.isfinite(lines[0]["sliced_wasserstein"])
        # t from 1.5 pi to 4.5 pi, times 2/3, with noise of a sixth.
        radius = np.linalg.norm(x, axis=1)
        assert 1.5 * np.pi * 2 / 3 - 1 < radius.min() < 4 < 8 < radius.max()
        assert radius.max() < 4.5 * np.pi * 2 / 3 + 1
    else:
        assert np.isfinite(lines[0]["js"])
        gap = np.linalg.norm(x[:, None] - target.centres, axis=2)
        # Of 140 normal points one in a thousand draws has one beyond 5 deviations.
        assert gap.min(axis=1).max() < 5.5 * target.std
        assert set(gap.argmin(axis=1)) == set(range(len(target.centres)))


def test_mixed_precision_runs_on_every_layer(tmp_path):
    methods = {"hastings", "collaborative"}
    for layer in (1, None):  # whose activations are bfloat16, and float32
        lines = small_runs.run_planar(
            tmp_path / f"layer-{layer}",
            precision="mixed_bfloat16",
            collab_layer=layer,
            shape_iters=2,
            calibrate_iters=0,
            method=tuple(methods),
        )
        assert {line["method"] for line in lines if line["n"]} == methods


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(
    tmp_path, capfd
):
    config = dataclasses.replace(small_runs.PLANAR, workdir=str(tmp_path / "run"))
    argv = [*small_runs.command(config), "--lrd=1e30", "--niters=50"]
    with pytest.raises(SystemExit) as exit_:
        flags.main(mog2d.Config, mog2d.run, ["mog2d", *argv])
    assert exit_.value.code == 1
    assert "at step" in capfd.readouterr().err.splitlines()[-1]


def test_the_table_takes_the_last_score_of_each_d():
    lines = [
        {"seed": 0, "gan_step": 1, "method": "refinement", "d_step": d, "js": d / 10}
        for d in (0, 2, 1)
    ]
    assert "0.200" in report.table(lines, [1], ["refinement"])
