"""A folder held open: paths through it lead into it even after it is moved."""

import contextlib
import os
import pathlib
import re
import weakref

from tf_collab import files

__all__ = ["Held", "is_plain", "links"]


class Held:
    """The folder at `named`, with links followed, held by a descriptor until `close`.

    `path` leads to the folder whatever becomes of its name. `path` has no character of
    a pattern either, because TensorFlow reads a checkpoint's path as a pattern. Where
    the system cannot open a folder by its descriptor, `path` is the folder's own path.
    Raises Unsound if TensorFlow would read that as a pattern, and OSError if the folder
    cannot be opened.
    """

    def __init__(self, named: str | os.PathLike):
        self.named = pathlib.Path(named)
        self._place = os.path.realpath(named)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        self.descriptor = os.open(self._place, flags)
        self.close = weakref.finalize(self, os.close, self.descriptor)
        self.path = pathlib.Path(f"/proc/self/fd/{self.descriptor}")
        if not self._leads_here(self.path):
            self.path = pathlib.Path(self._place)
            if not is_plain(self.path):
                self.close()
                raise files.Unsound(
                    f"{str(named)!r} has one of [ ] * ? \\ in its path, or bytes that "
                    "are not UTF-8, and TensorFlow cannot open checkpoints there: "
                    "choose another folder"
                )

    def in_place(self) -> bool:
        """Whether the folder's name still leads to it.

        Raises OSError if the name leads to nothing.
        """
        there = os.stat(self._place)
        return os.path.samestat(there, os.fstat(self.descriptor))

    def as_named(self, text: str, *, path: bool = False) -> str:
        """`text` with the folder's name in place of `self.path`.

        The name is written as `repr` would write it, or as it is where `path` says that
        the text is a path.
        """
        named = str(self.named)
        named = named if path else repr(named)[1:-1]
        pattern = re.escape(str(self.path)) + r"(?![\w.-])"
        return re.sub(pattern, lambda found: named, text)

    def _leads_here(self, path: pathlib.Path) -> bool:
        with contextlib.suppress(OSError):
            return os.path.samestat(os.stat(path), os.fstat(self.descriptor))
        return False


def is_plain(path: str | os.PathLike) -> bool:
    """Whether TensorFlow reads and writes checkpoints at exactly this path.

    It does not if the path has one of [ ] * ? \\ or is not UTF-8.
    """
    text = os.fsdecode(path)
    with contextlib.suppress(UnicodeEncodeError):
        text.encode()
        return not re.search(r"[][*?\\]", text)
    return False


def links(folder: pathlib.Path, name: str) -> list[pathlib.Path]:
    """The links on the way from `folder` to `folder/name`, the last part included."""
    parts = pathlib.PurePath(name).parts
    ways = (folder.joinpath(*parts[: n + 1]) for n in range(len(parts)))
    return [way for way in ways if os.path.islink(way)]
