"""Files that are there whole or not at all, whenever the process is killed."""

import contextlib
import os
import pathlib
import re
from collections.abc import Iterator

__all__ = ["PREFIX", "clear", "sync", "writing"]

# A prefix, because savez and savefig go by the suffix.
PREFIX = ".writing-"


@contextlib.contextmanager
def writing(path: os.PathLike | str, *, by: str = "") -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path`; it takes `path`'s name at the end.

    The temporary's name has `by` in it, which keeps processes that write the same file
    apart. Where the body fails, the temporary goes and an old file stays as it was.
    What a killed process left under the temporary's name goes first: it may be a link.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(PREFIX + by + path.name)
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        # A full disk names no file, and the temporary's name means nothing.
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise


def clear(folder: pathlib.Path, names: re.Pattern) -> None:
    """Removes the temporaries of files that a killed process was writing in `folder`.

    They are those whose file's path from `folder` matches `names`. Links are left, and
    none is followed.
    """
    for where, _, files in os.walk(folder):
        for file in files:
            path = pathlib.Path(where, file)
            whole = path.with_name(file.removeprefix(PREFIX)).relative_to(folder)
            ours = file.startswith(PREFIX) and names.fullmatch(whole.as_posix())
            if ours and not path.is_symlink():
                path.unlink()


def sync(path: pathlib.Path) -> None:
    """Brings a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
