"""Every flag that a phase records changes what the first such phase makes.

And of no phase before it. Runs share what they have in common: the GAN is trained once
for all flags of the D loops, those are run once for all flags of the samplers.
"""

import functools
import hashlib
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers import recording, small_runs

import tf_collab as tc
from experiments import coulomb, mnist, mog2d
from experiments.coulomb_gan import field_monitor
from experiments.images import image_figures
from experiments.rundir import pictures

PLAIN = ("standard",)
BASE = {
    "ckpt_num": (2,),
    "batch_size": 50,
    "calibrate_iters": 1,
    "shape_iters": 1,
    "lr_calibrate": 0.01,
    "lr_shape": 0.01,
    "rollout_steps": 2,
    "num_samples": 60,
    "drs_percentile": 90.0,
    "drs_per_batch": True,
    "mh_thin": 2,
    "method": PLAIN,
}
PLANE = {"niters": 2, "nhidden": 8, "nlayers": 3, "lrd": 0.5, **BASE}
IMAGES = {"niters": 2, "width": 0.05, "features": "random", "mh_pool": False}
IMAGES = {**BASE, **IMAGES, "num_samples": 80, "batch_size": 8}
CHARGES = {"iterations": 0.002, "width": 0.1, "stats_every": 2, **BASE}
PROGRAMS = {"mog2d": (mog2d, PLANE), "mnist": (mnist, IMAGES)}
PROGRAMS |= {"coulomb": (coulomb, CHARGES)}
# What is given instead of the base's value, one flag at a time.
OTHER = {
    "mog2d": {
        "dataset": "8Gaussians",
        "ratio": 0.5,
        "scale": 3.0,
        "batch_size": 60,
        "seed": 1,
        "precision": "mixed_bfloat16",
        "nhidden": 5,
        "nlayers": 2,
        "bn_affine": False,
        "lrg": 0.01,
        "lrd": 0.02,
        "lr_calibrate": 0.02,
        "lr_shape": 0.02,
        "tune_optimizer": "sgd",
        "rollout_method": "sgd",
        "rollout_rate": 0.2,
        "rollout_steps": 3,
        "collab_layer": 1,
        "stop": 0.4,
        "num_samples": 70,
        "drs_percentile": 20.0,
        "drs_per_batch": False,
        "mh_thin": 3,
        "mh_pool": True,
    },
    # Of experiments on images alone; others reach the library by the same way.
    "mnist": {
        "width": 0.1,
        "imbalance": 0.5,
        "data_seed": 1,
        "batch_statistics": False,
        "conditional": True,
    },
    "coulomb": {
        "gan": "nsgan",
        "discriminator": "fourier",
        "width": 0.2,
        "latentsize": 3,
        "scale": 5.0,
        "dimension": 4.0,
        "epsilon": 2.0,
        "epsilon_floor": 0.5,
        "self_term": "drop",
        "sigma": 0.1,
        "disc_loss": "l1",
        "remember_previous": True,
    },
}
# Recorded and without effect here: on dense nets XLA rounds as other graphs do, and
# points have one generator. What is looked at is in the name of a metric, and a digest
# of the images is no flag.
NONE = {"xla", "generator", "features", "data (sha256)"}
# Looked at in test_settings, where they reach the library.
SETTINGS = {"gan", "learningrate", "discriminator_lr_scale", "learningrate_floor"}
SETTINGS |= {"decay", "beta1", "latents"}


def run(name, folder, **changes):
    program, options = PROGRAMS[name]
    program.run(program.Config(workdir=str(folder), **{**options, **changes}))


