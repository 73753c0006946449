"""Experiments in processes of their own, killed at a moment that has a name.

A moment is just before or after a file gets its name, or halfway through the writing of
a checkpoint. A process that has imported TensorFlow, and has computed nothing, forks
for each command: importing takes longer than a tiny run.
"""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[2]

SERVER = """
import gc, importlib, json, os, pathlib, resource, signal, sys

sys.path.append("tests")
from helpers import cheaply
import tensorflow as tf
# What the runs import, the last of it where it is first used.
from experiments.coulomb_gan import charges
from experiments.cli import flags
from experiments.images import image_sets
from experiments.points import targets
from experiments.stages import admission, d_tuning, gan_training, sessions
import matplotlib.figure
import scipy.linalg, scipy.spatial, scipy.special

gc.freeze()  # what nobody looks through is not copied for a child
gc.set_threshold(50_000, 5, 2)
while order := sys.stdin.readline():
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
if not order:
    sys.exit()

name, folder, argv, output, wanted, number, largest, eagerly = json.loads(order)
experiment = importlib.import_module(f"experiments.{name}")
root = pathlib.Path(folder).resolve()
for file, descriptor in (("out", 1), ("err", 2)):
    os.dup2(os.open(os.path.join(output, file), os.O_WRONLY | os.O_CREAT), descriptor)
moments = open(os.path.join(output, "moments"), "w")
if largest:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

def reached(moment):
    print(moment, file=moments, flush=True)
    if moment == wanted:
        os.kill(os.getpid(), number)

replace, write = os.replace, tf.train.Checkpoint.write

def watched_replace(source, target):
    name = os.path.relpath(pathlib.Path(target).resolve(), root)
    lines = pathlib.Path(source).read_bytes().count(b"\\n") if "results" in name else ""
    reached(f"before {name} {lines}".rstrip())
    replace(source, target)
    reached(f"after {name} {lines}".rstrip())

def half_write(self, path, *args, **kwargs):
    done = write(self, path, *args, **kwargs)
    moment = f"half of {os.path.relpath(pathlib.Path(path).resolve(), root)}"
    if moment == wanted:
        for file in pathlib.Path(path).parent.iterdir():
            os.truncate(file, file.stat().st_size // 2)
    reached(moment)
    return done

cheaply.draw_coarsely()
cheaply.trace_quickly()
cheaply.wait_for_no_disk()
os.replace, tf.train.Checkpoint.write = watched_replace, half_write
tf.config.run_functions_eagerly(eagerly)
flags.main(
    experiment.Config, experiment.run, [name, f"--workdir={folder}", *argv]
)
"""


class Ended(NamedTuple):
    """How a process ended."""

    status: int  # negative: the signal that killed it
    out: str
    err: str
    moments: list[str]  # that it came to, in order


class Processes:
    """Runs one experiment at a time."""

    def __init__(self, server: subprocess.Popen):
        self._server = server

    def run(
        self,
        experiment,
        folder,
        argv,
        *,
        wanted="",
        signal=0,
        largest=None,
        eagerly=False,
    ) -> Ended:
        """The experiment's command, with a signal at the first moment of that name.

        No file may grow past `largest` bytes, as if the disk were full. `eagerly` goes
        without graphs, which a few steps of a tiny net do not repay.
        """
        with tempfile.TemporaryDirectory() as output:
            how = [wanted, int(signal), largest, eagerly]
            order = [experiment, str(folder), argv, output, *how]
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
            status = int(self._server.stdout.readline())
            out, err, moments = (
                pathlib.Path(output, name).read_text()
                for name in ("out", "err", "moments")
            )
        return Ended(status, out, err, moments.splitlines())


@contextlib.contextmanager
def processes() -> Iterator[Processes]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield Processes(server)
        server.stdin.close()
