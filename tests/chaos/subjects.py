"""The programs that faults befall, each with a tiny command.

What a command reads lies in `inputs`, and its own folder in `folder`, side by side.
"""

import dataclasses
import pathlib
import shutil
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from helpers import celeba_files, small_jobs, small_runs, tiny_datasets

from experiments import coulomb, mnist
from experiments.stages import finished_runs

__all__ = ["SUBJECTS", "Subject", "make_inputs"]

Argv = Callable[[pathlib.Path, pathlib.Path], list[str]]
FIGURES = ("figures/**/*.png", "figures/*.gif")
NET = "net.keras"
RUN = ("results.jsonl", "training.jsonl", "samples/*", "table.md", *FIGURES)


def _small():
    finished_runs.POINTS = 300
    tf.config.run_functions_eagerly(True)  # graphs take longer to make than to run


class Subject(NamedTuple):
    """A program and its command."""

    name: str
    module: str  # in experiments/
    argv: Argv  # of folder, inputs
    needs: str  # the folder of inputs that it reads
    results: tuple[str, ...] = RUN  # what is the same however often it was broken off
    tables: tuple[str, ...] = ("results.jsonl", "training.jsonl")
    files: tuple[str, ...] = ()  # the kinds that are damaged; all that there are
    looks: tuple[str, ...] = ()  # flags with which files are looked at
    only_inside: bool = True  # Dask's messages are pickles, and its files lie elsewhere
    begins: str | None = None  # the folder of inputs with which its own begins
    also: Callable[[], None] = _small  # in its process, before it starts

    def prepare(self, made: pathlib.Path, place: pathlib.Path) -> None:
        """What there is before the first command, of what `make_inputs` made."""
        shutil.copytree(made / self.needs, place / "inputs")
        if self.begins:
            shutil.copytree(made / self.begins, place / "run")

    def outcome(self, folder: pathlib.Path) -> dict[str, bytes]:
        """What an unbroken run and any other must share, byte for byte."""
        paths = {path for name in self.results for path in folder.glob(name)}
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(paths)
            if path.is_file() and not path.name.startswith((".", "shown"))
        }


PLANAR = dataclasses.replace(
    small_runs.PLANAR,
    method=("standard", "rejection", "refinement"),
    niters=2,
    calibrate_iters=1,
    shape_iters=1,
    eval_every=1,
    rollout_steps=1,
    num_samples=40,
)
FEW = {"calibrate_iters": 0, "shape_iters": 1, "rollout_steps": 1, "xla": "off"}
FEW |= {"method": ("standard", "refinement")}


def _planar(folder, inputs):
    return [*small_runs.command(PLANAR), f"--workdir={folder}"]


def _digits(folder, inputs):
    own = {"data_dir": str(inputs), "num_samples": 40}
    config = mnist.Config(**{**small_runs.IMAGES, **FEW, **own})
    return [*small_runs.command(config), f"--workdir={folder}"]


def _faces(folder, inputs):
    features = str(inputs / "quarters.keras")
    source = celeba_files.Source("files", inputs, [], [], features)
    return small_runs.command(source.config(workdir=str(folder), **FEW))


def _charges(folder, inputs):
    own = {"iterations": 0.002, "num_samples": 30, "epsilon": 2.0}
    own |= {"epsilon_floor": 1.0, "remember_previous": True}
    config = coulomb.Config(**{**small_runs.CHARGES, **FEW, **own})
    return [*small_runs.command(config), f"--workdir={folder}"]


def _job(folder, inputs, n=25, method="rejection"):
    given = {"n": n, "block": 10, "format": "npz", "method": method, "seed": 4}
    flags = [f"--{name}={value}" for name, value in given.items()]
    return [f"--collaboration={inputs}", f"--workdir={folder}", *flags]


def _cells(folder, inputs, budgets="5"):
    given = {"method": "isir", "budgets": budgets, "n": 20}
    flags = [f"--{name}={value}" for name, value in given.items()]
    return [f"--from_run={inputs}", f"--workdir={folder}", *flags]


def _scores(folder, inputs, metrics="fid,kid"):
    given = {"from_run": folder, "data_dir": inputs, "metrics": metrics, "n": 40}
    return [f"--{name}={value}" for name, value in given.items()]


# Work that a worker does for so long that it can be killed at it.
WORKER = ["--cluster=local", "--workers=1"]


def _many_blocks(folder, inputs):
    return [*_job(folder, inputs, n=400, method="standard"), *WORKER]


def _many_cells(folder, inputs):
    return [*_cells(folder, inputs, budgets="5,6"), *WORKER]


def _many_scores(folder, inputs):
    slow = f"--features={inputs / NET}"
    return [*_scores(folder, inputs, metrics="fid"), slow, *WORKER]


SUBJECTS = {
    one.name: one
    for one in (
        Subject("mog2d", "mog2d", _planar, "nothing"),
        Subject("mnist", "mnist", _digits, "digits"),
        Subject("celeba", "celeba", _faces, "faces"),
        Subject("coulomb", "coulomb", _charges, "nothing"),
        Subject(
            "sample",
            "sample",
            _job,
            "collaboration",
            results=("blocks/*", "manifest.json", "report.md", "samples.png"),
            tables=(),
            looks=("--verify",),
        ),
        Subject(
            "benchmark",
            "benchmark",
            _cells,
            "mog2d",
            results=("benchmark.jsonl", "figures/*.png"),
            tables=("benchmark.jsonl",),
        ),
        Subject(
            "evaluate",
            "evaluate",
            _scores,
            "digits",
            results=("evaluation.jsonl", "results.jsonl", "samples/*"),
            tables=("evaluation.jsonl", "results.jsonl"),
            begins="mnist",
            files=("table", "record"),
        ),
    )
}
# The same by a worker: its command, and what else is other.
BY_WORKER = {
    "sample": (_many_blocks, {"results": ("blocks/*", "manifest.json")}),
    "benchmark": (_many_cells, {}),
    "evaluate": (
        _many_scores,
        {"needs": "digits and a net", "begins": "five samplers"},
    ),
}
SUBJECTS |= {
    f"{name} --cluster": SUBJECTS[name]._replace(
        name=f"{name} --cluster",
        argv=argv,
        files=("none",),
        only_inside=False,
        **more,
    )
    for name, (argv, more) in BY_WORKER.items()
}


def make_inputs(made: pathlib.Path) -> None:
    """Data, nets, a collaboration and a run; other runs are made later, by commands."""
    (made / "nothing").mkdir()
    tiny_datasets.write_digits(made / "digits")
    faces = made / "faces"
    pool = keras.layers.AveragePooling2D(16)
    body = [keras.Input((32, 32, 3)), pool, keras.layers.Flatten()]
    celeba_files.source_in(faces, "files", faces)
    keras.Sequential(body).save(faces / "quarters.keras")
    small_jobs.save(made / "collaboration")
    shutil.copytree(made / "digits", made / "digits and a net")
    _slow_net().save(made / "digits and a net" / NET)
    _small()
    every = FEW | {"method": tuple(sorted(small_runs.METHODS)), "num_samples": 40}
    small_runs.run_digits(made / "five samplers", made / "digits", **every)


def _slow_net():
    """Features of digits that take most of a second for forty."""
    wide = [keras.layers.Conv2D(64, 9, padding="same") for _ in range(2)]
    pool = keras.layers.GlobalAveragePooling2D()
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *wide, pool, keras.layers.Dense(4)]
    )
