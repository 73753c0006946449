"""Tests for the data that a run was begun with: the same ones, wherever they lie."""

import json
import shutil
import types

import numpy as np
import pytest
from helpers import small_runs, tiny_datasets

import tf_collab as tc
from experiments import celeba, coulomb, evaluate
from experiments.cli import errors
from experiments.stages import sessions
from experiments.text import text_lines


@pytest.fixture
def begun(whole_digits, digits, tmp_path):
    """A run, and a copy of its images under another name."""
    shutil.copytree(whole_digits, tmp_path / "run")
    shutil.copytree(digits, tmp_path / "moved")
    return tmp_path / "run", tmp_path / "moved"


def change(folder):
    """One image more."""
    pixels = np.zeros([801, 28, 28], np.uint8)
    tiny_datasets.write_idx(folder / "train-images-idx3-ubyte.gz", pixels)
    labels = np.arange(801, dtype=np.uint8) % 10
    tiny_datasets.write_idx(folder / "train-labels-idx1-ubyte.gz", labels)


def test_the_same_images_may_lie_elsewhere(begun, whole_digits):
    run, moved = begun
    before = small_runs.outcome(run)
    small_runs.run_digits(run, moved, mode="sample")
    assert small_runs.outcome(run) == before


def test_every_checkpoint_says_of_which_data_it_is(whole_digits):
    record = json.loads((whole_digits / "config.json").read_text())
    (digest,) = {begun["data (sha256)"] for begun in record["phases"].values() if begun}
    checkpoints = sorted(whole_digits.glob("checkpoints/*/step-*"))
    assert len({path.parent for path in checkpoints}) == 3
    assert {small_runs.mark(path)["data (sha256)"] for path in checkpoints} == {digest}


def test_other_images_are_refused_and_nothing_is_written(begun):
    run, moved = begun
    change(moved)
    before = small_runs.outcome(run), sorted(run.rglob("*"))
    with pytest.raises(errors.Refused) as refused:
        small_runs.run_digits(run, moved)
    told = str(refused.value)
    assert told.startswith(
        f"--dataset=fashion_mnist --data_dir={moved} has other files"
    )
    assert f"train in {str(run)!r}" in told and "\n" not in told
    with pytest.raises(errors.Refused, match="has other files than those"):
        evaluate.run(evaluate.Config(workdir=str(run), data_dir=str(moved)))
    assert (small_runs.outcome(run), sorted(run.rglob("*"))) == before


@pytest.mark.filterwarnings("ignore:A Frechet distance of 6 samples")
def test_a_photograph_more_gives_no_other_split_without_a_word(photos, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in sorted(photos.iterdir())[:60]:
        shutil.copy(path, folder)
    (folder / "notes.txt").touch()
    options = {**small_runs.IMAGES, "dataset": "folder", "data_dir": str(folder)}
    options |= {"output_size": 32, "niters": 1, "mode": "train", "features": "random"}
    config = celeba.Config(**options, workdir=str(folder / "run"))
    celeba.run(config)
    log = (folder / "run/log").read_text()
    assert f"left out of {str(folder)!r}: folders of runs (1), other files (1)" in log
    assert "48 images to learn from, 6 to test" in log
    celeba.run(config)  # the run's own figures are no photographs
    shutil.copy(folder / "000.png", folder / "one more.png")
    with pytest.raises(errors.Refused, match="has other files than those with which"):
        celeba.run(config)


@pytest.mark.parametrize("changed", [False, True])
def test_a_text_that_was_changed_is_refused(changed, tmp_path):
    (tmp_path / "a").write_text("abc\ncab\nbac\n" * 60)
    digest = tc.data.billion_word(tmp_path).digest[:16]
    phases = {"train": {"data (sha256)": digest}}
    there = {"workdir": tmp_path / "run", "at": (tmp_path / "run").joinpath}
    run = types.SimpleNamespace(phases=phases, **there)
    if changed:  # the characters and their number stay
        (tmp_path / "a").write_text("abc\ncab\nbca\n" * 60)
    options = {"dataset": "billion_word", "data_dir": str(tmp_path), "batch_size": 4}
    config = coulomb.Config(**options).settled()

    def load():
        return text_lines.make(run, config, sessions.seeds_of(config)).task

    if not changed:
        assert load().digest[:16] == digest
        return
    with pytest.raises(errors.Refused, match="has other files than those with which"):
        load()
