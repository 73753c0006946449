"""Lines of text where they lie: in files, or as TensorFlow Datasets prepared them."""

import codecs
import collections
import glob
import io
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tf_collab import files
from tf_collab.data.images import asking, prepared, trees

__all__ = ["LM1B", "Source", "find", "no_text"]

LM1B = "lm1b"  # to TFDS
_CHARACTERS = 2**22  # bytes read at a time
# Where the benchmark's own archive has what is to be learned, beside what is not.
_TRAINING = "training-monolingual.tokenized.shuffled"
OFFICIAL = (
    _TRAINING,
    f"1-billion-word-language-modeling-benchmark-r13output/{_TRAINING}",
)


class Source(NamedTuple):
    """Lines in a fixed order; none is read yet."""

    most: int  # lines, if not fewer
    pieces: Iterable[tuple[pathlib.Path, str]]  # where from, and what comes next
    notes: tuple[str, ...] = ()  # what a user should hear of

    def blocks(
        self, length: int, most: int
    ) -> Iterator[tuple[pathlib.Path, list[str]]]:
        """Where from, and up to `most` lines that are not empty.

        Of a line `length` characters are there, or all, or more.
        """
        rest = ""
        for path, text in self.pieces:
            *lines, rest = (rest + text).split("\n")
            rest = rest[:length]  # all that counts of a line without an end
            lines = [line for line in lines if line]
            for start in range(0, len(lines), most):
                yield path, lines[start : start + most]


def find(data_dir: asking.Folder, download: bool) -> Source | None:
    """The files in `data_dir`, or that it matches as a pattern; else TFDS's lm1b.

    Files are read in order of their names, those in folders too, hidden ones left out.
    None where there is nothing and it may not be downloaded.
    """
    source = None if data_dir is None else _files(data_dir, download)
    return source or _prepared(data_dir, download)


def no_text(path: os.PathLike | str, why: str) -> ValueError:
    """An error for a source that is something else."""
    return files.Unsound(
        f"{str(path)!r} is not text, as {why}: give a folder or a pattern of UTF-8 "
        "files as data_dir"
    )


def _files(data_dir, download):
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
    elif download:  # which makes it
        return None
    else:
        raise ValueError(f"{str(path)!r} is not a folder")
    paths, left_out = _texts(given)
    # The shortest line is a character and its end.
    most = sum((p.stat().st_size + 1) // 2 for p in paths)
    notes = trees.summary(data_dir, left_out)
    return Source(most, _file_pieces(paths), notes) if paths else None


def _texts(given):
    """The files given and those in the folders given, each once, and what is not."""
    found: dict[str, pathlib.Path] = {}
    left_out = collections.Counter[str]()
    for path in sorted(given):
        inside = [path]
        if os.path.isdir(path):
            path = next(filter(os.path.isdir, (path / sub for sub in OFFICIAL)), path)
            inside, others = trees.walk(path, lambda name: True)
            left_out.update(others)
        for file in inside:
            if os.path.isfile(file):
                # A pattern with ** goes round loops of links.
                found.setdefault(os.path.realpath(file), file)
            else:
                left_out["special files"] += 1
    return sorted(found.values()), left_out


def _file_pieces(paths):
    for path in paths:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        ends = io.IncrementalNewlineDecoder(decoder, translate=True)
        with open(path, "rb") as file:
            while block := file.read(_CHARACTERS):
                yield path, _decoded(ends, path, block, file.tell())
        # The end of its last line, whether it has one or not.
        yield path, _decoded(ends, path, b"", os.path.getsize(path)) + "\n"


def _decoded(decoder, path, block, end):
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


def _at(path, place):
    """Where a byte is, in words; a line ends with LF, CR or both."""
    line, before, last = 1, place, b""
    with open(path, "rb") as file:
        while block := file.read(min(before, _CHARACTERS)):
            before -= len(block)
            line += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            line -= last == b"\r" and block[:1] == b"\n"
            last = block[-1:]
    return f"byte {place + 1} of the file, in line {line}"


def _prepared(data_dir, download):
    found = prepared.opened(LM1B, "train", data_dir, download)
    if found is None:
        return None
    root, dataset = found

    def pieces():
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
