"""A frozen config dataclass as a command line, checked before TensorFlow starts.

A field is `name: Annotated[type, "help text", *checks] = default`. Importing an
experiment defines no flag: each `parse` has absl flag values of its own.
"""

import dataclasses
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from absl import flags as absl_flags

from experiments.cli import (
    errors,
    fields,
    flag_files,
    flag_types,
    interrupts,
    rules,
    streams,
)

__all__ = ["main", "parse"]


Config = TypeVar("Config")
HELP = ("--help", "-help", "-h", "--helpfull", "--helpshort")


def main(
    config_class: type[Config],
    run: Callable[[Config], object],
    argv: Sequence[str] | None = None,
) -> None:
    """Parses `argv` (sys.argv, the program's name first) and calls `run(config)`.

    Bad input ends in one sentence on stderr and exit status 2, a loss that is not
    finite in 1, Ctrl-C in 130, SIGTERM in 143, a terminal that closes in 129, a closed
    pipe in 141. A config with a method `problem() -> str | None` is asked whether its
    fields go together.
    """
    with streams.sound():
        try:
            with interrupts.watched():
                _answer(config_class, run, sys.argv if argv is None else argv)
        except BrokenPipeError:  # whoever read stdout has left, as `head` does
            sys.exit(128 + signal.SIGPIPE)
        except (Exception, KeyboardInterrupt) as error:
            told = errors.last_words(error)
            if told is None:
                raise
            print(told[0], file=sys.stderr)
            sys.exit(told[1])


def _answer(
    config_class: type[Config], run: Callable[[Config], object], argv: Sequence[str]
) -> None:
    if any(argument.partition("=")[0] in HELP for argument in argv[1:]):
        print(fields.help_text(config_class, argv[0]), flush=True)
        return
    config = parse(config_class, argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run(config)
    sys.stdout.flush()


def parse(config_class: type[Config], argv: Sequence[str]) -> Config:
    """The config that `argv` (the program's name first) asks for, or Refused."""
    wanted = fields.read(config_class)
    arguments = flag_files.expanded(argv[1:])
    for text, where in arguments:
        if where:  # each alone, so that a wrong one is told with file and line
            try:
                _refuse_help(text)
                _flags(wanted, [text])
            except errors.Refused as wrong:
                raise errors.Refused(f"{where}: {wrong}") from None
    flags = _flags(wanted, [text for text, _ in arguments])
    places = _places(wanted, arguments)
    given = {
        field.name: flags[field.name].value
        for field in wanted
        if flags[field.name].present
    }
    for field in wanted:
        if field.default is dataclasses.MISSING and field.name not in given:
            raise errors.Refused(f"--{field.name}={field.reader.allowed} must be given")
    config: Any = config_class(**given)
    if isinstance(config, fields.Given):
        config = dataclasses.replace(config, given={name: name for name in given})
    # What a run folder remembers of flags that are not given decides with them.
    for one in getattr(config, "each_run", lambda: [config])():
        problem = getattr(one, "problem", lambda: None)()
        if problem is not None:
            raise errors.Refused(problem)
        _refuse_idle(one, places)
    return config


def _refuse_help(text: str) -> None:
    if text.partition("=")[0] in HELP:
        raise errors.Refused(f"{text!r} is for the command line, not for a flag file")


def _places(
    wanted: list[fields.Field], arguments: Sequence[flag_files.Argument]
) -> dict[str, str]:
    """The file and line of each flag that a file gives, if nothing later gives it."""
    names = {field.name: field.name for field in wanted}
    names = {f"no{field.name}": field.name for field in wanted if field.boolean} | names
    found = {}
    for text, where in arguments:
        name = text.lstrip("-").partition("=")[0]
        if text.startswith("-") and name in names:
            found[names[name]] = where
    return {name: where for name, where in found.items() if where}


def _refuse_idle(config: Any, places: Mapping[str, str]) -> None:
    """Refuses a flag without effect; where a file gave it, none may take it back."""
    readers = {field.name: field.reader for field in fields.read(type(config))}
    for name, why in getattr(config, "idle", dict)().items():
        value = getattr(config, name)
        if name in config.flags_given() and value is not None:
            flag = config.flags_given()[name]
            told = f"--{flag}={flag_types.spell(value)} has no effect with {why}: "
            if flag not in places:
                raise errors.Refused(f"{told}leave it out")
            back = "none" in readers[flag].allowed.split("|")
            way = f"take it back with --{flag}=none, or " * back
            raise errors.Refused(f"{places[flag]}: {told}{way}leave it out there")


class _Parser(absl_flags.ArgumentParser):
    """absl's side of a reader; it knows its flag's name, for the sentence."""

    def __init__(self, field: fields.Field):
        self._field = field

    def parse(self, argument: str) -> Any:
        # Refused is not a ValueError, so absl lets it through as it is.
        with errors.blaming(f"--{self._field.name}={argument!r}"):
            return self._field.reader.read(argument)


def _flags(wanted: list[fields.Field], arguments: list[str]) -> absl_flags.FlagValues:
    """The flags that are `wanted`, with the values that arguments give them."""
    flags = absl_flags.FlagValues()
    for field in wanted:
        absl_flags.DEFINE_flag(_flag(field), flags, module_name=__name__)
    # absl takes any flag that its own --undefok names, without a word.
    if any(re.match("--?undefok(=|$)", text) for text in arguments):
        raise errors.Refused("--undefok is not a flag of this program")
    if stray := _read(flags, ["", *arguments])[1:]:
        hint = rules.nearest(stray[0], flags, "--")
        raise errors.Refused(
            f"{stray[0]!r} is not a flag: flags are given as --name=value{hint}"
        )
    return flags


def _flag(field: fields.Field) -> absl_flags.Flag:
    return absl_flags.Flag(
        _Parser(field),
        None,
        field.name,
        None,  # the dataclass keeps the defaults
        field.about,
        boolean=field.boolean,
        allow_using_method_names=True,
    )


def _read(flags: absl_flags.FlagValues, argv: Sequence[str]) -> list[str]:
    """What absl leaves of `argv`; its errors become sentences."""
    # absl looks for what is like a name, letter by letter, and recurses.
    for name in (text.partition("=")[0] for text in argv[1:]):
        if name.startswith("-") and len(name) > 200:
            raise errors.Refused(f"{name[:40]!r}... is not a flag of this program")
    try:
        return flags(list(argv))
    except absl_flags.UnrecognizedFlagError as error:
        name, space, value = error.flagname.partition(" ")
        if space and name in flags:  # a line of a flag file
            hint = f"; in a flag file write --{name}={value.strip()}"
        else:
            hint = rules.nearest_flag(name, [*flags, "flagfile", "help"])
        raise errors.Refused(
            f"--{error.flagname} is not a flag of this program{hint or '; see --help'}"
        ) from None
    except (absl_flags.Error, ValueError) as error:
        raise errors.Refused(str(error)) from None
