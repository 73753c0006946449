"""Results by flags: seeds are averaged, runs that differ otherwise are told apart."""

import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.cli import errors, flag_types
from experiments.rundir import run_record

__all__ = ["Flags", "flags_of", "labelled", "phases_beside"]

# A rate that was found hangs on the seed, as the GAN does.
_FOUND = re.compile(r", rollout_rate=\S+$")
Flags = Mapping[str, str]  # as they are spelled, by name


def phases_beside(results: str) -> dict[str, dict[str, Any]]:
    """Phases and their flags of the run that has these results; {} if unknown."""
    path = pathlib.Path(results).with_name(run_record.NAME)
    if not path.exists():
        return {}
    try:
        return run_record.read(path).phases
    except (OSError, ValueError):
        raise errors.Refused(
            f"{str(path)!r} is not a run's record, and the results beside it are told "
            "apart by its flags: mend it, or move the results away from it"
        ) from None


def flags_of(phases: Mapping[str, Mapping[str, Any]], line: Mapping[str, Any]) -> Flags:
    """All that a line stands on but its seed; without a record, what it says itself."""
    at = line["gan_step"]
    found: dict[str, Any] = {}
    for phase in (f"{line.get('phase')}-g{at}", f"sample-{line['method']}-g{at}"):
        found |= phases.get(phase, {})
    if not found:
        found = {name: line.get(name) for name in ("experiment", "protocol")}
        if found["protocol"] is not None:
            found["protocol"] = _FOUND.sub("", found["protocol"])
    # A GAN of another run is told by its training's flags, and by its seed if other.
    same = {"seed", "from_run"}
    if found.get("data_seed") in (None, found.get("seed")):
        same.add("data_seed")
    return {name: flag_types.spell(v) for name, v in found.items() if name not in same}


def labelled(
    lines: Sequence[Mapping[str, Any]], flags: Sequence[Flags]
) -> list[dict[str, Any]]:
    """The lines, methods named with the flags in which their runs differ.

    "refinement" becomes "refinement, rollout_rate=0.1". Lines are ordered by method. A
    flag that only some records have tells nothing apart where those agree.
    """
    by_method: dict[str, list[Flags]] = {}
    for line, given in zip(lines, flags):
        by_method.setdefault(line["method"], []).append(given)
    told = []
    for rank, (method, groups) in enumerate(by_method.items()):
        names = sorted({name for given in groups for name in given})
        differing = [name for name in names if _differs(name, groups)]
        same = [one for one in zip(lines, flags) if one[0]["method"] == method]
        for line, given in same:
            parts = [f"{n}={given.get(n, 'unknown')}" for n in differing]
            name = ", ".join([method, *parts])
            told.append((rank, name, {**line, "method": name}))
    return [line for *_, line in sorted(told, key=lambda one: one[:2])]


def _differs(name: str, groups: Sequence[Flags]) -> bool:
    """Whether those that know a flag know several values of it.

    A record leaves out what had no effect, and what its version did not know. Results
    without a record have a protocol instead, and are not seeds of those with one.
    """
    known = {given[name] for given in groups if name in given}
    return len(known) > 1 or (
        name == "protocol" and any(name not in given for given in groups)
    )
