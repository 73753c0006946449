"""Where processes of `--strategy=multi_worker` write: the chief alone in the run."""

import dataclasses
import functools
import pathlib
import shutil
import tempfile
from typing import TypeVar

from experiments.cli import rules
from experiments.rundir import locks
from experiments.stages import options, strategies

__all__ = ["own"]

Config = TypeVar("Config", bound=options.Options)


def own(runs: list[Config]) -> list[Config]:
    """The runs, each in the folder where this process writes.

    That is the run's own for the chief. Any other process does all that the chief does,
    in a copy of that folder which ends with it, so that it goes on from the same
    checkpoints.
    """
    if runs[0].strategy != "multi_worker":
        return runs
    strategies.meet(runs[0])  # the chief was let in to each folder, and changed none
    if not strategies.chief(runs[0]):
        runs = [_copied(config, number) for number, config in enumerate(runs)]
    strategies.meet(runs[0])
    return runs


def _copied(config: Config, number: int) -> Config:
    source, folder = pathlib.Path(str(config.workdir)), pathlib.Path(_place().name)
    if source.exists():
        no_lock = shutil.ignore_patterns(locks.NAME)
        shutil.copytree(source, folder / str(number), ignore=no_lock)
    return dataclasses.replace(config, workdir=rules.Path(str(folder / str(number))))


@functools.cache
def _place() -> tempfile.TemporaryDirectory:
    """One folder for this process, removed at its end."""
    return tempfile.TemporaryDirectory(prefix="tf_collab-worker-")
