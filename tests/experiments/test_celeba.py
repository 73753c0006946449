"""CelebA's whole path: its three sources, each with noise for faces."""

import contextlib
import functools
import os
import pathlib
import shutil
import signal

import keras
import numpy as np
import pytest
from helpers import celeba_files, seed_watching, small_runs
from PIL import Image

import tf_collab as tc
from experiments import celeba
from experiments.cli import flags
from experiments.images import image_sets, layer_sweep
from experiments.stages import sessions

PLAIN = {"shape_iters": 0, "method": ("standard",)}


@pytest.fixture(scope="module")
def quarters(tmp_path_factory):
    """A net whose features are few, so that few samples are enough."""
    file = tmp_path_factory.mktemp("features") / "quarters.keras"
    pool = keras.layers.AveragePooling2D(16)
    body = [keras.Input((32, 32, 3)), pool, keras.layers.Flatten()]
    keras.Sequential(body).save(file)
    return file


@pytest.fixture(scope="module", params=celeba_files.SOURCES)
def source(request, quarters, tmp_path_factory):
    top = tmp_path_factory.mktemp(request.param)
    return celeba_files.source_in(top, request.param, quarters)


@pytest.mark.parametrize("size", [32, 64])
def test_the_first_batch_is_what_pillow_makes_of_faces(source, size):
    config = source.config(output_size=size)
    with source.opened():
        task, _ = image_sets.make(None, config, sessions.seeds_of(config))
    batch = task.batch_at(0).numpy()
    assert batch.shape == (8, size, size, 3) and batch.dtype == np.float32
    expected = []
    for face in source.faces():
        assert face.size == (178, 218)
        # 108 of 178 and of 218: 35 are left over left and right, 55 above and below.
        square = face.crop((35, 55, 35 + 108, 55 + 108))
        small = np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
        expected.append(small / 127.5 - 1)
    assert len(expected) == celeba_files.TRAIN
    gap = np.abs(batch[:, None] - np.array(expected)).max(axis=(2, 3, 4))
    # float32 rounds numbers of up to 1 three times by 2**-24 at most.
    assert (gap.min(axis=1) < 4 * 2**-24).all()
    assert len(set(gap.argmin(axis=1))) == 8
    # Noise is grey where it is averaged, but not all of it.
    assert -1 <= batch.min() < -0.25 and 0.25 < batch.max() <= 1


def test_a_source_gives_its_own_faces_for_tests(source):
    with source.opened():
        train, test = image_sets.both(None, source.config())
    assert len(train.pixels) == celeba_files.TRAIN
    if source.name == "mocked":  # which makes up as many for each split
        assert len(test.pixels) == celeba_files.TRAIN
        return
    expected = set()  # TFDS has an order of its own
    for path in source.tests:
        square = Image.open(path).crop((35, 55, 35 + 108, 55 + 108))
        small = square.resize((32, 32), Image.Resampling.BICUBIC)
        expected.add(np.asarray(small).tobytes())
    assert {x.tobytes() for x in test.pixels} == expected and len(test.pixels) == 14


# That runs learn the images above is all they know of where those are from.
@pytest.fixture(scope="module")
def faces(quarters, tmp_path_factory):
    return celeba_files.source_in(tmp_path_factory.mktemp("faces"), "files", quarters)


@pytest.fixture(scope="module")
def whole(faces, tmp_path_factory):
    """A run never broken off."""
    folder = tmp_path_factory.mktemp("celeba") / "whole"
    faces.run(folder)
    return folder


def test_faces_are_learned_shaped_for_and_refined(whole):
    lines = small_runs.results(whole)
    seen = [(line["method"], line["d_step"]) for line in lines]
    assert seen == [("standard", 0), ("refinement", 0), ("refinement", 1)]
    for line in lines:
        assert line["dataset"] == "celeba" and line["n"] == 14
        assert line["fd_quarters_output_14_test"] > 0
        x = small_runs.samples(whole, f"{line['method']}-g2-d{line['d_step']}")
        assert x.shape == (14, 32, 32, 3) and x.dtype == np.uint8
    # The authors' rate for CelebA is nothing to a GAN of two steps, and it says so.
    told = "at GAN step 2 --rollout_rate=0.001 hardly moves layer 1: it moves by "
    assert told in (whole / "log").read_text()
    assert f"Note: {told}" in (whole / "table.md").read_text()
    for name in ("samples-standard", "strip-shaped", "training"):
        assert (whole / "figures" / f"{name}-g2.png").exists()