def made(folder):
    """A digest of what each phase has made: weights, or samples and their numbers."""
    parts = {}
    for phase in (folder / "checkpoints").iterdir():
        newest = max(phase.glob("step-*"))
        (prefix,) = {str(path.with_suffix("")) for path in newest.glob("*.index")}
        reader = tf.train.load_checkpoint(prefix)
        names = sorted(reader.get_variable_to_shape_map())
        tensors = map(reader.get_tensor, names)
        parts[phase.name] = [t.tobytes() for t in tensors if isinstance(t, np.ndarray)]
    words = ("protocol", "experiment", "dataset", "seed")
    drawn = (folder / "results.jsonl").exists()
    for line in small_runs.results(folder) if drawn else ():
        method, at = line["method"], line["gan_step"]
        phase = parts.setdefault(f"sample-{method}-g{at}", [])
        numbers = {name: v for name, v in line.items() if name not in words}
        phase.append(json.dumps(numbers).encode())
        if line["n"]:
            with np.load(
                folder / "samples" / f"{method}-g{at}-d{line['d_step']}.npz"
            ) as file:
                phase += [file["x"].tobytes(), file["score"].tobytes()]
    return {
        name: hashlib.sha256(b"".join(part)).hexdigest() for name, part in parts.items()
    }


def recorded(folder):
    """The flags of each phase, in the order in which they were begun."""
    return json.loads((folder / "config.json").read_text())["phases"]


class Base:
    """Runs of one experiment, each made when it is asked for and begun as the last."""

    def __init__(self, name, top, **where):
        self.name, self.top, self.where = name, top, where

    @functools.cached_property
    def trained(self):
        run(self.name, self.top / "trained", mode="train", **self.where)
        return self.top / "trained"

    @functools.cached_property
    def tuned(self):
        folder = shutil.copytree(self.trained, self.top / "tuned")
        run(self.name, folder, **self.where)
        return folder

    @functools.cached_property
    def whole(self):
        folder = shutil.copytree(self.tuned, self.top / "whole")
        run(self.name, folder, mode="sample", method="all", **self.where)
        return folder


@pytest.fixture(scope="module")
def bases(digits, tmp_path_factory):
    images = {"data_dir": str(digits)}
    return {
        name: Base(name, tmp_path_factory.mktemp(name), **where)
        for name, where in (("mog2d", {}), ("mnist", images), ("coulomb", {}))
    }


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(tc.training, "run", recording.loop)
    # Pictures are made of what phases made, and make none of it.
    monkeypatch.setattr(pictures.Album, "is_due", False)
    monkeypatch.setattr(pictures, "write", lambda *args: None)
    monkeypatch.setattr(image_figures, "look", lambda *args: {})
    monkeypatch.setattr(field_monitor.FieldMonitor, "show", lambda *args: None)
    with recording.eagerly():
        yield


@pytest.mark.parametrize(
    "name, flag", [(name, flag) for name, flags in OTHER.items() for flag in flags]
)
def test_a_flag_changes_what_the_first_phase_that_records_it_makes(
    name, flag, bases, tmp_path
):
    base, folder = bases[name], tmp_path / "run"
    changes = {flag: OTHER[name][flag], **base.where}
    if flag in recorded(base.trained)["train"]:
        base, first = base.trained, "train"
        changes["mode"] = "train"
    else:
        begun, base = base.trained, base.tuned
        first = next((p for p, flags in recorded(base).items() if flag in flags), None)
        if first is None:
            begun, base = base, bases[name].whole
            first = next(p for p, flags in recorded(base).items() if flag in flags)
            changes |= {"mode": "sample", "method": (first.split("-")[1],)}
        shutil.copytree(begun, folder)
    run(name, folder, **changes)
    assert flag in recorded(folder)[first]
    before, after = made(base), made(folder)
    assert after[first] != before[first]
    phases = list(recorded(base))
    for phase in phases[: phases.index(first)]:
        assert after.get(phase, before.get(phase)) == before.get(phase)


@pytest.mark.parametrize("name", OTHER)
def test_no_recorded_flag_is_left_out(name, bases):
    folder = bases[name].whole if name == "mog2d" else bases[name].trained
    flags = {flag for phase in recorded(folder).values() for flag in phase}
    assert flags <= OTHER[name].keys() | OTHER["mog2d"].keys() | NONE | SETTINGS
