"""One process to a folder."""

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator

from experiments import refusal

__all__ = ["NAME", "locked"]

NAME = "lock"


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
    """Holds `folder`, or is Refused with the process id of who does.

    The system frees the lock of a killed process; the file it leaves is no lock.
    """
    path = folder / NAME
    descriptor = _hold(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _hold(path: pathlib.Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed the file after we opened it.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace") or "another"
            os.close(descriptor)
            raise refusal.Refused(
                f"--workdir={str(path.parent)!r} is in use by process {holder}: "
                "wait for it, or take another --workdir"
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
