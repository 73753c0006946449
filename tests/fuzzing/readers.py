"""Every reader of a file that somebody may hand over: a row of one table.

A row that reads a damaged file gives a value, or raises ValueError or Refused with one
line that names the file. Anything else is a fault of ours.
"""

import functools
from unittest import mock

import keras
import tensorflow as tf
from fuzzing import data_readers, saved_readers, valid
from fuzzing.reader import Reader

from experiments import mog2d
from experiments.cli import flags
from experiments.rundir import grouping, jsonl, run_folder
from tf_collab import (
    archives,
    data,
    files,
    formats,
    marks,
    metrics,
    models,
    training,
)

__all__ = ["READERS"]


def _inception(path):
    with mock.patch.object(keras.applications, "InceptionV3", valid.TinyInception):
        return metrics.inception_v3(path)


@functools.cache
def _nets():
    return models.MLPGenerator(2, 2), models.MLPDiscriminator(2, 2)


def _tf1(ending):
    fuzzed = "checkpoint" if ending == "checkpoint" else f"model.ckpt-1000{ending}"

    def read(path):
        for name, sound in valid.tf1().items():
            if name != fuzzed:
                (path.parent / name).write_bytes(sound)
        models.read_tf1(path.parent if ending == "checkpoint" else path, *_nets())

    return Reader(
        f"TF1's {ending}",
        fuzzed,
        lambda: [valid.tf1()[fuzzed]],
        read,
        ["tf_collab/models/tf1.py"],
    )


def _checkpoint(fuzzed):
    """A damaged one is set aside, with a sentence."""

    def read(path):
        step = path.parent / "run" / "step-000000003"
        step.mkdir(parents=True)
        for name, sound in valid.checkpoint().items():
            sound = path.read_bytes() if name == fuzzed else sound
            (step / name).write_bytes(sound)
        told: list[str] = []
        kept = training.Checkpoints(step.parent, net=tf.Variable([0.0, 0.0, 0.0]))
        kept.restore(warn=told.append)
        for line in told:
            raise ValueError(f"{fuzzed}: {line}")

    return Reader(
        f"a checkpoint's {fuzzed}",
        fuzzed,
        lambda: [valid.checkpoint()[fuzzed]],
        read,
        ["tf_collab/training/saved.py", "tf_collab/training/checkpoints.py"],
    )


def _block(name, file, **how):
    """A block of samples in one of the formats; of a folder, one of its files."""
    read, folder = formats.FORMATS[name].read, name == "png"
    return Reader(
        f"a block as {file}",
        file,
        lambda: valid.block(name, file, **how),
        lambda path: read(path.parent if folder else path),
        ["tf_collab/formats.py"],
    )


def _run(path):
    with run_folder.Run(path.parent, mog2d.Config(), experiment="mog2d") as run:
        return run.phases


def _flags(path):
    return flags.parse(mog2d.Config, ["mog2d", f"--flagfile={path}"])


READERS = [
    Reader(
        "statistics",
        "stats.npz",
        valid.statistics,
        metrics.load_stats,
        ["tf_collab/metrics/frechet.py", "tf_collab/archives.py"],
    ),
    Reader(
        "samples",
        "samples.npz",
        valid.npz,
        archives.arrays,
        ["experiments/rundir/pictures.py"],
    ),
    Reader(
        "an archive with a mark",
        "samples.npz",
        valid.npz,
        lambda path: marks.is_whole(path, "samples/standard-g2-d0.npz"),
        ["tf_collab/marks.py"],
    ),
    Reader(
        "a net", "net.keras", valid.net, models.load, ["tf_collab/models/saving.py"]
    ),
    *(
        Reader(
            f"weights in {name}",
            name,
            lambda name=name: valid.weights(name),
            _inception,
            ["tf_collab/metrics/pretrained.py", "tf_collab/attributes.py"],
        )
        for name in ("net.weights.h5", "old.h5", "whole.keras")
    ),
    Reader(
        "a frozen graph",
        "graph.pb",
        valid.frozen,
        metrics.inception_v3,
        ["tf_collab/metrics/frozen.py"],
    ),
    *map(_tf1, (".index", ".data-00000-of-00001", "checkpoint")),
    *map(_checkpoint, ("variables.index", "variables.data-00000-of-00001")),
    Reader(
        "a table",
        "results.jsonl",
        valid.table,
        jsonl.Table,
        ["experiments/rundir/jsonl.py"],
    ),
    _block("npz", "000000.npz"),
    _block("png", "000000000.png", image=True),
    _block("tfrecord", "000000.tfrecord"),
    _block("webdataset", "000000.tar", image=True),
    Reader("a record", "any.json", valid.record, files.record, ["tf_collab/files.py"]),
    Reader(
        "a run", "config.json", valid.record, _run, ["experiments/rundir/run_folder.py"]
    ),
    Reader(
        "a run beside results",
        "config.json",
        valid.record,
        lambda path: grouping.phases_beside(str(path)),
        ["experiments/rundir/run_record.py"],
    ),
    Reader(
        "flags",
        "my.flags",
        lambda: [b"# mine\n--seed=3\n--dataset=8Gaussians\n\n--lrg=1e-3\n"],
        _flags,
        ["experiments/cli/flag_files.py"],
    ),
    Reader(
        "a vocabulary",
        "words.json",
        valid.vocabulary,
        data.Vocabulary.load,
        ["tf_collab/data/text/vocabulary.py"],
    ),
    *data_readers.ROWS,
    *saved_readers.ROWS,
]
