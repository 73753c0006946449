"""CelebA's whole path without CelebA: its three sources, each with noise for faces."""

import contextlib
import functools
import io
import os
import pathlib
import shutil
from typing import NamedTuple

import keras
import miniatures
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
import tiny
from PIL import Image

import tf_collab as tc
from experiments import celeba, flags, imaging, setting

TRAIN, TEST = 80, 70  # more tests than the random net has features
PARTS = {"train": 0, "validation": 1, "test": 2}
# The nets are as wide as ever, and two moves cost twice what one does.
QUICK = {**tiny.IMAGES, "output_size": 32, "rollout_steps": 1, "num_samples": 66}


class Source(NamedTuple):
    """Where the faces are."""

    name: str
    folder: pathlib.Path  # --data_dir
    files: list[pathlib.Path]  # what there is to learn from

    @contextlib.contextmanager
    def opened(self):
        with contextlib.ExitStack() as inside:
            if self.name == "mocked":
                mock = tfds.testing.mock_data(num_examples=TRAIN)
                inside.enter_context(mock)
            yield

    def run(self, workdir, **changes):
        with self.opened():
            celeba.run(self.config(workdir=str(workdir), **changes))

    def config(self, **changes):
        return celeba.Config(**{**QUICK, "data_dir": str(self.folder), **changes})

    def faces(self):
        """What there is to learn from, as Pillow opens it."""
        if self.name != "mocked":
            return [Image.open(path) for path in self.files]
        raw = tfds.decode.PartialDecoding(
            {"image": True}, {"image": tfds.decode.SkipDecoding()}
        )
        with self.opened():
            records = tfds.load("celeb_a", split="train", decoders=raw)
            return [
                Image.open(io.BytesIO(record["image"]))
                for record in records.as_numpy_iterator()
            ]


@pytest.fixture(scope="module", params=["mocked", "files", "prepared"])
def source(request, tmp_path_factory):
    """Faces that TFDS makes up, that lie in files, that TFDS has prepared."""
    top = tmp_path_factory.mktemp(request.param)
    folder, split = top, {"train": []}
    if request.param != "mocked":
        # Colours finer than a pixel of 32, so that it shows how they were averaged.
        faces = miniatures.write_pictures(
            top / "img_align_celeba",
            TRAIN + TEST + 3,
            suffix=".jpg",
            size=(178, 218),
            colours=(100, 80),
        )
        split = {"train": faces[:TRAIN], "test": faces[TRAIN : TRAIN + TEST]}
        split["validation"] = faces[TRAIN + TEST :]
    if request.param == "prepared":
        folder = top / "tfds"
        miniatures.prepare_faces(folder, split)
    if request.param == "files":
        listed = "".join(
            f"{path.name} {part}\n"
            for name, part in PARTS.items()
            for path in split[name]
        )
        (top / "list_eval_partition.txt").write_text(listed)
    return Source(request.param, folder, split["train"])


@pytest.mark.parametrize("size", [32, 64])
def test_the_first_batch_is_what_pillow_makes_of_faces(source, size):
    config = source.config(output_size=size)
    with source.opened():
        study = imaging.study_of_dcgan(None, config, setting.seeds_of(config))
    batch = study.batch_at(0).numpy()
    assert batch.shape == (8, size, size, 3) and batch.dtype == np.float32
    expected = []
    for face in source.faces():
        assert face.size == (178, 218)
        # 108 of 178 and of 218: 35 are left over left and right, 55 above and below.
        square = face.crop((35, 55, 35 + 108, 55 + 108))
        small = np.asarray(square.resize((size, size), Image.Resampling.BICUBIC))
        expected.append(small / 127.5 - 1)
    assert len(expected) == TRAIN
    gap = np.abs(batch[:, None] - np.array(expected)).max(axis=(2, 3, 4))
    # float32 rounds numbers of up to 1 three times by 2**-24 at most.
    assert (gap.min(axis=1) < 4 * 2**-24).all()
    assert len(set(gap.argmin(axis=1))) == 8
    # Noise is grey where it is averaged, but not all of it.
    assert -1 <= batch.min() < -0.25 and 0.25 < batch.max() <= 1


# Of each source: what is refined, and the file whose coming the run does not survive.
RUNS = {
    "mocked": ({"collab_layer": 0}, "checkpoints/train/step-000000002"),
    "files": ({"collab_layer": 1, "niters": 1}, "samples/refinement-g1-d0.npz"),
    "prepared": ({"collab_layer": 6, "niters": 1}, "results.jsonl"),
}
FEW = {"calibrate_iters": 0, "method": ("standard", "refinement")}


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """A run never broken off."""
    folder = tmp_path_factory.mktemp(source.name) / "whole"
    source.run(folder, **FEW, **RUNS[source.name][0])
    return folder


def test_faces_are_learned_shaped_for_and_refined(whole):
    lines = tiny.results(whole)
    seen = [(line["method"], line["d_step"]) for line in lines]
    assert seen == [("standard", 0), ("refinement", 0), ("refinement", 1)]
    at = lines[0]["gan_step"]
    for line in lines:
        assert line["dataset"] == "celeba" and line["n"] == 66
        assert line["fd_random_pool_66_test"] > 0
        file = f"{line['method']}-g{at}-d{line['d_step']}.npz"
        with np.load(whole / "samples" / file) as samples:
            assert samples["x"].shape == (66, 32, 32, 3)
            assert samples["x"].dtype == np.uint8
    for name in ("samples-standard", "strip-shaped", "training"):
        assert (whole / "figures" / f"{name}-g{at}.png").exists()


class BrokenOffError(Exception):
    pass


def test_a_run_broken_off_goes_on_to_the_same_bytes(
    source, whole, tmp_path, monkeypatch
):
    changes, last = RUNS[source.name]
    replace = os.replace

    def breaking(old, new):
        if pathlib.Path(new) == tmp_path / "run" / last:
            raise BrokenOffError
        replace(old, new)

    with monkeypatch.context() as patch, pytest.raises(BrokenOffError):
        patch.setattr(os, "replace", breaking)
        source.run(tmp_path / "run", **FEW, **changes)
    assert not (tmp_path / "run" / last).exists()
    source.run(tmp_path / "run", **FEW, **changes)
    assert tiny.outcome(tmp_path / "run") == tiny.outcome(whole)


@pytest.mark.parametrize("source", ["files"], indirect=True)
def test_every_layer_is_compared(source, whole, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    # Rates are found on fewer samples: on 256, they cost as much as the refinement.
    few = functools.partial(tc.sampling.suggest_rate, n=16)
    monkeypatch.setattr(tc.sampling, "suggest_rate", few)
    options = {**FEW, **RUNS[source.name][0], "mode": "sample", "collab_layer": "all"}
    source.run(folder, **options)
    lines = tiny.results(folder, "layers.jsonl")
    seen = [(line["judge"], line["layer"]) for line in lines]
    judged = [(name, layer) for layer in range(7) for name in ("unshaped", "shaped")]
    assert seen == [("standard", None), *judged]
    for line in lines[1:]:
        assert line["gain"] >= 0  # the best visited point is never worse
        assert 0 <= line["change"] <= 2 and line["rate"] > 0
    before = (folder / "layers.jsonl").read_text()
    source.run(folder, **options)
    assert (folder / "layers.jsonl").read_text() == before
    assert (folder / "figures" / "layers-g1.png").exists()
    assert tiny.outcome(folder) == tiny.outcome(whole)


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
