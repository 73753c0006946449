"""Which images reach the library in a run: those that its flags name, by their use."""

from typing import Any

import numpy as np
import pytest
from helpers import recording, small_runs

import tf_collab as tc
from experiments import (
    celeba,
    coulomb,
    evaluate,
    mnist,
)
from experiments.cli import errors
from tf_collab import metrics

RARE = (2, 3, 5, 6, 8)
SMALL = {"width": 0.05, "batch_size": 8, "features": "random", "num_samples": 80}
SMALL |= {"calibrate_iters": 0, "shape_iters": 0, "method": ("standard",)}
SMALL |= {"rollout_steps": 1}


def standing(program, folder, **changes):
    """What reached the library in a run whose nets never learn."""
    options: dict[str, Any] = {"niters": 1, **SMALL, **changes}
    if program is coulomb:
        options["iterations"] = 0.001 * options.pop("niters")
    with recording.standing() as watch:
        program.run(program.Config(workdir=str(folder), **options))
    return watch


def load(folder, split, **sizes):
    return tc.data.IMAGES["mnist"](str(folder), split=split, **sizes)


def floats(images):
    return np.asarray(tc.data.to_float(images.pixels))


def rows(x):
    return {np.asarray(row).tobytes() for row in x}


def learned(watch, steps):
    """What each run learns from in an epoch of so many batches."""
    return [
        set.union(*(rows(batch_at(step)) for step in range(steps)))
        for batch_at in dict.fromkeys(watch.batch_at)
    ]


def are_distances_to(watch, *tests):
    """Whether all that each run measured is the distance to its own test images."""
    each = len(watch.distances) // len(tests)
    assert each and len(watch.distances) == each * len(tests)
    for i, test in enumerate(tests):
        net = metrics.random_conv(0, channels=test.pixels.shape[-1])
        stats = metrics.FeatureStats.of(net(floats(test)))
        for _, reference, _ in watch.distances[i * each : (i + 1) * each]:
            assert reference.n == stats.n
            assert metrics.frechet_distance(reference, stats) < 1e-6


@pytest.fixture(scope="module")
def rare(digits, tmp_path_factory):
    """A run on images of which some classes are rare."""
    where = {"data_dir": str(digits), "imbalance": 0.4, "seed": 1}
    chains = {"method": ("standard", "hastings"), "num_samples": 510, "mh_thin": 1}
    return standing(mnist, tmp_path_factory.mktemp("rare"), **where, **chains)


def test_rare_classes_are_rare_in_what_is_learned_and_held_out(rare, digits):
    train = load(digits, "train")
    labels = dict(zip((x.tobytes() for x in floats(train)), train.labels.tolist()))
    (own,), (drawn,) = learned(rare, 63), rare.draws("hastings")
    held_out = rows(drawn.real.x)
    # Of 800, 40 % of 400 and the other half, a tenth of which is held out.
    assert len(own) == 504 and len(held_out) == 56 and not own & held_out
    counts = np.bincount([labels[row] for row in own | held_out])
    assert counts.tolist() == [32 if c in RARE else 80 for c in range(10)]
    kept = tc.data.imbalanced(train, RARE, 0.4, seed=1)
    assert own | held_out == rows(floats(kept))  # another seed keeps others


def test_rare_classes_are_rare_in_the_tests_of_a_run(rare, digits):
    test = tc.data.imbalanced(load(digits, "test"), RARE, 0.4, seed=1)
    assert len(test.pixels) == 5 * 15 + 5 * 6
    are_distances_to(rare, test)


def test_five_hundred_images_are_drawn_and_chained_side_by_side(rare):
    drawn = rare.draws("standard", "hastings")
    assert {one.n for one in drawn} == {510}
    assert {one.batch for one in drawn} == {500}


@pytest.fixture(scope="module")
def cropped(digits, tmp_path_factory):
    """Runs of two seeds on the middle of each image."""
    options = {"dataset": "mnist", "data_dir": str(digits), "seeds": (0, 1)}
    options |= {"crop": 14, "output_size": 32, "mode": "train"}
    return standing(celeba, tmp_path_factory.mktemp("cropped"), **options)


def test_a_crop_is_what_is_learned_and_what_is_compared_with(cropped, digits):
    middle = {"crop": 14, "size": 32}
    train = rows(floats(load(digits, "train", **middle)))
    assert len(train) == 800 and not train & rows(
        floats(load(digits, "train", size=32))
    )
    for own in learned(cropped, 90):
        assert len(own) == 720 and own < train
    are_distances_to(cropped, *2 * [load(digits, "test", **middle)])


def test_another_seed_holds_out_other_images(cropped):
    first, second = learned(cropped, 90)
    # Of 800 each holds out 80, and another eight or so of them are of both.
    assert 40 < len(first - second) <= 80


def test_what_a_run_measures_is_called_after_the_tests_it_is_measured_on(
    digits, tmp_path
):
    options = {"dataset": "mnist", "data_dir": str(digits), "output_size": 32}
    options |= {"gan": "nsgan", "stats_every": 1}
    watch = standing(coulomb, tmp_path, **options)
    are_distances_to(watch, load(digits, "test", size=32))
    found = [distance for *_, distance in watch.distances]
    written = [
        line["fd_random_pool_80_test"]
        for name in ("training.jsonl", "results.jsonl")
        for line in small_runs.results(tmp_path, name)
    ]
    assert written == found
    (line,) = small_runs.results(tmp_path)
    assert line["protocol"] == "random features, test split"


@pytest.mark.parametrize("program", [mnist, celeba, coulomb, evaluate])
def test_loaders_are_told_where_images_are_and_whether_to_fetch_them(
    program, whole_digits, digits, tmp_path, monkeypatch
):
    train, asked = load(digits, "train"), []

    def loader(data_dir, *, split, progress, **told):
        asked.append((split, {"data_dir": data_dir, **told}))
        if split == "test":
            raise ValueError("it was asked")
        return train

    for name in ("mnist", "fashion_mnist"):
        monkeypatch.setitem(tc.data.IMAGES, name, loader)
    options = {"workdir": str(whole_digits)}
    if program is not evaluate:
        options = {"workdir": str(tmp_path / "run"), "dataset": "mnist"}
        options["features"] = "random"
    for download in (True, False):
        store = {"data_dir": str(tmp_path), "memory_gib": 1.5, "download": download}
        store["cache_dir"] = str(tmp_path)
        with pytest.raises(errors.Refused, match="it was asked"):
            program.run(program.Config(**options, **store))
        assert [split for split, _ in asked] == ["train", "test"]
        for _, told in asked:
            assert {name: told[name] for name in store} == store
        asked.clear()
