"""Runs of tiny nets, and what they leave."""

import dataclasses
import json
import pathlib

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto import event_pb2

from experiments import coulomb, mnist, mog2d
from experiments.cli import flag_types

METHODS = {"standard", "rejection", "hastings", "refinement", "collaborative"}
PLANAR = mog2d.Config(
    nhidden=8,
    nlayers=3,
    batch_size=60,
    niters=4,
    calibrate_iters=4,
    shape_iters=4,
    eval_every=2,
    rollout_steps=3,
    num_samples=80,
    mh_thin=2,
    drs_percentile=50.0,
    xla="off",
)
# Flags of either experiment on images.
IMAGES = {
    "width": 0.1,
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

# Flags of a Coulomb run.
CHARGES = {
    "width": 0.06,
    "batch_size": 50,
    "iterations": 0.004,
    "stats_every": 1,
    "checkpoint_every": 2,
    "num_samples": 80,
    "rollout_steps": 2,
    "mh_thin": 2,
}


def run_planar(folder, **changes):
    mog2d.run(dataclasses.replace(PLANAR, workdir=str(folder), **changes))
    return results(folder)


def run_digits(folder, data, **changes):
    """What was measured, in the order of its lines."""
    options = {**IMAGES, "workdir": str(folder), "data_dir": str(data), **changes}
    mnist.run(mnist.Config(**options))
    return results(folder)


def run_charges(folder, **changes):
    coulomb.run(coulomb.Config(**{**CHARGES, "workdir": str(folder), **changes}))
    return results(folder)


def command(config):
    """A config as a command line."""
    given = {name: getattr(config, name) for name in config.flags_given()}
    return [f"--{name}={flag_types.spell(value)}" for name, value in given.items()]


def results(folder, name="results.jsonl"):
    """The lines of a table, without their checksums."""
    text = pathlib.Path(folder, name).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    return [{k: v for k, v in line.items() if k != "crc32"} for line in lines]


def samples(folder, name):
    with np.load(pathlib.Path(folder, "samples", f"{name}.npz")) as file:
        return file["x"]


def mark(checkpoint):
    """What a checkpoint says of itself."""
    reader = tf.train.load_checkpoint(str(checkpoint / "variables"))
    return json.loads(reader.get_tensor("mark/.ATTRIBUTES/VARIABLE_VALUE"))


def outcome(folder):
    """What an unbroken run and a resumed one must share, byte for byte."""
    folder = pathlib.Path(folder)
    files = [*folder.glob("samples/*.npz"), folder / "results.jsonl"]
    return {path.name: path.read_bytes() for path in sorted(files)}


def curves(folder):
    """The (tag, step) of every scalar."""
    return set(scalars(folder))


def tags(folder):
    """The (tag, step) of all that TensorBoard shows."""
    return {
        (value.tag, event.step)
        for path in pathlib.Path(folder, "tensorboard").glob("events.*")
        for record in tf.data.TFRecordDataset(str(path))
        for event in [event_pb2.Event.FromString(record.numpy())]
        for value in event.summary.value
    }


def scalars(folder):
    """Every scalar by its (tag, step)."""
    seen = []
    for path in sorted(pathlib.Path(folder, "tensorboard").glob("events.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                kind = value.metadata.plugin_data.plugin_name
                if kind == "scalars":
                    number = tf.make_ndarray(value.tensor).item()
                    seen.append(((value.tag, event.step), number))
    # No curve is doubled; pictures are, where they were made again.
    assert len(seen) == len(dict(seen))
    return dict(seen)


# The smallest 2-D run, as a command line.
QUICK = ["--nhidden=8", "--nlayers=2", "--batch_size=60", "--num_samples=50"]
QUICK += ["--niters=2", "--calibrate_iters=0", "--shape_iters=0", "--xla=off"]
# What has no effect on a GAN that these flags name.
IDLE = {
    "--generator": ("--niters", "--nhidden", "--nlayers"),
    "--init_checkpoint": ("--niters",),
}


def quick(*argv):
    """The smallest 2-D run with further flags, as a command line."""
    given = {flag.partition("=")[0] for flag in argv}
    idle = {name for flag in given for name in IDLE.get(flag, ())}
    return [flag for flag in QUICK if flag.partition("=")[0] not in idle] + [*argv]


def everything(folder):
    """Each file and folder there, files with the time of their last change."""
    # A folder's own time may change: the lock comes and goes.
    return sorted(
        (str(path.relative_to(folder)), path.is_file() and path.stat().st_mtime_ns)
        for path in folder.rglob("*")
    )
