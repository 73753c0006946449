"""One process to a folder."""

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator

from experiments.cli import errors
from tf_collab import folders

__all__ = ["NAME", "locked"]

NAME = "lock"
_WORDS = "held by process {} of tf_collab\n"
# What tells a lock of ours from a user's file of that name. A process that was killed,
# or whose disk lost power, may have left it empty.
_OURS = re.compile(rb"(?:held by process (\d+) of tf_collab\n)?")
# Of versions before. Other programs' are like it: only a run's folder has such of ours.
_OLDER = re.compile(rb"(\d{1,10})")


@contextlib.contextmanager
def locked(folder: folders.Held) -> Iterator[None]:
    """Holds `folder`, or is Refused with the process id of who does.

    The system frees the lock of a killed process; the file it leaves is not a lock. A
    link, or a file that is not such a lock, is Refused and left as it is.
    """
    descriptor, was_empty = _hold(folder)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _WORDS.format(os.getpid()).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            if was_empty:  # and may be anybody's
                os.ftruncate(descriptor, 0)
            elif _is_there(folder, descriptor):
                os.unlink(NAME, dir_fd=folder.descriptor)
        os.close(descriptor)


def _hold(folder: folders.Held) -> tuple[int, bool]:
    """A descriptor of the lock, held, and whether somebody left it there empty."""
    while True:
        descriptor, new = _open(folder)
        holder = b""
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _not_ours(folder)
            content = os.pread(descriptor, 100, 0)
            words = _OURS.fullmatch(content)
            if words is None and _is_begun(folder):
                words = _OLDER.fullmatch(content)
            if words is None:
                raise _not_ours(folder)
            holder = words[1] or b""
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed the file after we opened it.
            if _is_there(folder, descriptor):
                return descriptor, not new and not words[0]
        except BlockingIOError:
            os.close(descriptor)
            process = holder.decode() or "another"
            raise errors.Refused(
                f"--workdir={str(folder.named)!r} is in use by process {process}: "
                "wait for it, or take another --workdir"
            ) from None
        except BaseException:
            os.close(descriptor)
            if new:  # where the disk knows no locks, say
                with contextlib.suppress(OSError):
                    os.unlink(NAME, dir_fd=folder.descriptor)
            raise
        os.close(descriptor)


def _open(folder: folders.Held) -> tuple[int, bool]:
    """A descriptor of the lock, and whether it is new."""
    # A named pipe would wait for its writer.
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK
    while True:
        try:
            create = flags | os.O_CREAT | os.O_EXCL
            return os.open(NAME, create, 0o666, dir_fd=folder.descriptor), True
        except FileExistsError:
            pass
        try:
            return os.open(NAME, flags, dir_fd=folder.descriptor), False
        except FileNotFoundError:  # removed in between
            continue
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                raise _not_ours(folder) from None
            raise


def _is_begun(folder: folders.Held) -> bool:
    try:
        record = os.stat("config.json", dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(record.st_mode)


def _is_there(folder: folders.Held, descriptor: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        there = os.stat(NAME, dir_fd=folder.descriptor, follow_symlinks=False)
        return os.path.samestat(there, os.fstat(descriptor))
    return False


def _not_ours(folder: folders.Held) -> errors.Refused:
    return errors.Refused(
        f"{str(folder.named / NAME)!r} is not a lock that a run left: "
        "move it away if nothing uses it, or take another --workdir"
    )
