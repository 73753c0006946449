"""Tests for the experiments on images: whole runs on tiny sets."""

import dataclasses
import gzip
import json
import pathlib
import struct

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tf_collab as tc
from experiments import celeba, evaluate, flags, mnist, refusal, runs

METHODS = {"standard", "rejection", "hastings", "refinement", "collaborative"}
QUICK = {
    "batch_size": 8,
    "niters": 2,
    "calibrate_iters": 1,
    "shape_iters": 1,
    "eval_every": 1,
    "rollout_steps": 2,
    "num_samples": 80,
    "mh_thin": 2,
    "mh_pool": False,
    "drs_percentile": 50.0,
    "features": "random",
}


def write_idx(path, array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    with gzip.open(path, "wb") as file:
        file.write(header + array.tobytes())


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A folder like MNIST's, of blobs whose place tells their label."""
    folder = tmp_path_factory.mktemp("digits")
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 800), ("t10k", 150)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        pixels = rng.integers(0, 40, [n, 28, 28]).astype(np.uint8)
        for image, label in zip(pixels, labels):
            image[2 * label : 2 * label + 8, 10:18] = 250
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", pixels)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels)
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder of photographs, as somebody's camera might have made them."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(800):
        side = int(rng.integers(8, 12))
        pixels = rng.integers(0, 255, [side, side, 3]).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")
    return folder


