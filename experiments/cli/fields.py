"""The fields of a config dataclass, as its flags and their help see them."""

import dataclasses
import inspect
import os
import pathlib
import textwrap
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from experiments.cli import flag_types, rules

__all__ = ["Field", "Given", "help_text", "read", "readers", "recorded"]


class Field(NamedTuple):
    name: str
    about: str
    default: Any
    reader: flag_types.Reader
    recorded: flag_types.Reader  # of what a run recorded: a path may have moved since
    boolean: bool
    topic: str  # under which the help has it
    words: Mapping[str, str]  # what names that it takes stand for


@dataclasses.dataclass(frozen=True)
class Given:
    """What a config knows beside the values of its flags: which of them were given."""

    # A flag's name -> that under which it was given; None: those unlike their defaults.
    given: Mapping[str, str] | None = dataclasses.field(
        default=None, compare=False, repr=False, kw_only=True
    )

    def flags_given(self) -> dict[str, str]:
        """The names of the flags that were given, and under which each was."""
        if self.given is not None:
            return dict(self.given)
        return {
            field.name: field.name
            for field in read(type(self))
            if getattr(self, field.name) != field.default
        }

    def misplaced(self, name: str, check: rules.Check) -> str | None:
        """What is wrong with where a flag's path leads, in a sentence.

        A run's folder may remember the path, and what was there has moved since.
        """
        path = getattr(self, name)
        wrong = None if path is None else check(path)
        if wrong is None or name in self.flags_given():
            return wrong and f"--{name}={path!r} {wrong}"
        wrong = wrong if os.path.lexists(path) else "is not there"
        run = getattr(self, "workdir", None)
        if name in getattr(self, "PLACES", ()):  # which come with another run's GAN
            run = getattr(self, "from_run", None) or run
        return (
            f"--{name}={path!r} {wrong}, and the run in {run!r} was begun with it: "
            "give it where it is now"
        )


def readers(config_class: Any) -> dict[str, flag_types.Reader]:
    """Of what a run recorded, by flag."""
    return {field.name: field.recorded for field in read(config_class)}


def recorded(config: Any) -> dict[str, Any]:
    """The flags' values, without those that have no effect."""
    idle: Mapping[str, str] = getattr(config, "idle", dict)()
    names = (field.name for field in read(type(config)))
    return {name: getattr(config, name) for name in names if name not in idle}


def read(config_class: Any) -> list[Field]:
    """Its flags, in the order of its fields."""
    hints: dict[str, Any] = {}
    topics: dict[str, str] = {}
    for base in reversed(config_class.__mro__):
        for name, hint in inspect.get_annotations(base, eval_str=True).items():
            # A subclass that only gives another default keeps text and checks.
            if get_origin(hint) is Annotated or name not in hints:
                hints[name] = hint
                # A program's own data are told with its nets, other flags where they
                # come from, whoever changes their text.
                if topics.get(name) in (None, "Run"):
                    topics[name] = vars(base).get("TOPIC", "Flags")
    fields = []
    for field in dataclasses.fields(config_class):
        if field.name == "given":  # which is not a flag
            continue
        kind, about, checks = hints[field.name], "", []
        if get_origin(kind) is Annotated:
            kind, about, *checks = get_args(kind)
        boolean = kind is bool or bool in get_args(kind)
        lasting = [check for check in checks if check not in rules.OF_PLACES]
        reader, recorded = (flag_types.reader(kind, some) for some in (checks, lasting))
        fields.append(
            Field(
                field.name,
                about,
                field.default,
                reader,
                recorded,
                boolean,
                topics[field.name],
                {
                    name: about
                    for check in checks
                    if isinstance(check, rules.OneOf)
                    for name, about in check.about.items()
                },
            )
        )
    return fields


def help_text(config_class: type, program: str) -> str:
    """An example, and the program's flags by topic: what each takes, its default.

    The example is the command in the docstring of the program's module.
    """
    about = (config_class.__doc__ or "").partition("\n")[0]
    module = inspect.getdoc(inspect.getmodule(config_class)) or ""
    told = [" ".join(line.split()) for line in module.splitlines()]
    example = [f"    {line}" for line in told if line.startswith("python -m")]
    lines = [f"{pathlib.Path(program).stem}: {about}", *example, ""]
    flags = read(config_class)
    own = vars(config_class).get("TOPIC", "Flags")
    for topic in dict.fromkeys([own, *(field.topic for field in flags)]):
        lines += [f"{topic}:"]
        for field in flags:
            if field.topic == topic:
                lines += _described(field)
    lines += [
        "Flag files:",
        "  --flagfile=FILE",
        "      reads flags from a file, one a line; # comments",
    ]
    return "\n".join(lines)


def _described(field: Field) -> list[str]:
    needed = field.default is dataclasses.MISSING
    default = "needed" if needed else f"default: {flag_types.spell(field.default)}"
    text = f"{field.about} ({default})"
    indent = " " * 6
    body = textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=indent)
    for name, about in field.words.items():
        body += textwrap.wrap(
            f"{name}: {about}",
            80,
            initial_indent=" " * 8,
            subsequent_indent=" " * 10,
        )
    return [f"  --{field.name}={field.reader.allowed}", *body]
