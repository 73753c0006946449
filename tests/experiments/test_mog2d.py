"""Tests for experiments.mog2d: whole runs of tiny nets."""

import dataclasses
import re
import shutil

import keras
import numpy as np
import pytest
from helpers import recording, small_runs, tf1_files

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


def test_a_sweep_has_a_folder_a_seed_and_one_table(tmp_path, capsys):
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


def test_keras_files_are_sampled_as_the_run_that_wrote_them(whole_planar, tmp_path):
    """The same weights, prior and seeds: standard samples agree up to rounding."""
    lines = small_runs.run_planar(
        tmp_path / "run",
        niters=None,
        generator=str(whole_planar / "models/generator-g4.keras"),
        discriminator=str(whole_planar / "models/discriminator-g4.keras"),
        mode="sample",
    )
    assert {line["method"] for line in lines} == small_runs.METHODS
    assert {line["gan_step"] for line in lines} == {0}
    planar_g = tc.models.load(whole_planar / "models/generator-g4.keras")
    z = tc.priors.normal(2)(5, tc.seeds.as_seed(0))
    g = tc.models.MLPGenerator(8, 3)
    d = tc.models.MLPDiscriminator(8, 3)
    tc.training.Checkpoints(
        whole_planar / "checkpoints" / "train", generator=g, discriminator=d
    ).restore(4)
    # Two layers of 8 terms: a few roundings of 2**-24.
    np.testing.assert_allclose(planar_g(z), g(z), rtol=1e-5, atol=1e-6)


def own_nets(folder, ending):
    """A classifier that ends in a sigmoid or in a logit, and its G."""
    g = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    d = keras.Sequential(
        [
            keras.layers.Dense(4, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1, ending),
        ]
    )
    d(np.zeros([5, 2]))  # built by a call, so for a batch of five
    g.save(folder / "g.keras")
    d.save(folder / "d.keras")
    return {name: str(folder / f"{name[0]}.keras") for name in SOURCES}


SOURCES = ("generator", "discriminator")


@pytest.mark.parametrize("ending", ["trained here", None, "sigmoid"])
def test_a_tuned_d_goes_elsewhere_with_the_scores_it_has_here(
    ending, whole_planar, tmp_path
):
    """Refined samples were kept with the scores that the shaped D gave them."""
    folder, at, steps = whole_planar, 4, 4
    if ending != "trained here":
        folder, at, steps = tmp_path / "run", 0, 2
        small_runs.run_planar(
            folder,
            niters=None,
            **own_nets(tmp_path, ending),
            shape_iters=2,
            calibrate_iters=2,
        )
    pairs = {"calibrated": "rejection", "shaped": "refinement"}
    for name, method in pairs.items():
        d = tc.models.load(folder / f"models/discriminator-{name}-g{at}-d{steps}.keras")
        with np.load(folder / f"samples/{method}-g{at}-d{steps}.npz") as kept:
            # float32, scored in another batch and program.
            scores = tc.models.scorer(d)(kept["x"])
            np.testing.assert_allclose(scores, kept["score"], rtol=1e-4, atol=1e-4)
    g = tc.models.load(folder / f"models/generator-g{at}.keras")
    assert g.output_shape == (None, 2)


def test_a_d_that_was_saved_frozen_learns_in_both_loops(tmp_path):
    nets = own_nets(tmp_path, None)
    d = keras.models.load_model(nets["discriminator"])
    d.trainable = False  # as Keras' usual GAN leaves it
    d.save(nets["discriminator"])
    options = {"shape_iters": 2, "calibrate_iters": 2, "method": ("standard",)}
    small_runs.run_planar(tmp_path / "run", niters=None, **nets, **options)
    for name in ("calibrated", "shaped"):
        file = tmp_path / f"run/models/discriminator-{name}-g0-d2.keras"
        tuned = tc.models.load(file)
        moved = [np.any(a != b) for a, b in zip(tuned.get_weights(), d.get_weights())]
        # A bias before batch-norm has no gradient; batch-norm itself has four.
        assert len(moved) == 8 and sum(moved) >= 7
    assert "frozen as a whole" in (tmp_path / "run/log").read_text()


def test_a_generator_of_half_precision_is_sampled(tmp_path):
    nets = own_nets(tmp_path, None)
    parts = [keras.layers.Dense(size, dtype="float16") for size in (4, 2)]
    keras.Sequential([keras.Input([3]), *parts]).save(nets["generator"])
    lines = small_runs.run_planar(tmp_path / "run", niters=None, **nets, collab_layer=1)
    assert {line["method"] for line in lines if line["n"]} == small_runs.METHODS
    assert small_runs.samples(tmp_path / "run", "refinement-g0-d4").dtype == np.float32


def test_the_authors_nets_are_sampled(tmp_path):
    path, _ = tf1_files.write(tmp_path / "theirs", nhidden=8)
    lines = small_runs.run_planar(tmp_path / "run", init_checkpoint=path)
    assert {line["method"] for line in lines} == small_runs.METHODS
    g, d = tc.models.MLPGenerator(8, 3), tc.models.MLPDiscriminator(8, 3)
    tc.models.read_tf1(path, g, d)
    with np.load(tmp_path / "run/samples/standard-g0-d0.npz") as plain:
        # float32; the scores were taken of another batch.
        np.testing.assert_allclose(d(plain["x"]), plain["score"], rtol=1e-5, atol=1e-5)


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
