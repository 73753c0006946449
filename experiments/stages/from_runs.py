"""The flags of a run whose GAN another run tunes: what they fix, and its GAN steps.

The folder of --from_run is read alone: nothing in it is made, renamed or locked.
"""

import dataclasses
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from experiments.cli import errors, fields, flag_types, rules
from experiments.rundir import run_record

__all__ = ["checkpoint", "listed", "read", "record", "steps", "taken", "trained"]

# What a GAN was trained with and D may be tuned without; not given, they are the same.
OPEN = ("seed", "batch_size", "xla")
TRAINED = pathlib.PurePath("checkpoints", "train")
Config = TypeVar("Config", bound=Any)


def read(config: Any) -> run_record.Record:
    """The record of --from_run; Refused unless that trained a GAN of this program."""
    folder, program = str(config.from_run), config.EXPERIMENT
    if wrong := config.misplaced("from_run", rules.a_folder):
        raise errors.Refused(wrong)
    found = record(folder)
    if found.experiment != program:
        raise errors.Refused(
            f"--from_run={folder!r} is a run of {found.experiment}, not of {program}: "
            f"give it to experiments.{found.experiment}, or {program} a run of its own"
        )
    if "train" not in found.phases:
        raise errors.Refused(
            f"--from_run={folder!r} is a run that trained no GAN: give the run that "
            "trained it"
        )
    return found


def record(folder: str) -> run_record.Record:
    """The record in a folder that --from_run names; Refused where there is none."""
    path, given = pathlib.Path(folder, run_record.NAME), f"--from_run={folder!r}"
    try:
        with errors.blaming(f"{given}: {str(path)!r} was damaged"):
            return run_record.read(path)
    except FileNotFoundError:
        raise errors.Refused(
            f"{given} has no {run_record.NAME}, so it is not a run: give the folder of "
            "a run that trained a GAN"
        ) from None


def trained(config: Any) -> dict[str, Any]:
    """The flags with which the GAN of --from_run was trained, as its record has them.

    `data_seed` is there as the number that it meant.
    """
    readers, recorded = fields.readers(type(config)), read(config).phases["train"]
    found = {name: value for name, value in recorded.items() if name in readers}
    if "data_seed" in readers and found.get("data_seed") is None:
        found["data_seed"] = found.get("seed", 0)
    return found


def taken(config: Config) -> Config:
    """The same with the data and nets of --from_run, which no flag may change.

    Seed, batch size and compiler are those of its training where they are not given.
    """
    folder, given = str(config.from_run), config.flags_given()
    readers, flags = fields.readers(type(config)), read(config).flags
    places = {name: flags[name] for name in config.PLACES if name in flags}
    values = {}
    for name, recorded in (places | trained(config)).items():
        if name in config.TRAINING:
            continue
        text = flag_types.spell(recorded)
        with errors.blaming(f"--from_run={folder!r} has --{name}={text}"):
            value = readers[name].read(text)
        if name not in given:
            values[name] = value
        elif name not in (*OPEN, *places) and getattr(config, name) != value:
            now = flag_types.spell(getattr(config, name))
            raise errors.Refused(
                f"--{given[name]}={now}, but the GAN of --from_run={folder!r} was "
                f"trained with --{name}={text}: leave it out, or train another GAN"
            )
    return dataclasses.replace(config, **values, given=given)


def steps(
    config: Any, folder: pathlib.Path, begun: Mapping[str, object]
) -> tuple[int, ...]:
    """GAN steps to tune: --ckpt_num, or those that `folder` has begun, or the newest.

    Refused if --from_run has no checkpoint of them, or holds `folder` itself.
    """
    source, given = os.path.realpath(config.from_run), f"{str(config.from_run)!r}"
    if os.path.commonpath([source, os.path.realpath(folder)]) == source:
        raise errors.Refused(
            f"--workdir={str(folder)!r} is in --from_run={given}, which is only read: "
            "give a --workdir elsewhere"
        )
    try:
        names = os.listdir(pathlib.Path(config.from_run, TRAINED))
    except FileNotFoundError:
        names = []
    found = (re.fullmatch(r"step-(\d{9,})", name) for name in names)
    there = sorted(int(step[1]) for step in found if step)
    if not there:
        raise errors.Refused(
            f"--from_run={given} has no checkpoint of its GAN: let that run train first"
        )
    tuned = (re.search(r"-g(\d+)$", phase) for phase in begun)
    before = [int(step[1]) for step in tuned if step]
    wanted = tuple(sorted({*(config.ckpt_num or before or there[-1:])}))
    for at in wanted:
        if at not in there:
            asked = f"--ckpt_num={at}"
            if not config.ckpt_num:
                asked = f"{str(folder)!r} was begun with GAN step {at}"
            raise errors.Refused(
                f"{asked}, and --from_run={given} has no checkpoint of that GAN step, "
                f"but of {listed(there)}"
            )
    return wanted


def checkpoint(config: Any, at: int) -> pathlib.Path:
    """The folder of a GAN step of --from_run."""
    return pathlib.Path(config.from_run, TRAINED, f"step-{at:09d}")


def listed(numbers: Sequence[int]) -> str:
    """Steps as a sentence has them."""
    return ", ".join(map(str, numbers))