def results(folder):
    text = (pathlib.Path(folder) / "results.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def outcome(folder):
    files = [folder / "results.jsonl", *sorted((folder / "samples").glob("*.npz"))]
    return {path.name: path.read_bytes() for path in files}


def run_mnist(folder, data, **changes):
    options = {**QUICK, "workdir": str(folder), "data_dir": str(data), **changes}
    mnist.run(mnist.Config(**options))
    return results(folder)


@pytest.fixture(scope="session")
def whole(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist") / "whole"
    run_mnist(folder, digits)
    return folder


def test_a_run_measures_every_method(whole):
    lines = results(whole)
    assert {line["method"] for line in lines} == METHODS
    assert all(line["fd_random80_test"] > 0 for line in lines if line["n"])
    figures = {path.name for path in (whole / "figures").iterdir()}
    assert {"samples-refinement-g2.png", "strip-shaped-g2.png"} <= figures
    assert {"steps-shaped-g2.png", "scores-trained-g2.png"} <= figures


def test_samples_are_kept_as_pixels(whole):
    with np.load(whole / "samples" / "standard-g2-d0.npz") as file:
        assert file["x"].dtype == np.uint8 and file["x"].shape == (80, 28, 28, 1)


def test_phases_one_by_one_give_what_all_at_once_gives(whole, digits, tmp_path):
    folder = tmp_path / "steps"
    options = {**QUICK, "workdir": str(folder), "data_dir": str(digits)}
    mnist.run(mnist.Config(**options, mode="train"))
    for mode in ("calibrate", "shape"):
        changed = {**options, "mode": mode, "niters": 1, "ckpt_num": (2,)}
        mnist.run(mnist.Config(**changed))
    assert outcome(folder) == outcome(whole)


def test_sampling_a_finished_run_writes_png_files(whole, digits, tmp_path):
    run_mnist(whole, digits, mode="sample")
    files = sorted((whole / "samples" / "standard-g2-d0").iterdir())
    assert len(files) == 80
    with np.load(whole / "samples" / "standard-g2-d0.npz") as file:
        np.testing.assert_array_equal(
            np.asarray(Image.open(files[7])), file["x"][7, ..., 0]
        )


def test_a_finished_run_is_evaluated(whole, digits, capsys):
    evaluate.run(
        evaluate.Config(workdir=str(whole), metrics=("fid", "kid", "prdc"), n=80)
    )
    lines = [
        json.loads(line)
        for line in (whole / "evaluation.jsonl").read_text().splitlines()
    ]
    assert {line["method"] for line in lines} == METHODS
    for line in lines:
        (same,) = (
            one["fd_random80_test"]
            for one in results(whole)
            if [one[k] for k in ("method", "d_step")]
            == [line[k] for k in ("method", "d_step")]
        )
        # Pixels are whole numbers here, and were not when the run measured.
        assert line["fd_random80_test"] == pytest.approx(same, rel=0.05)
        assert 0 <= line["coverage_random80_test"] <= 1
    assert "precision_random80_test" in capsys.readouterr().out


def test_two_folders_are_compared(photos, tmp_path, capsys):
    options = {"a": str(photos), "features": "random", "size": 8, "n": 200}
    stats = str(tmp_path / "stats.npz")
    evaluate.run(evaluate.Config(**options, b=str(photos), save_stats=stats))
    with np.load(stats) as file:
        assert file["mu"].shape == (64,) and file["sigma"].shape == (64, 64)
    evaluate.run(evaluate.Config(**options, b=stats))
    assert capsys.readouterr().out.count("0.000") == 2


def test_wgan_gp_judges_by_a_fitted_calibrator(digits, tmp_path):
    lines = run_mnist(tmp_path / "run", digits, gan="wgan_gp", rollout_rate=1e-3)
    assert {line["method"] for line in lines} == METHODS
    assert all(np.isfinite(line["d_brier"]) for line in lines if line["d_step"])


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
    assert 1 <= line["cs_classifier150"] <= 10
    assert json.loads((tmp_path / "run/classifier/classifier.json").read_text())


def test_faces_are_learned_shaped_and_refined(tmp_path):
    faces = tmp_path / "data" / "img_align_celeba"
    faces.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(700):
        small = Image.fromarray(rng.integers(0, 255, [11, 9, 3]).astype(np.uint8))
        small.resize((178, 218)).save(faces / f"{i:06d}.jpg", quality=60)
    config = celeba.Config(
        **{**QUICK, "niters": 1, "shape_iters": 1, "calibrate_iters": 0},
        data_dir=str(faces.parent),
        output_size=32,
        collab_layer=0,
        method=("standard", "refinement"),
        workdir=str(tmp_path / "run"),
    )
    celeba.run(config)
    lines = results(tmp_path / "run")
    assert {line["method"] for line in lines} == {"standard", "refinement"}
    for name in ("samples-standard-g1.png", "strip-shaped-g1.png"):
        assert (tmp_path / "run" / "figures" / name).exists()


@pytest.mark.parametrize("layer", range(7))
def test_dcgans_d_is_shaped_at_every_layer(layer):
    g = tc.models.DCGANGenerator(32, channels=1)
    d = tc.models.DCGANDiscriminator(32, channels=1)
    gan = tc.GAN(g, d, tc.priors.uniform(100), tc.objectives.nsgan())
    explore = tc.sampling.refine(
        gan, tc.policies.momentum(0.1), layer=layer, steps=2, pick="random"
    )
    before = [v.numpy() for v in d.trainable_variables]
    step = tc.training.tune_step(gan, explore, keras.optimizers.SGD(0.1))
    real = tf.random.stateless_uniform([4, 32, 32, 1], [0, 1], -1.0, 1.0)
    assert np.isfinite(step(0, tc.seeds.as_seed(0), real)["d_loss"])
    for now, then in zip(d.trainable_variables, before):
        assert (now.numpy() != then).any()


def test_every_layer_is_compared(photos, tmp_path):
    config = celeba.Config(
        **{**QUICK, "niters": 1, "shape_iters": 1, "calibrate_iters": 0},
        dataset="folder",
        data_dir=str(photos),
        output_size=32,
        collab_layer="all",
        method=("standard",),
        workdir=str(tmp_path / "run"),
    )
    celeba.run(config)
    text = (tmp_path / "run" / "layers.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    seen = [(line["judge"], line["layer"]) for line in lines]
    judged = [(name, layer) for layer in range(7) for name in ("unshaped", "shaped")]
    assert seen == [("standard", None), *judged]
    for line in lines[1:]:
        assert line["gain"] >= 0  # the best visited point is never worse
        assert 0 <= line["change"] <= 2 and line["rate"] > 0
    celeba.run(config)
    assert (tmp_path / "run" / "layers.jsonl").read_text() == text
    assert (tmp_path / "run" / "figures" / "layers-g1.png").exists()


WRONG = [
    ({"data_dir": "nowhere"}, ["nowhere"]),
    ({"batch_size": 100_000}, ["--batch_size", "100000"]),
    ({"features": "nothing.pb"}, ["--features", "nothing.pb"]),
    ({"collab_layer": 6}, ["--collab_layer", "0 to 5"]),
]


@pytest.mark.parametrize("changes, told", WRONG)
def test_what_cannot_be_is_refused_and_leaves_nothing(changes, told, digits, tmp_path):
    with pytest.raises(runs.Refused) as refused:
        run_mnist(tmp_path / "run", digits, **changes)
    assert all(word in str(refused.value) for word in told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "argv, told",
    [
        (["--output_size=60"], "--output_size=60"),
        (["--dataset=folder"], "--data_dir"),
        (["--dataset=celebs"], "celeba"),
    ],
)
def test_wrong_flags_are_refused(argv, told, capfd):
    with pytest.raises(SystemExit) as exit_:
        flags.main(celeba.Config, celeba.run, ["celeba", *argv])
    assert exit_.value.code == 2 and told in capfd.readouterr().err


def test_a_config_that_gives_another_default_keeps_text_and_checks():
    assert dataclasses.fields(mnist.Config)
    with pytest.raises(SystemExit):
        flags.main(mnist.Config, mnist.run, ["mnist", "--lrg=-1"])


def test_images_are_those_of_the_folder(photos):
    images = tc.data.IMAGES["folder"](str(photos), split="all", size=8)
    assert images.pixels.shape == (800, 8, 8, 3)


def test_images_that_vanish_while_learning_are_told_in_one_sentence(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, np.zeros([10, 4, 4, 1], np.uint8))
    images = tc.data.Images(tc.data.MappedPixels(path))
    batch_at = tf.function(tc.data.batches(images, 4, 0))
    batch_at(tf.constant(0))
    path.unlink()
    with pytest.raises(tf.errors.UnknownError) as failed:
        batch_at(tf.constant(1))
    words, status = refusal.last_words(failed.value)
    assert status == 2 and len(words) < 200 + len(str(path))
    assert str(path) in words and "No such file" in words and "File " not in words
