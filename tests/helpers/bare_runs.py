"""A run without an experiment, for tests of run folders."""

import dataclasses
import json

from experiments.rundir import run_folder

HELD = "held by process 1 of tf_collab\n"  # a lock's words


@dataclasses.dataclass(frozen=True)
class Config:
    niters: int = 100
    lrg: float = 0.1
    seeds: tuple[int, ...] = (0, 1)


def start(workdir, config=Config(), *, experiment="toy", resume=True):
    return run_folder.Run(workdir, config, experiment=experiment, resume=resume)


def finish(workdir):
    with start(workdir) as run:
        run.begin("train", {"lrg": 0.1})


def record(folder):
    """A run's record without its checksum, to be written as older versions did."""
    found = json.loads((folder / "config.json").read_text())
    assert found.pop("crc32")
    return found


def everything(folder):
    """Each path below `folder` with its bytes, if it has any."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }
