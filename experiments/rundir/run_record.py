"""config.json: the flags of a run's last command, and of each phase."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from experiments.cli import errors, flag_types
from tf_collab import files

__all__ = ["DIGEST", "NAME", "Record", "as_json", "read", "refuse_others"]

NAME = "config.json"
DIGEST = "sha256 "  # begins what is recorded of a flag that names a file


class Record(NamedTuple):
    experiment: str
    version: str  # of tf_collab, which began the run
    flags: dict[str, Any]  # of the last command, by name
    phases: dict[str, dict[str, Any]]  # by phase, the flags with which it was begun


def read(path: os.PathLike | str) -> Record:
    """The record in a file; ValueError where it holds something else."""
    try:
        found = files.record(path)
        return Record(
            str(found.get("experiment", "an unknown program")),
            str(found.get("version", "of an unknown version")),
            dict(found.get("flags", {})),
            {name: dict(begun) for name, begun in found["phases"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        known = isinstance(error, files.Unsound)
        why = f" ({str(error).rpartition(': ')[2]})" if known else ""
        raise ValueError(
            f"it is not a run's record{why}; put a copy of it back, or take another "
            "folder, where the same flags give the same results"
        ) from None


def refuse_others(
    begun: Mapping[str, Any], now: Mapping[str, Any], given: Mapping[str, str], by: str
) -> None:
    """Refuses flags `now` other than those with which a phase was begun.

    `given` tells under which name a flag was given, where that was another; `by` names
    phase and folder.
    """
    for name, new in as_json(now).items():
        old = begun.get(name, new)
        if old == new:
            continue
        flag = given.get(name, name)
        if DIGEST in f"{old} {new}":
            what = "holds another GAN" if name == "from_run" else "is another file"
            told = f"--{flag} {what} than {by} was begun with"
        else:
            old, new = flag_types.spell(old), flag_types.spell(new)
            told = f"--{flag}={new}, but {by} was begun with --{flag}={old}"
        raise errors.Refused(f"{told}: give that, or another --workdir")


def as_json(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags as they come back from a file."""
    return json.loads(json.dumps(flags))
