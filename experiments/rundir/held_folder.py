"""A folder that is held open, so that what a run opens lies in that very folder."""

import contextlib
import errno
import os
import pathlib
import stat
from collections.abc import Iterator
from typing import Any, Self

from experiments.cli import errors
from tf_collab import files, folders

__all__ = ["HeldFolder"]


class HeldFolder:
    """Holds `workdir` for the length of a `with` block; it is made if need be.

    A folder that is still empty at the end goes again.
    """

    path: pathlib.Path  # under which the system opens it, wherever it is moved

    def __init__(self, workdir: os.PathLike | str):
        self.workdir = pathlib.Path(workdir)

    def __enter__(self) -> Self:
        with self.blamed(), contextlib.ExitStack() as leave:
            if os.path.lexists(self.workdir) and not self.workdir.is_dir():
                raise errors.Refused(f"--workdir={str(self.workdir)!r} is not a folder")
            made = _make(self.workdir)
            leave.callback(_remove_empty, made)
            self.held = folders.Held(self.workdir)
            self.path = self.held.path
            leave.callback(self._let_go, made)
            leave.push(self._name_as_given)
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave.__exit__(*error)

    def as_named(self, text: str) -> str:
        """`text` with the folder's files called as the user calls them."""
        return self.held.as_named(text)

    def at(self, name: str) -> pathlib.Path:
        """Where to open `name`, such as 'samples/a.npz': in the folder that is held.

        A link on the way, or at its end, is Refused: it leads to somebody's files. So
        is what would hang, such as a named pipe.
        """
        self.stay()
        for link in folders.links(self.path, name):
            named = self.held.as_named(str(link), path=True)
            raise errors.Refused(
                f"{named!r} is a link, and a run opens "
                "nothing through links in its folder: put the file or folder itself "
                "there, or take another --workdir"
            )
        path = self.held.path / name
        with contextlib.suppress(FileNotFoundError):
            kind = os.lstat(path).st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                raise errors.Refused(f"{str(path)!r} is neither a file nor a folder")
        return path

    def stay(self) -> None:
        """Ends a run whose folder was moved, removed or replaced."""
        given = str(self.workdir)
        try:
            if self.held.in_place():
                return
        except FileNotFoundError:
            why = "it was moved or removed, so the run ends"
            raise FileNotFoundError(errno.ENOENT, why, given) from None
        raise errors.Refused(
            f"{given!r} is another folder now, and the run's own was moved or removed: "
            "the run ends, and nothing was written into the other"
        )

    def _name_as_given(self, kind: Any, error: Any, traceback: Any) -> None:
        """An error's words name the run's files as the user does."""
        if error is None:
            return
        named = self.held.as_named
        error.args = tuple(
            named(arg) if type(arg) is str else arg for arg in error.args
        )
        # The system's words are not in args, nor are TensorFlow's.
        for place in ("filename", "filename2", "_message"):
            if type(words := getattr(error, place, None)) is str:
                setattr(error, place, named(words, path=place != "_message"))

    def _let_go(self, made: list[pathlib.Path]) -> None:
        with contextlib.suppress(OSError):
            if not self.held.in_place():
                made.clear()  # another run's now
        self.held.close()

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """What the system refuses inside is the fault of --workdir."""
        try:
            yield
        except files.Unsound as error:
            raise errors.Refused(f"--workdir: {error}") from None
        except OSError as error:
            raise errors.Refused(
                f"--workdir={str(self.workdir)!r} cannot be used: {error.strerror}"
            ) from None


def _make(folder: pathlib.Path) -> list[pathlib.Path]:
    """Makes `folder`; returns those of its parents and itself that were new."""
    new = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        _remove_empty(new)
        raise
    except ValueError as error:  # a NUL
        raise errors.Refused(
            f"--workdir={str(folder)!r} is not a path: {error}"
        ) from None
    return new


def _remove_empty(folders: list[pathlib.Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
