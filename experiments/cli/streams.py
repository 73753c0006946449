"""stdout and stderr, which may be closed, full, left by their reader, or ASCII."""

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["sound"]

# What our tables and figures' titles say, in the letters that every stream has.
_PLAIN = str.maketrans({"±": "+/-", "–": "-", "×": "x", "→": "->", "’": "'"})


@contextlib.contextmanager
def sound() -> Iterator[None]:
    """Inside, sys.stdout and sys.stderr take any text.

    Letters that a stream lacks are spelled out. A closed one is the null device, whose
    number no file of ours may get, or TensorFlow would write into that file. Where
    stdout fails, the OSError names it; where stderr does, it says nothing more: what is
    told there is in the run's log too.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number
    codecs.register_error("plain", _plain)
    with contextlib.ExitStack() as leave:
        leave.callback(_restore, sys.stdout, sys.stderr)
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stream = getattr(sys, name)
            if stream is None:
                stream = os.fdopen(
                    descriptor, "w", encoding="utf-8", errors="plain", closefd=False
                )
            elif hasattr(stream, "reconfigure"):  # a notebook's has not
                leave.callback(stream.reconfigure, errors=stream.errors)
                stream.reconfigure(errors="plain")
            setattr(sys, name, _Stream(stream, name))
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()


class _Stream:
    """A text stream that fails once at most, and quietly if it is stderr."""

    def __init__(self, stream: TextIO, name: str):
        self._stream = stream
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int | None:
        with self._once():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._once():
            self._stream.flush()

    @contextlib.contextmanager
    def _once(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # What is still held would be tried again at exit.
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())
            if self._name == "stdout":
                error.filename = self._name
                raise


def _restore(stdout: TextIO, stderr: TextIO) -> None:
    sys.stdout, sys.stderr = stdout, stderr


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # of text that is written
    lost = error.object[error.start : error.end]
    spelled = lost.translate(_PLAIN)
    if not spelled.isascii():
        spelled = spelled.encode("ascii", "backslashreplace").decode()
    return spelled, error.end
