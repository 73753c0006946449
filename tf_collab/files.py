"""Files from elsewhere: whatever is wrong with one is a sentence that names the file.

Only Python's own modules are imported here, so that flags are checked quickly.
"""

import contextlib
import errno
import json
import math
import os
import re
import stat
import zlib
from collections.abc import Iterator
from typing import Any

__all__ = [
    "Told",
    "Unsound",
    "first_sentence",
    "parsed",
    "reading",
    "record",
    "regular",
    "sealed",
]

_KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
# The system's errors for an offset, a size or a name that a file's content asked for.
_ASKED_BY_CONTENT = {errno.EINVAL, errno.EOVERFLOW, errno.ENOMEM, errno.ENAMETOOLONG}

_LONGEST = 2**26  # bytes of a record
_CHECKSUM = "crc32"  # the field of a record


class Told:
    """Marks an error that already is a sentence for the user; `reading` keeps it."""


class Unsound(Told, ValueError):
    """A file is not what it should be; the message begins with the file's path."""


def regular(path: str | os.PathLike) -> None:
    """Raises Unsound unless `path`, after following links, is a regular file.

    Nothing is opened, since a named pipe without a writer would hang. Raises the
    system's OSError if the file is missing or cannot be reached.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except ValueError as error:  # a NUL or a lone surrogate
        raise Unsound(f"{str(path)!r} is not a path: {error}") from error
    if kind != stat.S_IFREG:
        raise Unsound(f"{str(path)!r} is a {_KINDS.get(kind, 'special file')}")


@contextlib.contextmanager
def reading(path: str | os.PathLike, what: str = "file") -> Iterator[None]:
    """Turns an error of a reader inside the block into Unsound, which is a ValueError.

    `what` is a noun for what the file should be. Readers raise some thirty kinds of
    errors. An OSError with a number comes from the system and is raised unchanged.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, Told) or _is_the_systems(error):
            raise
        why = first_sentence(error)
        if isinstance(error, RecursionError):
            why = "it is nested too deeply"
        elif isinstance(error, MemoryError):
            why = "it asks for more memory than there is"
        elif isinstance(error, KeyError) and len(error.args) == 1:
            why = f"it has no {error.args[0]!r}"
        raise Unsound(f"{str(path)!r} is not a readable {what}: {why}") from error


def record(path: str | os.PathLike, what: str = "record") -> dict[str, Any]:
    """The JSON object in a file, as `parsed` reads it.

    Raises Unsound if the file does not hold one, is larger than 64 MiB, or has another
    checksum than it was `sealed` with.
    """
    regular(path)
    with reading(path, what):
        with open(path, "rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise ValueError(f"it has more than {_LONGEST >> 20} MiB")
        value = parsed(content, errors="surrogateescape")  # a path may have any byte
        if not isinstance(value, dict):
            raise ValueError("it is not a JSON object")
        checksum = value.pop(_CHECKSUM, None)
        if checksum is not None and sealed(value)[_CHECKSUM] != checksum:
            raise ValueError("it does not have its checksum")
        return value


def sealed(value: dict[str, Any]) -> dict[str, Any]:
    """A record with its checksum, in which a flipped bit shows."""
    return {**value, _CHECKSUM: f"{zlib.crc32(json.dumps(value).encode()):08x}"}


def parsed(text: str | bytes, errors: str = "strict") -> Any:
    """The value of a JSON text.

    Raises ValueError if a number is not finite or does not fit in 64 bits, if a name
    occurs twice in an object, or if a string cannot be encoded as UTF-8 (with the error
    handler `errors`). Raises RecursionError if the text is nested too deeply.
    """
    value = json.loads(
        text,
        parse_int=_whole,
        parse_float=_finite,
        parse_constant=_finite,
        object_pairs_hook=_once,
    )
    # Half a surrogate pair fails here.
    json.dumps(value, ensure_ascii=False).encode("utf-8", errors)
    return value


def first_sentence(error: BaseException) -> str:
    """The first sentence of a library's error, cut to 200 characters."""
    text = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", str(error)).strip()
    # A session's error begins with where the node was created, and the node's name.
    text = re.sub(
        r"^Graph execution error:.*?\nNode: [^\n]*\n", "", text, flags=re.DOTALL
    )
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    text = bold[1] if bold else text.split("Exception encountered: ")[-1]
    text = (text or type(error).__name__).splitlines()[0].split(". ")[0]
    return text[:200].rstrip(". ")


def _is_the_systems(error: Exception) -> bool:
    number = error.errno if isinstance(error, OSError) else None
    return number is not None and number not in _ASKED_BY_CONTENT


def _whole(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= (number := int(text)) < 2**63:
        raise ValueError(f"{text[:30]} does not fit in 64 bits")
    return number


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:30]} is not a finite number")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    once: dict[str, Any] = {}
    for name, value in pairs:
        if name in once:
            raise ValueError(f"it has {name!r} twice")
        once[name] = value
    return once
