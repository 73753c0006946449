"""A program of its own: runs that two devices share, in FOLDER, beside a run WHOLE.

python strategy_program.py WHOLE FOLDER
"""

import dataclasses
import pathlib
import shutil
import sys

import tensorflow as tf
from helpers import cheaply

cheaply.trace_quickly()
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

from helpers import small_runs  # noqa: E402

from experiments import mog2d  # noqa: E402
from experiments.points import point_figures  # noqa: E402
from experiments.rundir import pictures  # noqa: E402
from experiments.stages import strategies  # noqa: E402

TRAINED = ("niters", "batch_size", "nhidden", "nlayers")  # of the other run


def run(folder, **flags):
    flags |= {"strategy": "mirrored", "method": ("standard", "refinement")}
    config = dataclasses.replace(small_runs.PLANAR, workdir=str(folder), **flags)
    assert strategies.of("mirrored").num_replicas_in_sync == 2
    mog2d.run(config)


if __name__ == "__main__":
    whole, top = map(pathlib.Path, sys.argv[1:])
    point_figures.show = lambda *shown: None
    pictures.write = lambda *shown: None
    run(top / "seeds", seeds=(0, 1))
    fresh = {name: getattr(mog2d.Config(), name) for name in TRAINED}
    run(top / "from", from_run=str(whole), **fresh)
    shutil.copytree(whole, top / "sample")
    for name in ("results.jsonl", "timings.jsonl", "samples"):
        path = top / "sample" / name
        path.rename(top / name)
    run(top / "sample", mode="sample")
