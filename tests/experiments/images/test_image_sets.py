"""Tests for the experiments on images: whole runs on tiny sets."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
from helpers import recording, small_runs
from PIL import Image

import tf_collab as tc
from experiments import mnist
from experiments.cli import errors, flags
from experiments.images import classifier, image_sets
from experiments.stages import sessions


@pytest.fixture
def eagerly():
    """Graphs of two steps take longer to make than to run."""
    with recording.eagerly():
        yield


def test_a_run_measures_every_method(whole_digits):
    lines = small_runs.results(whole_digits)
    assert {line["method"] for line in lines} == small_runs.METHODS
    assert all(line["fd_random_pool_80_test"] > 0 for line in lines if line["n"])
    figures = {path.name for path in (whole_digits / "figures").iterdir()}
    assert {"samples-refinement-g2.png", "strip-shaped-g2.png"} <= figures
    assert {"steps-shaped-g2.png", "scores-trained-g2.png"} <= figures


def test_samples_are_kept_as_pixels(whole_digits):
    with np.load(whole_digits / "samples" / "standard-g2-d0.npz") as file:
        assert file["x"].dtype == np.uint8 and file["x"].shape == (80, 28, 28, 1)


def test_sampling_a_finished_run_writes_png_files(whole_digits, digits, tmp_path):
    shutil.copytree(whole_digits, tmp_path / "run")
    small_runs.run_digits(tmp_path / "run", digits, mode="sample")
    files = sorted((tmp_path / "run" / "samples" / "standard-g2-d0").iterdir())
    assert len(files) == 80
    with np.load(whole_digits / "samples" / "standard-g2-d0.npz") as file:
        np.testing.assert_array_equal(
            np.asarray(Image.open(files[7])), file["x"][7, ..., 0]
        )


@pytest.mark.usefixtures("eagerly")
def test_a_chain_over_the_refined_samples_is_measured_on_as_many_as_the_others(
    digits, tmp_path
):
    few = {"calibrate_iters": 0, "rollout_steps": 1, "num_samples": 150}
    methods = ("standard", "refinement", "collaborative")
    lines = small_runs.run_digits(
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
    drawn = small_runs.samples(tmp_path / "run", "refinement-g2-d1")
    chosen = small_runs.samples(tmp_path / "run", "collaborative-g2-d1")
    assert {x.tobytes() for x in chosen} <= {x.tobytes() for x in drawn}


@pytest.mark.usefixtures("eagerly")
def test_a_chain_that_keeps_too_few_has_no_number(digits, tmp_path, monkeypatch):
    select = tc.sampling.select

    def five(*args, batch, **options):
        assert batch == 150 // (10 * 2)  # chains, of ten outputs each
        options["batch"] = batch
        kept = select(*args, **options)
        return kept._replace(x=kept.x[:5], score=kept.score[:5])

    monkeypatch.setattr(tc.sampling, "select", five)
    few = {"calibrate_iters": 0, "shape_iters": 0, "rollout_steps": 1}
    few |= {"mh_pool": True, "method": ("collaborative",), "num_samples": 150}
    (line,) = small_runs.run_digits(tmp_path / "run", digits, **few)
    assert line["n"] == 5
    # 150 refined, thinned by 2, a tenth less.
    distances = {name: v for name, v in line.items() if name.startswith("fd_")}
    assert distances == {"fd_random_pool_67_test": None}


def test_any_keras_net_can_look_at_the_images(digits, tmp_path):
    body = [
        keras.Input((28, 28, 1)),
        keras.layers.AveragePooling2D(14),
        keras.layers.Flatten(),
    ]
    keras.Sequential(body).save(tmp_path / "quarters.keras")
    head = keras.layers.Dense(3)
    keras.Sequential([*body, head]).save(tmp_path / "judge.keras")
    found = {}
    for name in ("quarters", "judge"):
        config = mnist.Config(
            data_dir=str(digits), features=str(tmp_path / f"{name}.keras")
        )
        task, _ = image_sets.make(None, config, sessions.seeds_of(config))
        # 80 reals stand for samples.
        found |= task.measured(task.held_out.numpy(), 0)
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


@pytest.mark.usefixtures("eagerly")
def test_the_classifier_gives_features_and_a_score(digits, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.images.image_metrics.EPOCHS", 1)
    made, learned = classifier.classifier, []

    def recorded(folder, train, test, **options):
        learned.append((len(train.pixels), len(test.pixels), options))
        return made(folder, train, test, **options)

    monkeypatch.setattr(classifier, "classifier", recorded)
    lines = small_runs.run_digits(
        tmp_path / "run",
        digits,
        features="classifier",
        method=("standard",),
        imbalance=0.9,
        num_samples=150,
        calibrate_iters=0,
        shape_iters=0,
    )
    (line,) = lines
    assert 1 <= line["cs_classifier_logits_150_1split"] <= 10
    assert json.loads((tmp_path / "run/classifier/classifier.json").read_text())
    # Judged on the test images; the ruler is that of all classes.
    assert learned == [(800, 150, {"epochs": 1})]


WRONG = [
    ({"data_dir": "nowhere"}, ["nowhere"]),
    ({"batch_size": 100_000}, ["--batch_size", "100000", "720", "80 held", "150"]),
    ({"features": "nothing.pb"}, ["--features", "nothing.pb"]),
    ({"collab_layer": 6}, ["--collab_layer", "0 to 5"]),
]


@pytest.mark.parametrize("changes, told", WRONG)
def test_what_cannot_be_is_refused_and_leaves_nothing(changes, told, digits, tmp_path):
    with pytest.raises(errors.Refused) as refused:
        small_runs.run_digits(tmp_path / "run", digits, **changes)
    assert all(word in str(refused.value) for word in told)
    assert not list(tmp_path.iterdir())


def test_a_config_that_gives_another_default_keeps_text_and_checks():
    assert dataclasses.fields(mnist.Config)
    with pytest.raises(SystemExit):
        flags.main(mnist.Config, mnist.run, ["mnist", "--lrg=-1"])
