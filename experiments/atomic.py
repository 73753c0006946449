"""Files that are there whole or not at all, whenever the process is killed."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

__all__ = ["PREFIX", "clear", "writing"]

# A prefix, because savez and savefig go by the suffix.
PREFIX = ".writing-"


@contextlib.contextmanager
def writing(path: os.PathLike | str) -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path`; it takes `path`'s name at the end.

    Where the body fails, the temporary goes and an old file stays as it was.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(PREFIX + path.name)
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        # A full disk names no file, and the temporary's name means nothing.
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise


def clear(folder: pathlib.Path) -> None:
    """Removes the temporaries that a killed process left anywhere in `folder`."""
    for temporary in folder.rglob(PREFIX + "*"):
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink()


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
