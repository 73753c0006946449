"""A run whose G and D are given the labels: they stay with their samples everywhere."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import small_runs

import tf_collab as tc
from experiments import mnist
from experiments.cli import errors
from experiments.images import image_figures, image_sets, label_metrics
from experiments.rundir import report
from experiments.stages import sessions
from tf_collab import metrics

METHODS = ("standard", "refinement", "collaborative")


FLAGS = {"conditional": True, "class_metrics": True, "imbalance": 0.5}


@pytest.fixture(scope="module")
def run(digits, tmp_path_factory):
    """Folder and results of a small run with rare classes."""
    folder = tmp_path_factory.mktemp("conditional") / "run"
    how = {"method": METHODS, "width": 0.05, "num_samples": 200, "mh_pool": True}
    how |= {"niters": 1, "calibrate_iters": 0}
    return folder, small_runs.run_digits(folder, digits, **FLAGS, **how)


def test_labels_are_drawn_as_often_as_they_are_learned(run):
    folder, _ = run
    with np.load(folder / "samples/standard-g1-d0.npz") as file:
        label = file["label"]
    assert label.shape == (200,) and label.dtype == np.int32
    counts = np.bincount(label, minlength=10)
    rare = counts[[2, 3, 5, 6, 8]].sum()
    # A third of the images are of rare classes: 200 / 3, within four sigma.
    assert abs(rare - 200 / 3) < 4 * np.sqrt(200 * 2 / 9)


def test_reals_keep_the_labels_that_they_have_in_the_data(digits):
    config = mnist.Config(data_dir=str(digits), features="random", **FLAGS)
    task, _ = image_sets.make(None, config, sessions.seeds_of(config))
    train = tc.data.mnist(str(digits), split="train")
    label_of = {
        np.asarray(tc.data.to_float(x)).tobytes(): label
        for x, label in zip(train.pixels, train.labels)
    }
    for pair in task.held_out, task.batch_at(tf.constant(3)):
        for x, label in zip(*map(np.asarray, pair)):
            assert label_of[x.tobytes()] == label
    assert task.frequencies.sum() == 600 - len(task.held_out[1])


def test_results_and_figures_tell_of_each_class(run):
    folder, lines = run
    assert {line["method"] for line in lines} == {*METHODS}
    for line in lines:
        assert sum(line[f"class{k}_distance"] is not None for k in range(10)) > 5
        # A random net has no logits, so that it can call no sample by a label.
        assert not any(name.endswith("_labelled") for name in line)
    table = (folder / "table.md").read_text()
    assert report.class_table(lines) in table
    assert "KID ↓" in table and "look like it" not in table
    for name in ("training-g1", *(f"samples-{name}-g1" for name in METHODS)):
        assert (folder / f"figures/{name}.png").stat().st_size


def test_with_a_folder_that_began_without_labels_it_is_refused(run, digits):
    folder, _ = run
    with pytest.raises(errors.Refused, match="conditional"):
        small_runs.run_digits(folder, digits, conditional=False, imbalance=0.5)
    alone = mnist.Config(class_metrics=True)
    assert alone.idle()["class_metrics"] == "a GAN without labels"
    assert "class_metrics" not in mnist.Config(conditional=True).idle()


def test_a_grid_has_a_row_for_each_label(monkeypatch):
    shown = {}
    monkeypatch.setattr(
        image_figures.plots, "grid", lambda x, **how: shown.update(how, x=x)
    )
    label = np.array([2, 0, 2, 2] * 5)
    x = np.broadcast_to(label[:, None, None, None] * 100, (20, 2, 2, 1))
    image_figures._grid(x.astype(np.uint8), label, "plain")
    rows = shown["x"].reshape(3, shown["columns"], -1)
    assert shown["columns"] == 10 and shown["title"].endswith("a row for each label")
    assert (rows[0, :5] == -1).all() and (rows[0, 5:] == 1).all()  # white
    assert (rows[1] == 1).all()
    assert np.allclose(rows[2], 2 * 200 / 255 - 1)


def test_measures_of_labels_ask_whether_samples_look_like_theirs():
    features = np.eye(3)[[0, 0, 1, 2, 2, 2]] + np.arange(6)[:, None] / 100
    label = np.array([0, 1, 1, 2, 2, 0])
    net = (
        "fake",
        metrics.Classifier(lambda x: x.reshape(len(x), -1), lambda x: x, "all"),
    )
    (share,) = label_metrics.agreement(net, features, label).items()
    assert share == ("labelled_fake_logits_6_label", 4 / 6)
    pixels = np.random.default_rng(0).integers(0, 255, [40, 1, 3, 1]).astype(np.uint8)
    of = label_metrics.of_classes(net, pixels, np.arange(40) % 4)
    found = of(features, label)
    assert found["class0_labelled"] == 0.5 and found["class3_labelled"] is None
    assert found["class3_distance"] is None
    real = np.asarray(tc.data.to_float(pixels)).reshape(40, 3)[2::4]
    mmd = metrics.mmd(real, features[label == 2], kernel=metrics.cubic_kernel)
    assert found["class2_distance"] == pytest.approx(mmd)
