"""Flag files: one flag a line, comments on lines of their own."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from experiments.cli import errors, flag_types
from tf_collab import files

__all__ = ["Argument", "expanded"]

SIZE = 2**20  # bytes of a file
MOST, DEEPEST = 1000, 20  # lines of all files together; files within files
QUOTES = {"'": "'", '"': '"', "‘": "’", "“": "”"}
NAMES = ("--flagfile", "-flagfile")
SEVERAL = re.compile(r"\s(#|//|--?[a-zA-Z_]\w*(=|\s|$)|\\$)")


class Argument(NamedTuple):
    """One argument of a command, and the file and line where it stands, if in any."""

    text: str
    where: str = ""


def expanded(arguments: Sequence[str]) -> list[Argument]:
    """The arguments, with what flag files hold in place of --flagfile."""
    found: list[Argument] = []
    rest = iter(arguments)
    for text in rest:
        name, equals, value = text.partition("=")
        if text == "--":  # what follows is not a flag
            found += [Argument(text), *map(Argument, rest)]
        elif name in NAMES:
            if not (value := value if equals else next(rest, "")):
                raise errors.Refused(f"{name} needs the name of a file")
            for count, argument in enumerate(_flags(value, ())):
                if count == MOST:
                    raise errors.Refused(f"{text} gives more than {MOST} flags")
                if argument.text:
                    found.append(argument)
        else:
            found.append(Argument(text))
    return found


def _flags(name: str, within: tuple[str, ...]) -> Iterator[Argument]:
    """What a file holds, and '' for a file in it; `within` are those that hold it."""
    if len(within) > DEEPEST:
        raise errors.Refused(f"more than {DEEPEST} flag files lie in one another")
    try:
        path = flag_types.path(name)
        files.regular(path)
        if (here := os.path.realpath(path)) in within:
            raise errors.Refused(f"--flagfile={name} includes itself")
        with open(path, "rb") as file:
            content = file.read(SIZE + 1)
    except ValueError as wrong:
        raise errors.Refused(f"--flagfile={name!r} cannot be read: {wrong}") from None
    except OSError as wrong:
        why = f"cannot be read: {wrong.strerror}"
        raise errors.Refused(f"--flagfile={name!r} {why}") from None
    if len(content) > SIZE:
        raise errors.Refused(f"--flagfile={name!r} is larger than {SIZE >> 20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise errors.Refused(
            f"--flagfile={name!r} is not text in UTF-8: line {line} has the byte "
            f"{content[wrong.start]:#04x}"
        ) from None
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        where = f"{name!r}, line {number}"
        try:
            flag = _flag(raw.strip())
            option, _, value = flag.partition("=")
            if option in NAMES:
                yield Argument("", where)
                if not value:
                    raise errors.Refused(f"{option}= needs the name of a file")
                yield from _flags(value, (*within, here))
            elif flag:
                yield Argument(flag, where)
        except errors.Refused as wrong:
            raise errors.Refused(f"{where}: {wrong}") from None


def _flag(line: str) -> str:
    """A line without quotes and the spaces around =; '' where it is a comment."""
    if line.startswith(("#", "//")):
        return ""
    name, equals, value = _bare(line).partition("=")
    if line and not name.strip("- "):  # after -- nothing would be a flag
        raise errors.Refused(f"{line!r} is not a flag: flags are given as --name=value")
    value = value.strip()
    if (bare := _bare(value)) == value and SEVERAL.search(value):
        raise errors.Refused(
            f"{line!r} holds more than a flag: give one a line, comments on lines of "
            "their own, and quote a value that looks like that"
        )
    return f"{name.rstrip()}={bare}" if equals else name


def _bare(text: str) -> str:
    quoted = len(text) > 1 and QUOTES.get(text[0]) == text[-1]
    return text[1:-1] if quoted else text