def test_every_layer_is_compared(faces, whole, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    # Rates are found on fewer samples: on 256, they cost as much as the refinement.
    few = functools.partial(tc.sampling.suggest_rate, n=16)
    monkeypatch.setattr(tc.sampling, "suggest_rate", few)
    refined = layer_sweep._refined

    def traced_at_the_ends(*args):
        *_, layer, _, _ = args
        with contextlib.nullcontext() if layer in (0, 6) else seed_watching.eagerly():
            return refined(*args)

    monkeypatch.setattr(layer_sweep, "_refined", traced_at_the_ends)
    options = {"mode": "sample", "collab_layer": "all"}
    faces.run(folder, **options)
    lines = small_runs.results(folder, "layers.jsonl")
    seen = [(line["judge"], line["layer"]) for line in lines]
    judged = [(name, layer) for layer in range(7) for name in ("unshaped", "shaped")]
    assert seen == [("standard", None), *judged]
    for line in lines[1:]:
        assert line["gain"] >= 0  # the best visited point is never worse
        assert 0 <= line["change"] <= 2 and line["rate"] > 0
    assert (folder / "figures" / "layers-g2.png").exists()
    assert small_runs.outcome(folder) == small_runs.outcome(whole)
    before = (folder / "layers.jsonl").read_text()
    faces.run(folder, **options)
    assert (folder / "layers.jsonl").read_text() == before


HALF = "half of checkpoints/shape-g2/draft-000000001/variables"


def test_a_run_killed_goes_on_to_the_same_bytes(faces, whole, processes, tmp_path):
    argv = small_runs.command(faces.config())
    how = {"wanted": HALF, "signal": signal.SIGKILL}
    killed = processes.run("celeba", tmp_path / "run", argv, **how)
    assert killed.status == -signal.SIGKILL, killed.err
    faces.run(tmp_path / "run")
    assert small_runs.outcome(tmp_path / "run") == small_runs.outcome(whole)
    assert small_runs.curves(tmp_path / "run") <= small_runs.curves(whole)


@pytest.fixture
def losing(monkeypatch):
    """`losing(folder, file)` moves the folder away as soon as the file has its name."""

    def arrange(folder, file):
        replace = os.replace

        def moving(old, new):
            replace(old, new)
            # By whatever path the run reaches its own folder.
            if pathlib.Path(new).parts[-3:] == file.parts[-3:]:
                folder.rename(folder.with_name("away"))

        monkeypatch.setattr(os, "replace", moving)

    return arrange


def plain_as_in(whole, folder):
    """Whether a run of plain samples alone is what `whole` has of them."""
    name = "standard-g2-d0.npz"
    same = small_runs.outcome(folder)[name] == small_runs.outcome(whole)[name]
    return same and small_runs.results(folder) == small_runs.results(whole)[:1]


def test_images_in_memory_outlive_their_folder(faces, whole, tmp_path, losing):
    folder, run = tmp_path / "images", tmp_path / "run"
    shutil.copytree(faces.folder, folder)
    losing(folder, run / "checkpoints/train/step-000000001")
    faces.run(run, **PLAIN, data_dir=str(folder))
    assert not folder.exists() and plain_as_in(whole, run)


def test_a_map_that_vanishes_ends_a_run_until_it_is_back(
    faces, whole, tmp_path, losing, capfd
):
    maps, run = tmp_path / "maps", tmp_path / "run"
    maps.mkdir()
    mapped = {**PLAIN, "memory_gib": 0.0, "cache_dir": str(maps)}
    losing(maps, run / "checkpoints/train/step-000000001")
    argv = small_runs.command(faces.config(workdir=str(run), **mapped))
    with pytest.raises(SystemExit) as ended:
        flags.main(celeba.Config, celeba.run, ["celeba", *argv])
    told = capfd.readouterr().err
    assert ended.value.code == 2 and "Traceback" not in told
    last = told.splitlines()[-1]
    assert "No such file" in last and f"'{maps}/images-" in last
    maps.with_name("away").rename(maps)
    faces.run(run, **mapped)
    assert plain_as_in(whole, run)


@pytest.mark.parametrize(
    "argv, told",
    [
        (["--output_size=60"], "--output_size=60"),
        (["--dataset=folder"], "--data_dir"),
        (["--dataset=celebs"], "celeba"),
        (["--imbalance=0"], "--imbalance"),
        (["--gan=wgan_gp", "--stop=0.5"], "--stop=0.5"),
        (["--gan=wgan_gp", "--rollout_method=ladam"], "--rollout_method=ladam"),
    ],
)
def test_wrong_flags_are_refused(argv, told, capfd):
    with pytest.raises(SystemExit) as exit_:
        flags.main(celeba.Config, celeba.run, ["celeba", *argv])
    assert exit_.value.code == 2 and told in capfd.readouterr().err
