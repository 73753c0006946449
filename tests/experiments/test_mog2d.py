"""Tests for experiments.mog2d: whole runs of tiny nets."""

import dataclasses
import json
import pathlib
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.compat.proto import event_pb2

import tf_collab as tc
from experiments import flags, mog2d, report

TINY = mog2d.Config(
    nhidden=8,
    nlayers=3,
    batch_size=60,
    niters=4,
    calibrate_iters=4,
    shape_iters=4,
    eval_every=2,
    rollout_steps=3,
    num_samples=80,
    mh_thin=2,
    drs_percentile=50.0,
    xla="off",
)
METHODS = {"standard", "rejection", "hastings", "refinement", "collaborative"}


def run(folder, **changes):
    config = dataclasses.replace(TINY, workdir=str(folder), **changes)
    mog2d.run(config)
    return results(folder)


def results(folder):
    text = (pathlib.Path(folder) / "results.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def outcome(folder):
    """What an unbroken run and a resumed one must share, byte for byte."""
    folder = pathlib.Path(folder)
    files = [folder / "results.jsonl", *sorted((folder / "samples").iterdir())]
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A run of everything, never broken off."""
    folder = tmp_path_factory.mktemp("mog2d") / "whole"
    run(folder)
    return folder


def test_a_run_measures_every_method_at_every_score_of_d(whole):
    seen = {(line["method"], line["d_step"]) for line in results(whole)}
    tuned = {(m, d) for m in METHODS - {"standard"} for d in (0, 2, 4)}
    assert seen == tuned | {("standard", 0)}
    assert all(line["n"] == 80 for line in results(whole))


def test_samples_are_those_that_were_scored(whole):
    target = tc.data.imbalanced_ring()
    for line in results(whole):
        name = f"{line['method']}-g4-d{line['d_step']}.npz"
        with np.load(whole / "samples" / name) as file:
            gap = np.linalg.norm(file["x"][:, None] - target.centres, axis=2).min(1)
        assert line["good"] == np.mean(gap < 4 * target.std)
        assert line["mean_dist"] == pytest.approx(gap.mean(), rel=1e-6)


def test_it_leaves_figures_a_table_events_and_loadable_nets(whole):
    figures = {path.name for path in (whole / "figures").iterdir()}
    assert {"samples-g4.png", "paths-g4.png", "landscape-shaped-g4.png"} <= figures
    assert {"reliability-g4.png", "scores-g4.png", "js-by-d-step-g4.png"} <= figures
    assert all((whole / "figures" / name).stat().st_size < 200_000 for name in figures)
    assert (whole / "table.md").read_text().count("\n") == 2 + len(METHODS)
    assert list((whole / "tensorboard" / "train").iterdir())
    assert tc.models.load(whole / "models/generator-g4.keras").output_shape == (None, 2)


def test_the_same_command_again_changes_nothing(whole, capsys):
    before = outcome(whole)
    run(whole)
    assert outcome(whole) == before
    assert "collaborative" in capsys.readouterr().out


def test_phases_one_by_one_give_what_all_at_once_gives(whole, tmp_path):
    run_mode = lambda mode, **more: run(tmp_path / "steps", mode=mode, **more)
    mog2d.run(dataclasses.replace(TINY, workdir=str(tmp_path / "steps"), mode="train"))
    # As the authors' commands have it, --niters is then the D loop's.
    run_mode("calibrate", niters=4, ckpt_num=(4,))
    run_mode("shape", niters=4, ckpt_num=(4,))
    assert outcome(tmp_path / "steps") == outcome(whole)


def test_a_longer_run_goes_on_as_if_it_had_been_asked_for_at_once(tmp_path):
    plain = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    run(tmp_path / "two", niters=3, **plain)
    run(tmp_path / "two", niters=5, **plain)
    run(tmp_path / "one", ckpt_num=(3, 5), **plain)
    assert outcome(tmp_path / "two") == outcome(tmp_path / "one")


def test_a_sweep_has_a_folder_a_seed_and_one_table(tmp_path, capsys):
    config = dataclasses.replace(
        TINY,
        workdir=str(tmp_path),
        seeds=(1, 2),
        method=("standard",),
        calibrate_iters=0,
        shape_iters=0,
    )
    mog2d.run(config)
    lines = [results(tmp_path / f"Imbal-8Gaussians-s{seed}") for seed in (1, 2)]
    assert [[line["seed"] for line in part] for part in lines] == [[1], [2]]
    assert lines[0][0]["mean_dist"] != lines[1][0]["mean_dist"]
    assert capsys.readouterr().out.count("±") > 1


@pytest.mark.parametrize("dataset", ["8Gaussians", "25Gaussians", "swissroll"])
def test_every_target_runs(dataset, tmp_path):
    lines = run(tmp_path / "run", dataset=dataset, calibrate_iters=0, shape_iters=0)
    key = "sliced_wasserstein" if dataset == "swissroll" else "js"
    assert all(np.isfinite(line[key]) for line in lines)
    assert {line["method"] for line in lines} == METHODS


def test_keras_files_are_sampled_as_the_run_that_wrote_them(whole, tmp_path):
    """The same weights, prior and seeds: standard samples agree up to rounding."""
    lines = run(
        tmp_path / "run",
        niters=None,
        generator=str(whole / "models/generator-g4.keras"),
        discriminator=str(whole / "models/discriminator-g4.keras"),
        mode="sample",
    )
    assert {line["method"] for line in lines} == METHODS
    assert {line["gan_step"] for line in lines} == {0}
    planar_g = tc.models.load(whole / "models/generator-g4.keras")
    z = tc.priors.normal(2)(5, tc.seeds.as_seed(0))
    g = tc.models.MLPGenerator(8, 3)
    d = tc.models.MLPDiscriminator(8, 3)
    tc.training.Checkpoints(
        whole / "checkpoints" / "train", generator=g, discriminator=d
    ).restore(4)
    # Two layers of 8 terms: a few roundings of 2**-24.
    np.testing.assert_allclose(planar_g(z), g(z), rtol=1e-5, atol=1e-6)


def test_a_probability_is_taken_for_one(tmp_path):
    g = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    d = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, "sigmoid")])
    g.save(tmp_path / "g.keras")
    d.save(tmp_path / "d.keras")
    lines = run(
        tmp_path / "run",
        niters=None,
        generator=str(tmp_path / "g.keras"),
        discriminator=str(tmp_path / "d.keras"),
        shape_iters=2,
        calibrate_iters=2,
    )
    assert {line["d_step"] for line in lines} == {0, 2}


KILLER = """
import os, pathlib, signal, sys
import tensorflow as tf
from experiments import flags, mog2d

wanted, *argv = sys.argv[1:]
root = pathlib.Path(argv[0].partition("=")[2]).resolve()

def reached(event):
    print("event", event, flush=True)
    if event == wanted:
        os.kill(os.getpid(), signal.SIGKILL)

replace, write = os.replace, tf.train.Checkpoint.write

def counting_replace(source, target):
    name = os.path.relpath(pathlib.Path(target).resolve(), root)
    lines = pathlib.Path(source).read_bytes().count(b"\\n") if "results" in name else ""
    reached(f"before {name} {lines}")
    replace(source, target)
    reached(f"after {name} {lines}")

def half_write(self, path, *args, **kwargs):
    done = write(self, path, *args, **kwargs)
    name = f"half of {os.path.relpath(path, root)}"
    if name == wanted:
        for file in pathlib.Path(path).parent.iterdir():
            os.truncate(file, file.stat().st_size // 2)
    reached(name)
    return done

os.replace, tf.train.Checkpoint.write = counting_replace, half_write
flags.main(mog2d.Config, mog2d.run, ["mog2d", *argv])
"""


def child(script, *argv):
    return subprocess.run(
        [sys.executable, "-c", script, *argv],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )


def command(folder):
    """TINY as a command line."""
    default = mog2d.Config()
    given = [
        f"--{field.name}={getattr(TINY, field.name)}"
        for field in dataclasses.fields(TINY)
        if getattr(TINY, field.name) != getattr(default, field.name)
    ]
    return [f"--workdir={folder}", *given]


def test_a_run_killed_ten_times_ends_as_an_unbroken_one(tmp_path):
    unbroken = child(KILLER, "never", *command(tmp_path / "unbroken"))
    assert unbroken.returncode == 0, unbroken.stderr
    events = [
        line.removeprefix("event ")
        for line in unbroken.stdout.splitlines()
        if line.startswith("event ")
    ]
    first = {event: i for i, event in reversed(list(enumerate(events)))}
    rng = np.random.default_rng(0)
    halves = [event for event in first if event.startswith("half of")]
    others = [event for event in first if event not in halves]
    moments = {*rng.choice(halves, 3, replace=False), *rng.choice(others, 7, False)}
    for moment in sorted(moments, key=first.get):
        killed = child(KILLER, moment, *command(tmp_path / "killed"))
        assert killed.returncode == -signal.SIGKILL, (moment, killed.stderr)
    finished = child(KILLER, "never", *command(tmp_path / "killed"))
    assert finished.returncode == 0, finished.stderr
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "unbroken")
    table = [tmp_path / name / "table.md" for name in ("killed", "unbroken")]
    assert table[0].read_text() == table[1].read_text()
    # What a kill took before it was written is missing, and nothing is there twice.
    assert curves(tmp_path / "killed") <= curves(tmp_path / "unbroken")


def curves(folder):
    """The (run, tag, step) of every scalar but the clock's."""
    seen = []
    for path in sorted((folder / "tensorboard").rglob("events.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                kind = value.metadata.plugin_data.plugin_name
                if kind == "scalars" and value.tag != "steps_per_second":
                    seen.append((path.parent.name, value.tag, event.step))
    assert len(seen) == len(set(seen))  # no curve is doubled
    return set(seen)


@pytest.mark.parametrize("phase", ["train", "shape-g4"])
def test_a_damaged_checkpoint_falls_back_and_says_so(phase, whole, tmp_path, capfd):
    shutil.copytree(whole, tmp_path / "run")
    newest = tmp_path / "run" / "checkpoints" / phase / "step-000000004"
    data = newest / "variables.data-00000-of-00001"
    damaged = bytearray(data.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    data.write_bytes(damaged)
    run(tmp_path / "run")
    told = capfd.readouterr().err
    assert "step-000000004 is damaged and set aside" in told
    assert f"{phase}: 4/4 steps" in told  # from step 2 on, again
    assert outcome(tmp_path / "run") == outcome(whole)
    run(tmp_path / "run")
    assert "is damaged" not in capfd.readouterr().err


def test_an_earlier_gan_step_asked_for_later_is_made_again(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    few = {"method": ("standard",), "calibrate_iters": 4, "shape_iters": 4}
    run(tmp_path / "run", ckpt_num=(3, 4), **few)
    lines = run(tmp_path / "straight", niters=3, **few)
    again = [line for line in results(tmp_path / "run") if line["gan_step"] == 3]
    assert again == lines
    assert len(curves(tmp_path / "run")) > len(curves(whole))  # and none twice


def test_no_later_command_forgets_a_gan_step_asked_for_before(tmp_path):
    few = {"mode": "train", "eval_every": 1}
    config = dataclasses.replace(TINY, workdir=str(tmp_path / "run"), **few)
    mog2d.run(dataclasses.replace(config, ckpt_num=(1, 3)))
    mog2d.run(dataclasses.replace(config, niters=8))
    kept = {path.name[-1] for path in (tmp_path / "run/checkpoints/train").iterdir()}
    assert kept == {"1", "3", "7", "8"}


def test_a_lost_sample_file_is_told_and_the_rest_is_shown(whole, tmp_path, capfd):
    shutil.copytree(whole, tmp_path / "run")
    (tmp_path / "run" / "samples" / "refinement-g4-d4.npz").unlink()
    (tmp_path / "run" / "figures" / "shown-g4.json").unlink()
    run(tmp_path / "run")
    assert "refinement-g4-d4.npz is not shown" in capfd.readouterr().err


def test_a_method_asked_for_later_is_what_it_would_have_been(whole, tmp_path):
    run(tmp_path / "run", method=("rejection",))
    run(tmp_path / "run", method=("standard", "rejection"))
    key = lambda line: (line["method"], line["d_step"])
    late = {key(line): line for line in results(tmp_path / "run")}
    for line in results(whole):
        if key(line) in late:
            ours = late[key(line)]
            assert all(ours[k] == v for k, v in line.items() if ours[k] is not None)
    assert ("standard", 0) in late


def test_one_mode_does_not_redraw_what_belongs_to_another(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    figures = tmp_path / "run" / "figures"
    before = {path.name: path.read_bytes() for path in figures.iterdir()}
    run(tmp_path / "run", mode="calibrate", calibrate_iters=6, niters=6, ckpt_num=(4,))
    after = {path.name: path.read_bytes() for path in figures.iterdir()}
    assert after["landscape-calibrated-g4.png"] != before["landscape-calibrated-g4.png"]
    for kept in ("landscape-shaped-g4.png", "landscape-trained-g4.png", "paths-g4.png"):
        assert after[kept] == before[kept]


def test_mixed_precision_runs_on_every_layer(tmp_path):
    for layer in (1, None):
        lines = run(
            tmp_path / f"layer-{layer}",
            precision="mixed_bfloat16",
            collab_layer=layer,
            shape_iters=2,
            calibrate_iters=0,
        )
        assert {line["method"] for line in lines if line["n"]} == METHODS


def test_ctrl_c_saves_says_how_to_go_on_and_exits_130(whole, tmp_path):
    interrupt = KILLER.replace("SIGKILL", "SIGINT")
    moment = "after checkpoints/train/step-000000002 "
    stopped = child(interrupt, moment, *command(tmp_path / "run"))
    assert stopped.returncode == 130
    assert stopped.stderr.splitlines()[-1].startswith("Interrupted")
    assert "Traceback" not in stopped.stderr
    run(tmp_path / "run")
    assert outcome(tmp_path / "run") == outcome(whole)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(
    tmp_path, capfd
):
    argv = [*command(tmp_path / "run"), "--lrd=1e30", "--niters=50"]
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
