"""Lines of text where they lie: in files, or as TensorFlow Datasets prepared them."""

import glob
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tf_collab.data import asking, prepared

__all__ = ["LM1B", "Source", "find", "no_text"]

LM1B = "lm1b"  # to TFDS
_CHARACTERS = 2**22  # read at a time


class Source(NamedTuple):
    """Lines in a fixed order; none is read yet."""

    most: int  # lines, if not fewer
    pieces: Iterable[tuple[pathlib.Path, str]]  # where from, and what comes next

    def blocks(self, length: int) -> Iterator[tuple[pathlib.Path, list[str]]]:
        """Where from, and some lines that are not empty, of `length` or more."""
        rest = ""
        for path, text in self.pieces:
            if "\0" in text:
                raise no_text(path, "it has NUL bytes")
            *lines, rest = (rest + text).split("\n")
            rest = rest[:length]  # all that counts of a line without an end
            if lines := [line for line in lines if line]:
                yield path, lines


def find(data_dir: asking.Folder, download: bool) -> Source | None:
    """The files in `data_dir`, or that it matches as a pattern; else TFDS's lm1b.

    Files are read in order of their names, hidden ones left out. None where there is
    nothing and it may not be downloaded.
    """
    source = None if data_dir is None else _files(data_dir, download)
    return source or _prepared(data_dir, download)


def no_text(path: pathlib.Path, why: str) -> ValueError:
    """An error for a source that is something else."""
    return ValueError(
        f"{path} is no text, as {why}: give a folder or a pattern of UTF-8 files as "
        "data_dir"
    )


def _files(data_dir, download):
    path = pathlib.Path(data_dir).expanduser()
    if path.is_dir():
        if (path / LM1B).is_dir():
            return None
        paths = [p for p in path.iterdir() if not p.name.startswith(".")]
    elif path.is_file():
        paths = [path]
    elif glob.has_magic(str(path)):
        paths = [pathlib.Path(p) for p in glob.glob(str(path), recursive=True)]
        if not any(p.is_file() for p in paths):
            raise ValueError(f"no file matches {str(path)!r}")
    elif download:  # which makes it
        return None
    else:
        raise ValueError(f"{str(path)!r} is no folder")
    paths = sorted(p for p in paths if p.is_file())
    # The shortest line is a character and its end.
    most = sum((p.stat().st_size + 1) // 2 for p in paths)
    return Source(most, _file_pieces(paths)) if paths else None


def _file_pieces(paths):
    for path in paths:
        try:
            with open(path, encoding="utf-8-sig") as file:
                while text := file.read(_CHARACTERS):
                    yield path, text
        except UnicodeDecodeError as error:
            raise no_text(path, "it is not UTF-8") from error
        yield path, "\n"  # the end of its last line, whether it has one or not


def _prepared(data_dir, download):
    found = prepared.opened(LM1B, "train", data_dir, download)
    if found is None:
        return None
    root, dataset = found

    def pieces():
        batches = dataset.map(lambda record: record["text"]).batch(1024)
        for texts in prepared.records(root, batches):
            try:
                yield root, b"\n".join([*texts, b""]).decode()
            except UnicodeDecodeError as error:
                raise no_text(root, "it is not UTF-8") from error

    return Source(int(dataset.cardinality()), pieces())
