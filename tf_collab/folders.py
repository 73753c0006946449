"""A folder held open: what is opened through it is in it, wherever it is moved."""

import contextlib
import os
import pathlib
import re
import weakref

from tf_collab import files

__all__ = ["Held", "is_plain", "links"]


class Held:
    """The folder at `named`, its links followed, by a descriptor until `close`.

    `path` leads there whatever becomes of the name. It has no character of a pattern
    either, for TensorFlow takes a checkpoint's path for one. Where the system cannot
    open a folder by its descriptor, `path` is the place itself, and a place that
    TensorFlow would take for a pattern raises Unsound.
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
                    "are not UTF-8, and TensorFlow opens no checkpoints there: take "
                    "another folder"
                )

    def in_place(self) -> bool:
        """Whether the folder's name leads to it still; OSError where to nothing."""
        there = os.stat(self._place)
        return os.path.samestat(there, os.fstat(self.descriptor))

    def as_named(self, text: str, *, path: bool = False) -> str:
        """`text` with the folder's name wherever it has `path`.

        In words it is as `repr` has it, in a `path` as it is.
        """
        named = str(self.named)
        named = named if path else repr(named)[1:-1]
        pattern = re.escape(str(self.path)) + r"(?![\w.-])"
        return re.sub(pattern, lambda found: named, text)

    def _leads_here(self, path):
        with contextlib.suppress(OSError):
            return os.path.samestat(os.stat(path), os.fstat(self.descriptor))
        return False


def is_plain(path: str | os.PathLike) -> bool:
    """Whether TensorFlow's checkpoint readers and writers take `path` as it is."""
    text = os.fsdecode(path)
    with contextlib.suppress(UnicodeEncodeError):
        text.encode()
        return not re.search(r"[][*?\\]", text)
    return False


def links(folder: pathlib.Path, name: str) -> list[pathlib.Path]:
    """The links that are on the way from `folder` to `folder/name`, that included."""
    parts = pathlib.PurePath(name).parts
    ways = (folder.joinpath(*parts[: n + 1]) for n in range(len(parts)))
    return [way for way in ways if os.path.islink(way)]
