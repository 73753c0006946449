"""Tests for the experiments on images: whole runs on tiny sets."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
import tiny
from PIL import Image

import tf_collab as tc
from experiments import (
    celeba,
    evaluate,
    flags,
    mnist,
    runs,
)
from tf_collab import metrics


def run_mnist(folder, data, **changes):
    options = {**tiny.IMAGES, "workdir": str(folder), "data_dir": str(data), **changes}
    mnist.run(mnist.Config(**options))
    return tiny.results(folder)


@pytest.fixture(scope="module")
def whole(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist") / "whole"
    run_mnist(folder, digits)
    return folder


def test_a_run_measures_every_method(whole):
    lines = tiny.results(whole)
    assert {line["method"] for line in lines} == tiny.METHODS
    assert all(line["fd_random_pool_80_test"] > 0 for line in lines if line["n"])
    figures = {path.name for path in (whole / "figures").iterdir()}
    assert {"samples-refinement-g2.png", "strip-shaped-g2.png"} <= figures
    assert {"steps-shaped-g2.png", "scores-trained-g2.png"} <= figures


def test_samples_are_kept_as_pixels(whole):
    with np.load(whole / "samples" / "standard-g2-d0.npz") as file:
        assert file["x"].dtype == np.uint8 and file["x"].shape == (80, 28, 28, 1)


def test_phases_one_by_one_give_what_all_at_once_gives(whole, digits, tmp_path):
    folder = tmp_path / "steps"
    options = {**tiny.IMAGES, "workdir": str(folder), "data_dir": str(digits)}
    mnist.run(mnist.Config(**options, mode="train"))
    for mode in ("calibrate", "shape"):
        changed = {**options, "mode": mode, "niters": 1, "ckpt_num": (2,)}
        mnist.run(mnist.Config(**changed))
    assert tiny.outcome(folder) == tiny.outcome(whole)


def test_sampling_a_finished_run_writes_png_files(whole, digits, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    run_mnist(tmp_path / "run", digits, mode="sample")
    files = sorted((tmp_path / "run" / "samples" / "standard-g2-d0").iterdir())
    assert len(files) == 80
    with np.load(whole / "samples" / "standard-g2-d0.npz") as file:
        np.testing.assert_array_equal(
            np.asarray(Image.open(files[7])), file["x"][7, ..., 0]
        )


def test_a_finished_run_is_evaluated(whole, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    evaluate.run(
        evaluate.Config(workdir=str(folder), metrics=("fid", "kid", "prdc"), n=80)
    )
    lines = tiny.results(folder, "evaluation.jsonl")
    assert {line["method"] for line in lines} == tiny.METHODS
    for line in lines:
        (same,) = (
            one["fd_random_pool_80_test"]
            for one in tiny.results(whole)
            if [one[k] for k in ("method", "d_step")]
            == [line[k] for k in ("method", "d_step")]
        )
        # Pixels are whole numbers here, and were not when the run measured.
        assert line["fd_random_pool_80_test"] == pytest.approx(same, rel=0.05)
        assert 0 <= line["coverage_random_pool_80_test"] <= 1
    assert "precision_random_pool_80_test" in capsys.readouterr().out


def test_rare_classes_are_rare_wherever_a_run_is_scored(digits, photos, tmp_path):
    quick = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    (line,) = run_mnist(tmp_path / "run", digits, imbalance=0.5, **quick)
    evaluate.run(evaluate.Config(workdir=str(tmp_path / "run"), n=80))
    (again,) = tiny.results(tmp_path / "run", "evaluation.jsonl")
    # Pixels are whole numbers here, and were not when the run measured.
    expected = pytest.approx(line["fd_random_pool_80_test"], rel=0.05)
    assert again["fd_random_pool_80_test"] == expected
    folder = {"dataset": "folder", "data_dir": str(photos), "features": "random"}
    config = celeba.Config(workdir=str(tmp_path / "no"), imbalance=0.5, **folder)
    with pytest.raises(runs.Refused, match=r"--imbalance=0.5: these images have no"):
        celeba.run(config)


def test_each_gan_step_is_evaluated_by_its_own_samples(digits, tmp_path):
    quick = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    lines = run_mnist(tmp_path / "run", digits, ckpt_num=(1, 2), lrg=0.1, **quick)
    evaluate.run(evaluate.Config(workdir=str(tmp_path / "run"), n=80))
    again = tiny.results(tmp_path / "run", "evaluation.jsonl")
    assert [line["gan_step"] for line in again] == [1, 2]
    first, second = (line["fd_random_pool_80_test"] for line in lines)
    assert abs(first - second) > 0.1 * first
    for line, expected in zip(again, (first, second)):
        # Pixels are whole numbers here, and were not when the run measured.
        assert line["fd_random_pool_80_test"] == pytest.approx(expected, rel=0.05)


def test_a_grey_run_is_compared_with_a_folder_of_photographs(whole, photos, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    evaluate.run(evaluate.Config(workdir=str(folder), b=str(photos)))
    colours = tc.data.IMAGES["folder"](str(photos), split="all", size=28).pixels
    grey = np.asarray(tc.data.to_float(colours)) @ np.float32([0.299, 0.587, 0.114])
    look = metrics.random_conv(0, channels=1)
    samples = np.asarray(tc.data.to_float(tiny.samples(folder, "standard-g2-d0")))
    expected = metrics.frechet_distance(
        *(metrics.FeatureStats.of(look(x)) for x in (samples, grey[..., None]))
    )
    (found,) = (
        line[f"fd_random_pool_80_{photos.name}"]
        for line in tiny.results(folder, "evaluation.jsonl")
        if line["method"] == "standard"
    )
    assert found == pytest.approx(expected, rel=1e-3)


def test_images_of_a_run_are_kept_as_told_now_or_else_as_before(
    whole, digits, monkeypatch
):
    asked = []

    def load(config, split):
        asked.append(config)
        raise runs.Refused(split)

    monkeypatch.setattr("experiments.imaging.load", load)
    for given in ({}, {"memory_gib": 1.0, "cache_dir": "maps", "data_dir": "moved"}):
        with pytest.raises(runs.Refused):
            evaluate.run(evaluate.Config(workdir=str(whole), **given))
    before, now = (
        (config.memory_gib, config.cache_dir, config.data_dir) for config in asked
    )
    assert before == (4.0, None, str(digits)) and now == (1.0, "maps", "moved")


def test_a_chain_over_the_refined_samples_is_measured_on_as_many_as_the_others(
    digits, tmp_path
):
    few = {"calibrate_iters": 0, "rollout_steps": 1, "num_samples": 150}
    methods = ("standard", "refinement", "collaborative")
    lines = run_mnist(
        tmp_path / "run", digits, **few, mh_pool=True, method=methods, shape_iters=1
    )
    assert {line["method"] for line in lines} == {*methods}
    for line in lines:
        # 150 refined, thinned by 2, a tenth less for chains that never moved.
        assert line["fd_random_pool_67_test"] > 0
        assert ("fd_random_pool_150_test" in line) == (
            line["method"] != "collaborative"
        )
        if line["method"] == "collaborative":
            assert 67 <= line["n"] <= 75 and "over the refined" in line["protocol"]
            assert line["g_forward"] >= 2  # what the pool took, for each that is kept
    drawn = tiny.samples(tmp_path / "run", "refinement-g2-d1")
    chosen = tiny.samples(tmp_path / "run", "collaborative-g2-d1")
    assert {x.tobytes() for x in chosen} <= {x.tobytes() for x in drawn}


def test_a_chain_that_keeps_too_few_has_no_number(digits, tmp_path, monkeypatch):
    select = tc.sampling.select

    def five(*args, **options):
        kept = select(*args, **options)
        return kept._replace(x=kept.x[:5], score=kept.score[:5])

    monkeypatch.setattr(tc.sampling, "select", five)
    few = {"calibrate_iters": 0, "shape_iters": 0, "rollout_steps": 1}
    few |= {"mh_pool": True, "method": ("collaborative",), "num_samples": 150}
    (line,) = run_mnist(tmp_path / "run", digits, **few)
    assert line["n"] == 5
    # 150 refined, thinned by 2, a tenth less.
    distances = {name: v for name, v in line.items() if name.startswith("fd_")}
    assert distances == {"fd_random_pool_67_test": None}


def test_wgan_gp_judges_by_a_fitted_calibrator(digits, tmp_path):
    lines = run_mnist(
        tmp_path / "run", digits, gan="wgan_gp", rollout_rate=1e-3, rollout_steps=1
    )
    assert {line["method"] for line in lines} == tiny.METHODS
    assert all(np.isfinite(line["d_brier"]) for line in lines if line["d_step"])


def test_any_keras_net_can_look_at_the_images(digits, tmp_path):
    body = [
        keras.Input((28, 28, 1)),
        keras.layers.AveragePooling2D(14),
        keras.layers.Flatten(),
    ]
    keras.Sequential(body).save(tmp_path / "quarters.keras")
    head = keras.layers.Dense(3)
    keras.Sequential([*body, head]).save(tmp_path / "judge.keras")
    quick = {"method": ("standard",), "calibrate_iters": 0, "shape_iters": 0}
    found = {}
    for name in ("quarters", "judge"):
        features = str(tmp_path / f"{name}.keras")
        (line,) = run_mnist(tmp_path / name, digits, features=features, **quick)
        found |= {key: v for key, v in line.items() if key.startswith(("fd_", "cs_"))}
    assert found.keys() == {
        "fd_quarters_output_80_test",
        "fd_judge_penultimate_80_test",
        "cs_judge_logits_80_1split",
    }
    # Both look at the same four means.
    assert found["fd_quarters_output_80_test"] == pytest.approx(
        found["fd_judge_penultimate_80_test"]
    )
    assert 1 <= found["cs_judge_logits_80_1split"] <= 3


def test_the_classifier_gives_features_and_a_score(digits, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.image_metrics.EPOCHS", 1)
    lines = run_mnist(
        tmp_path / "run",
        digits,
        features="classifier",
        method=("standard",),
        num_samples=150,
        calibrate_iters=0,
        shape_iters=0,
    )
    (line,) = lines
    assert 1 <= line["cs_classifier_logits_150_1split"] <= 10
    assert json.loads((tmp_path / "run/classifier/classifier.json").read_text())


WRONG = [
    ({"data_dir": "nowhere"}, ["nowhere"]),
    ({"batch_size": 100_000}, ["--batch_size", "100000", "720", "80 held", "150"]),
    ({"features": "nothing.pb"}, ["--features", "nothing.pb"]),
    ({"collab_layer": 6}, ["--collab_layer", "0 to 5"]),
]


@pytest.mark.parametrize("changes, told", WRONG)
def test_what_cannot_be_is_refused_and_leaves_nothing(changes, told, digits, tmp_path):
    with pytest.raises(runs.Refused) as refused:
        run_mnist(tmp_path / "run", digits, **changes)
    assert all(word in str(refused.value) for word in told)
    assert not list(tmp_path.iterdir())


def test_a_config_that_gives_another_default_keeps_text_and_checks():
    assert dataclasses.fields(mnist.Config)
    with pytest.raises(SystemExit):
        flags.main(mnist.Config, mnist.run, ["mnist", "--lrg=-1"])
