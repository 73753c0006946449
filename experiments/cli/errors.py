"""What a program says, in one sentence, when it will not go on."""

import contextlib
import errno
import os
import re
import signal
from collections.abc import Iterator, Sequence

from tf_collab import files

__all__ = ["Refused", "blaming", "last_words", "some"]

_FILE_TROUBLE = (
    *(errno.ENOSPC, errno.EFBIG, errno.EDQUOT),
    *(errno.ENOENT, errno.EACCES, errno.EROFS, errno.EIO),
)


MANY = 20  # things that a sentence names

NO_MEMORY = (
    "There is not enough memory: what was saved is kept, and the same command goes on "
    "where there is more; a smaller --batch_size or fewer samples need less."
)


_UNMAPPED = ("failed to map segment", os.strerror(errno.ENOMEM))


class Refused(files.Told, Exception):
    """Bad input, told in one sentence: what was given and what is allowed."""


@contextlib.contextmanager
def blaming(
    given: str = "", *kinds: type[Exception], advice: str = ""
) -> Iterator[None]:
    """What is wrong inside is Refused, as the fault of a flag: `given` is its text.

    That is a ValueError, or one of the `kinds`. Without `given` it names what it is
    about itself. `advice` follows what it says.
    """
    caught: tuple[type[Exception], ...] = (ValueError, *kinds)
    try:
        yield
    except caught as error:
        raise Refused(": ".join(filter(None, [given, f"{error}{advice}"]))) from None


def some(names: Sequence[str]) -> str:
    """The names as far as a sentence has room for them, and how many others."""
    more = f" and {len(names) - MANY} others" * (len(names) > MANY)
    return ", ".join(names[:MANY]) + more


def last_words(error: BaseException) -> tuple[str, int] | None:
    """One line about `error` and the exit status, or None for a bug.

    A bug deserves its traceback; bad input, a broken disk, a diverged loss and
    Ctrl-C do not.
    """
    if isinstance(error, KeyboardInterrupt):
        number = error.args[0] if error.args else signal.SIGINT
        words = "Interrupted: what is done is saved, the same command goes on."
        return words, 128 + number
    if isinstance(error, (Refused, files.Unsound)):
        return _one_line(str(error)), 2
    if isinstance(error, FloatingPointError):
        return _one_line(str(error)), 1
    if isinstance(error, OSError):
        return _about_file(error), 2
    if _is_memory(error):
        return NO_MEMORY, 2
    # TensorFlow wraps what the system said: only the text tells a full disk.
    if type(error).__module__.startswith("tensorflow") and any(
        os.strerror(code) in str(error) for code in _FILE_TROUBLE
    ):
        words = re.sub(r"\{\{.*?\}\}|\[Op:.*?\]", "", str(error))
        # For an error of Python inside a graph, its message without the traceback.
        inside = re.search(r"^(?:\w+: )?\w*Error: (\[Errno.*?)$", words, re.MULTILINE)
        words = inside[1] if inside else words
        return f"A file failed: {_one_line(words)}.", 2
    return None


def _is_memory(error: BaseException) -> bool:
    # TensorFlow's own has another name, and a page of words; what is first imported
    # where memory is short is an ImportError, and a thread a RuntimeError.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"MemoryError", "ResourceExhaustedError"}:
        return True
    if "RuntimeError" in kinds and "can't start new thread" in str(error):
        return True
    return "ImportError" in kinds and any(words in str(error) for words in _UNMAPPED)


def _about_file(error: OSError) -> str:
    # One raised by Python code has no errno, and words of its own.
    own_words = _one_line(" ".join(str(part) for part in error.args))
    why = error.strerror or own_words or type(error).__name__
    if error.filename is None:
        return f"A file failed: {why}." if error.strerror else why
    return f"{os.fspath(error.filename)!r} failed: {why}."


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines()).strip()
