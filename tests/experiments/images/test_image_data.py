"""Tests for the images that experiments are given: refused, few, or gone."""

import functools
import inspect
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny_datasets
from PIL import Image

import tf_collab as tc
from experiments import celeba, coulomb, mnist
from experiments.cli import errors, fields
from experiments.images import image_sets
from experiments.stages import sessions
from tf_collab.data.images import collecting


def test_what_a_loader_is_told_is_called_as_its_flag_is():
    """So that a refusal that names it helps at the command line too."""
    flags_there = {field.name for field in fields.read(celeba.Config)}
    told = set(collecting.Storage.__annotations__)
    for loader in tc.data.IMAGES.values():
        told |= {*inspect.signature(loader).parameters}
    # Sizes are --output_size, which is checked before.
    assert told - flags_there == {"split", "size", "storage", "progress"}


def test_images_too_large_for_memory_are_refused_by_the_names_of_flags(
    photos, tmp_path
):
    config = {"dataset": "folder", "data_dir": str(photos), "memory_gib": 0.0}
    with pytest.raises(errors.Refused) as refused:
        celeba.run(celeba.Config(**config, workdir=str(tmp_path / "run")))
    told = str(refused.value)
    assert told.startswith(f"--dataset=folder: {str(photos)!r} has 720 images")
    assert "memory_gib is 0: give" in told and "as cache_dir" in told
    assert not list(tmp_path.iterdir())


def test_five_images_are_enough_and_four_are_not(photos, tmp_path):
    """Two for tests, one held out, and two to learn from."""
    config = {"dataset": "folder", "data_dir": str(tmp_path), "batch_size": 2}
    config = celeba.Config(**config, output_size=32)
    files = sorted(photos.iterdir())
    for path in files[:4]:
        shutil.copy(path, tmp_path)
    made = functools.partial(image_sets.make, None, config, sessions.seeds_of(config))
    with pytest.raises(errors.Refused) as refused:
        made()
    assert str(refused.value) == (
        "--batch_size=2 is more than the 1 images to learn from, beside 1 held out and "
        "2 for tests"
    )
    shutil.copy(files[4], tmp_path)
    task, shape = made()
    assert task.batch_at(0).shape == (2, *shape) == (2, 32, 32, 3)
    assert len(task.held_out) == 1


def test_the_first_that_are_held_out_are_of_all_kinds_where_files_are_sorted(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(300):  # by name dark ones come first
        shade = rng.integers(0, 128, [8, 8, 3]) + 128 * (i >= 150)
        Image.fromarray(shade.astype(np.uint8)).save(tmp_path / f"{i:03d}.png")
    config = {"dataset": "folder", "data_dir": str(tmp_path), "batch_size": 2}
    config = celeba.Config(**config, output_size=32)
    task, _ = image_sets.make(None, config, sessions.seeds_of(config))
    bright = np.mean(task.held_out, axis=(1, 2, 3)) > 0
    first, n = bright[:12], len(bright)
    # Without replacement from all that are held out: within four sigma of their share.
    share = bright.mean()
    sigma = np.sqrt(share * (1 - share) / 12 * (n - 12) / (n - 1))
    assert n == 27 and 0 < first.mean() < 1
    assert abs(first.mean() - share) < 4 * sigma


def test_reals_held_out_share_no_group_with_those_to_learn_from_or_to_test(tmp_path):
    tiny_datasets.write_emoji(tmp_path)
    config = {"dataset": "emoji", "data_dir": str(tmp_path), "batch_size": 2}
    config = celeba.Config(**config, output_size=32)
    task, _ = image_sets.make(None, config, sessions.seeds_of(config))
    every = tc.data.emoji(tmp_path, split="all", size=32)
    group = {x.tobytes(): group for x, group in zip(every.pixels, every.groups)}
    parts = tc.data.to_pixels(task.held_out).numpy(), task.learned.pixels
    seen = [{group[x.tobytes()] for x in part} for part in (*parts, task.tests.pixels)]
    assert sum(map(len, seen)) == len(set.union(*seen)) == len({*every.groups})
    # As shuffled as the reals are, and told of the images that test.
    assert [group[x.tobytes()] for x in parts[0]] == task.groups.tolist()
    assert any(
        f"test come in {len(seen[-1])} groups, the" in note for note in task.notes
    )


def test_emoji_are_chosen_by_vendor_and_need_their_folder(tmp_path):
    tiny_datasets.write_emoji(tmp_path, ["twitter"])
    config = celeba.Config(
        dataset="emoji", data_dir=str(tmp_path), vendors=("twitter",)
    )
    train, _ = image_sets.both(None, config)
    own = tc.data.emoji(tmp_path, vendors=["twitter"])
    np.testing.assert_array_equal(train.pixels, own.pixels)
    with pytest.raises(errors.Refused, match=r"--dataset=emoji: .*datasource-apple'"):
        image_sets.both(None, celeba.Config(dataset="emoji", data_dir=str(tmp_path)))
    told = "--dataset=emoji needs the folder of npm's packages as --data_dir"
    assert celeba.Config(dataset="emoji").problem() == told
    assert celeba.Config().idle()["vendors"] == "--dataset=celeba"
    assert "vendors" not in config.idle()


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
    words, status = errors.last_words(failed.value)
    assert status == 2 and len(words) < 200 + len(str(path))
    assert str(path) in words and "No such file" in words and "File " not in words


def write_digits(folder, train, test):
    """As many as a set needs, of other sides than MNIST's."""
    for start, side in (("train", train), ("t10k", test)):
        pixels, labels = np.zeros([40, side, side], np.uint8), np.arange(40) % 10
        tiny_datasets.write_idx(folder / f"{start}-images-idx3-ubyte", pixels)
        tiny_datasets.write_idx(
            folder / f"{start}-labels-idx1-ubyte", labels.astype(np.uint8)
        )


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (20, 20, "has images of 20x20, and the nets make 28x28"),
        (28, 20, "has images of 28x28 to learn from and of 20x20 for tests"),
    ],
)
def test_digits_of_another_size_are_refused(train, test, words, tmp_path):
    write_digits(tmp_path, train, test)
    options = {"features": "random", "batch_size": 4, "data_dir": str(tmp_path)}
    config = mnist.Config(**options, workdir=str(tmp_path / "run"))
    with pytest.raises(errors.Refused, match=words):
        mnist.run(config)
    assert not (tmp_path / "run").exists()


def test_a_text_too_short_to_measure_a_field_on_is_refused(tmp_path):
    (tmp_path / "a").write_text("some words\n" * 99)  # one line is held out
    options = {"dataset": "billion_word", "data_dir": str(tmp_path), "batch_size": 4}
    config = coulomb.Config(**options, workdir=str(tmp_path / "run"))
    with pytest.raises(errors.Refused, match="of these data 1 is held out"):
        coulomb.run(config)
    assert not (tmp_path / "run").exists()
