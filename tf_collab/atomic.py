"""Files that are complete or absent, whenever the process is killed."""

import contextlib
import errno
import filecmp
import os
import pathlib
import re
import shutil
from collections.abc import Iterator

__all__ = ["PREFIX", "clear", "refuse_folder", "sync", "writing", "writing_folder"]

# A prefix, because savez and savefig look at the suffix.
PREFIX = ".writing-"


def refuse_folder(path: pathlib.Path) -> None:
    """Raises IsADirectoryError, with what to do, where a folder is in a file's way."""
    if path.is_dir() and not path.is_symlink():
        words = "a folder is in the way of that file: move it away"
        raise IsADirectoryError(errno.EISDIR, words, str(path))


@contextlib.contextmanager
def writing(path: os.PathLike | str, *, by: str = "") -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path`; at the end it is renamed to `path`.

    `by` is a part of the temporary file's name and keeps processes apart that write the
    same file. If the body fails, the temporary file is removed and an old file stays as
    it was. What a killed process left under that name, perhaps a link, is removed
    first. Raises OSError, naming `path`, if the file cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(PREFIX + by + path.name)
    try:
        refuse_folder(path)
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        # A full disk names no file, and the temporary name means nothing to a user.
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise


@contextlib.contextmanager
def writing_folder(path: os.PathLike | str, *, by: str = "") -> Iterator[pathlib.Path]:
    """As `writing`, of a folder of files, which takes the place of one that was there.

    The old one is renamed aside first, as a temporary folder. Of processes that write
    the same folder at once the last one wins; where all write the same files, what is
    there is the same whoever wins. One that is killed between the two names leaves
    the old one aside.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(PREFIX + by + path.name)
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        for file in temporary.iterdir():
            sync(file)
        sync(temporary)
        _take_place(temporary, path, path.with_name(PREFIX + by + "old-" + path.name))
        sync(path.parent)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk names no file
        raise


def _take_place(
    temporary: pathlib.Path, path: pathlib.Path, aside: pathlib.Path
) -> None:
    _remove(aside)
    while True:
        try:
            os.replace(temporary, path)
            return
        except (FileExistsError, NotADirectoryError):
            pass
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
        if _same(temporary, path):
            shutil.rmtree(temporary)
            return
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            os.replace(path, aside)
        _remove(aside)


def _same(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether two folders of files have the same files."""
    if other.is_symlink() or not other.is_dir():
        return False
    names = sorted(path.name for path in one.iterdir())
    try:
        if names != sorted(path.name for path in other.iterdir()):
            return False
        return not any(filecmp.cmpfiles(one, other, names, shallow=False)[1:])
    except FileNotFoundError:  # another process renamed it
        return False


def _remove(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear(folder: pathlib.Path, names: re.Pattern) -> None:
    """Removes the temporary files that a killed process left in `folder`.

    `names` matches the paths, relative to `folder`, of the files that were being
    written. Links are neither removed nor followed.
    """
    for where, _, files in os.walk(folder):
        for file in files:
            path = pathlib.Path(where, file)
            whole = path.with_name(file.removeprefix(PREFIX)).relative_to(folder)
            is_ours = file.startswith(PREFIX) and names.fullmatch(whole.as_posix())
            if is_ours and not path.is_symlink():
                path.unlink()


def sync(path: pathlib.Path) -> None:
    """Writes a file, or the names in a folder, through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
