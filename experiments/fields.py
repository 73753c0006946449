"""The fields of a config dataclass, as its flags and their help see them."""

import dataclasses
import inspect
import pathlib
import textwrap
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from experiments import values

__all__ = ["Field", "help_text", "read"]


class Field(NamedTuple):
    name: str
    about: str
    default: Any
    reader: values.Reader
    boolean: bool


def read(config_class: Any) -> list[Field]:
    hints: dict[str, Any] = {}
    for base in reversed(config_class.__mro__):
        for name, hint in inspect.get_annotations(base, eval_str=True).items():
            # A subclass that only gives another default keeps text and checks.
            if get_origin(hint) is Annotated or name not in hints:
                hints[name] = hint
    fields = []
    for field in dataclasses.fields(config_class):
        kind, about, checks = hints[field.name], "", []
        if get_origin(kind) is Annotated:
            kind, about, *checks = get_args(kind)
        boolean = kind is bool or bool in get_args(kind)
        reader = values.reader(kind, checks)
        fields.append(Field(field.name, about, field.default, reader, boolean))
    return fields


def help_text(config_class: type, program: str) -> str:
    """The program's flags, what each takes, and its default."""
    about = (config_class.__doc__ or "").partition("\n")[0]
    lines = [f"{pathlib.Path(program).stem}: {about}", ""]
    for field in read(config_class):
        lines.append(f"  --{field.name}={field.reader.allowed}")
        needed = field.default is dataclasses.MISSING
        default = "needed" if needed else f"default: {values.spell(field.default)}"
        text = f"{field.about} ({default})"
        lines += textwrap.wrap(
            text, 80, initial_indent=" " * 6, subsequent_indent=" " * 6
        )
    lines += [
        "  --flagfile=FILE",
        "      reads flags from a file, one a line; # comments",
    ]
    return "\n".join(lines)
