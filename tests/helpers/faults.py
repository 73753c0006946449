"""A system of which one call fails: the first, the second, and so on."""

import contextlib
import errno
import io
import itertools
import os
from collections.abc import Callable, Iterator
from unittest import mock

CALLS = (
    *("open", "replace", "rename", "mkdir", "fsync", "unlink", "rmdir", "ftruncate"),
    *(
        "listdir",
        "scandir",
        "lstat",
        "stat",
        "fstat",
        "read",
        "pread",
        "write",
        "pwrite",
    ),
)
CODES = (errno.EIO, errno.EACCES, errno.ENOSPC, errno.ESTALE)


@contextlib.contextmanager
def failing(at: int) -> Iterator[list[str]]:
    """Inside, the call number `at` fails; yields the names of those made so far."""
    made: list[str] = []

    def watched(name, call):
        def one(*args, **kwargs):
            made.append(name)
            if len(made) == at:
                code = CODES[at % len(CODES)]
                raise OSError(code, os.strerror(code))
            return call(*args, **kwargs)

        return one

    with contextlib.ExitStack() as patched:
        for name in CALLS:
            patch = mock.patch.object(os, name, watched(name, getattr(os, name)))
            patched.enter_context(patch)
        files = mock.patch.object(io, "open", watched("io.open", io.open))
        patched.enter_context(files)
        yield made


def each(
    work: Callable[[], None], ends: type[Exception] | None = None
) -> Iterator[tuple[str, Exception | None]]:
    """Does `work` with the first call of the system failing, the second, ...

    Yields the call's name and what came of it, after each, until none is left to fail.
    `ends` is what `work` raises where none fails.
    """
    for at in itertools.count(1):
        error = None
        with failing(at) as made:
            try:
                work()
            except Exception as raised:
                error = raised
        if len(made) < at:
            assert (error and type(error)) is ends, error
            return
        yield made[at - 1], error
