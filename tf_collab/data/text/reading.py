"""Lines of text from files, or as TensorFlow Datasets (TFDS) prepared them."""

import codecs
import collections
import glob
import io
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tf_collab import files
from tf_collab.data.images import asking, prepared, trees

__all__ = ["LM1B", "Source", "find", "no_text"]

LM1B = "lm1b"  # the name that TFDS gives to the benchmark
_CHARACTERS = 2**22  # bytes read at a time
# The training texts in the benchmark's own archive, which has held-out texts as well.
_TRAINING = "training-monolingual.tokenized.shuffled"
OFFICIAL = (
    _TRAINING,
    f"1-billion-word-language-modeling-benchmark-r13output/{_TRAINING}",
)


class Source(NamedTuple):
    """Lines in a fixed order, not read yet."""

    most: int  # the number of lines is at most this
    pieces: Iterable[tuple[pathlib.Path, str]]  # (a file or folder, its next text)
    notes: tuple[str, ...] = ()  # sentences for the user

    def blocks(
        self, length: int, most: int
    ) -> Iterator[tuple[pathlib.Path, list[str]]]:
        """Yields a path, and up to `most` lines of it that are not empty.

        Each line has at least its first `length` characters.
        """
        rest = ""
        for path, text in self.pieces:
            *lines, rest = (rest + text).split("\n")
            rest = rest[:length]  # enough of a line whose end has not come yet
            lines = [line for line in lines if line]
            for start in range(0, len(lines), most):
                yield path, lines[start : start + most]


def find(data_dir: asking.Folder, download: bool) -> Source | None:
    """The files in `data_dir`, or those that match it as a pattern; else TFDS's lm1b.

    Files are read in order of their names, including those in folders, but not hidden
    ones. None if nothing is there and nothing may be downloaded. Raises ValueError if
    `data_dir` is neither a folder, a file nor a pattern that matches.
    """
    source = None if data_dir is None else _files(data_dir, download)
    return source or _prepared(data_dir, download)


def no_text(path: os.PathLike | str, why: str) -> ValueError:
    """An Unsound error for a file that is not text, because of `why`."""
    return files.Unsound(
        f"{str(path)!r} is not text, as {why}: give a folder or a pattern of UTF-8 "
        "files as data_dir"
    )


def _files(data_dir: os.PathLike | str, download: bool) -> Source | None:
    path = pathlib.Path(os.path.expanduser(data_dir))
    if os.path.isdir(path):
        if prepared.place(LM1B, path):
            return None
        given = [path]
    elif os.path.lexists(path):
        files.regular(path)
        given = [path]
    elif glob.has_magic(str(path)):
        given = [pathlib.Path(p) for p in glob.glob(str(path), recursive=True)]
        if not given:
            raise ValueError(f"no file matches {str(path)!r}")
    elif download:  # which makes the folder
        return None
    else:
        raise ValueError(f"{str(path)!r} is not a folder")
    paths, left_out = _texts(given)
    # The shortest line is one character and its end.
    most = sum((p.stat().st_size + 1) // 2 for p in paths)
    notes = trees.summary(data_dir, left_out)
    return Source(most, _file_pieces(paths), notes) if paths else None


def _texts(
    given: Iterable[pathlib.Path],
) -> tuple[list[pathlib.Path], Mapping[str, int]]:
    """The given files and those in given folders, each once, and what was left out."""
    texts: dict[str, pathlib.Path] = {}
    left_out = collections.Counter[str]()
    for path in sorted(given):
        inside = [path]
        if os.path.isdir(path):
            path = next(filter(os.path.isdir, (path / sub for sub in OFFICIAL)), path)
            inside, others = trees.walk(path, lambda name: True)
            left_out.update(others)
        for file in inside:
            if os.path.isfile(file):
                # By real path, since a pattern with ** follows loops of links.
                texts.setdefault(os.path.realpath(file), file)
            else:
                left_out["special files"] += 1
    return sorted(texts.values()), left_out


def _file_pieces(paths: Iterable[pathlib.Path]) -> Iterator[tuple[pathlib.Path, str]]:
    for path in paths:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        ends = io.IncrementalNewlineDecoder(decoder, translate=True)
        with open(path, "rb") as file:
            while block := file.read(_CHARACTERS):
                yield path, _decoded(ends, path, block, file.tell())
        # Ends the last line of the file, whether the file does or not.
        yield path, _decoded(ends, path, b"", os.path.getsize(path)) + "\n"


def _decoded(
    decoder: io.IncrementalNewlineDecoder, path: pathlib.Path, block: bytes, end: int
) -> str:
    try:
        text = decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        place = end - len(error.object) + error.start
        byte = f"0x{error.object[error.start]:02x}"
        raise no_text(path, f"it is not UTF-8: {byte} is {_at(path, place)}") from error
    if "\0" in text:
        place = end - len(block) + block.index(b"\0")
        raise no_text(path, f"it has NUL bytes: the first is {_at(path, place)}")
    return text


def _at(path: pathlib.Path, place: int) -> str:
    """The place of a byte in words; a line ends with LF, CR or both."""
    line, before, last = 1, place, b""
    with open(path, "rb") as file:
        while block := file.read(min(before, _CHARACTERS)):
            before -= len(block)
            line += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            line -= last == b"\r" and block[:1] == b"\n"
            last = block[-1:]
    return f"byte {place + 1} of the file, in line {line}"


def _prepared(data_dir: asking.Folder, download: bool) -> Source | None:
    found = prepared.opened(LM1B, "train", data_dir, download)
    if found is None:
        return None
    root, dataset = found

    def pieces() -> Iterator[tuple[pathlib.Path, str]]:
        batches = dataset.map(lambda record: record["text"]).batch(1024)
        for texts in prepared.records(root, batches):
            try:
                text = b"\n".join([*texts, b""]).decode()
            except UnicodeDecodeError as error:
                raise no_text(root, "it is not UTF-8") from error
            if "\0" in text:
                raise no_text(root, "it has NUL bytes")
            yield root, text

    return Source(int(dataset.cardinality()), pieces())
