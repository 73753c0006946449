"""The flags that a run's folder remembers, for commands that do not give them."""

import contextlib
import dataclasses
import pathlib
import shlex
from typing import Any, TypeVar

from experiments.cli import errors, fields, flag_types
from experiments.rundir import run_record
from experiments.stages import from_runs, records

__all__ = ["recalled", "remembered"]

Config = TypeVar("Config", bound=Any)


def recalled(config: Config, folder: pathlib.Path) -> Config:
    """The same with what the run in `folder` recorded for flags that are not given.

    The phases that this command goes on with come first, then the others. Where those
    differ the flag must be given: Refused.
    """
    known = _read(folder / run_record.NAME, config.EXPERIMENT)
    given, readers = config.flags_given(), fields.readers(type(config))
    open_ = readers.keys() - given.keys() - {"from_run"}
    named = given.keys() & {*config.sources, "from_run"}
    if named:  # another's GAN is given as a whole
        open_ -= {*config.sources}
    found: dict[str, dict[str, list[str]]] = {}  # by flag and its text: the phases
    for phase, begun in known.phases.items():
        for name in open_ & begun.keys():
            text = flag_types.spell(begun[name])
            found.setdefault(name, {}).setdefault(text, []).append(phase)

    def read(name: str, text: str) -> Any:
        if text.startswith(run_record.DIGEST) or name in config.free:
            text = flag_types.spell(known.flags.get(name))
        try:
            return readers[name].read(text)
        except ValueError as wrong:
            raise errors.Refused(
                f"{str(folder / run_record.NAME)!r} has --{name}={text!r}, and that "
                f"{wrong}: it was damaged, or is another version's"
            ) from None

    if not named and any("from_run" in begun for begun in known.phases.values()):
        source = read("from_run", run_record.DIGEST)  # the path that has it
        config = dataclasses.replace(config, from_run=source)
        config = from_runs.taken(config) if source else config
    if config.from_run:
        at = from_runs.steps(config, folder, known.phases)
        config = dataclasses.replace(config, ckpt_num=at)
    taken = {n: read(n, "") for n in open_ & known.flags.keys() & {*config.free}}
    agreed = {n: next(iter(v)) for n, v in found.items() if len(v) == 1}
    taken |= {name: read(name, text) for name, text in agreed.items()}
    config = dataclasses.replace(config, **taken, given=given)
    apart, chosen = sorted(found.keys() - agreed.keys()), {}
    asked = records.depends(config.settled()) if apart else {}  # which reads files
    for name in apart:
        if not any(name in flags for flags in asked.values()):
            continue
        here = {t: sorted(asked.keys() & {*p}) for t, p in found[name].items()}
        here = {text: phases for text, phases in here.items() if phases}
        here = here or found[name]
        if len(here) > 1:
            each = " and ".join(
                f"{phases[0]} with --{name}={text}" for text, phases in here.items()
            )
            raise errors.Refused(
                f"{str(folder)!r} holds {each}: say which by --{name}, and ask only "
                "for what was begun with it (--ckpt_num, --method)"
            )
        chosen[name] = read(name, next(iter(here)))
    return dataclasses.replace(config, **chosen)


def remembered(config: Any) -> list[str]:
    """Flags that a run of `each_run` has of its folder alone, unlike their defaults."""
    given, idle, told = config.flags_given(), config.idle(), []
    for field in fields.read(type(config)):
        name = field.name
        if name == "workdir" or name in given or name in idle:
            continue
        # What a default stands for may hang on the others.
        fresh = dataclasses.replace(config, **{name: field.default}).settled()
        if (value := getattr(config, name)) != getattr(fresh, name):
            told.append(f"--{name}={shlex.quote(flag_types.spell(value))}")
    return told


def _read(path: pathlib.Path, experiment: str) -> run_record.Record:
    """What config.json holds, as far as it can be used: Run refuses bad ones."""
    with contextlib.suppress(OSError, ValueError):
        found = run_record.read(path)
        if found.experiment == experiment:
            return found
    return run_record.Record(experiment, "", {}, {})
