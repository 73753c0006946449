"""Characters by index: lines of text to numbers and back."""

import json
import os
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tf_collab import files

__all__ = ["CODES", "PADDING", "UNKNOWN", "Vocabulary", "check_size", "code_points"]

PADDING = "`"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
CODES = 0x110000  # Unicode's code points
_LARGEST = 2**20  # bytes of a file of 2**16 characters, \ud83d\ude00 each


class Vocabulary(NamedTuple):
    """Characters, that is code points, by index; padding is one like any other."""

    characters: str  # [size]; the first shows `unk`, what the vocabulary lacks

    @classmethod
    def of(cls, counts: np.ndarray, size: int = 2048) -> "Vocabulary":
        """The `size - 1` most frequent characters after `unk`; ties by code point.

        Counts are by code point, [0x110000]; characters that never occur are left out.
        """
        check_size(size)
        present = np.flatnonzero(counts)
        present = present[present != ord(UNKNOWN)]
        order = np.argsort(-counts[present], kind="stable")[: size - 1]
        return cls(UNKNOWN + "".join(map(chr, present[order])))

    @classmethod
    def load(cls, path: os.PathLike | str) -> "Vocabulary":
        """The vocabulary in a file that `save` wrote."""
        files.regular(path)
        if os.path.getsize(path) > _LARGEST:
            raise files.Unsound(
                f"{str(path)!r} is not a vocabulary: it has {os.path.getsize(path)} "
                f"bytes, more than {2**16} characters take"
            )
        with files.reading(path, "vocabulary"):
            with open(path, encoding="utf-8-sig") as file:
                content = json.load(file)
            if not isinstance(content, dict) or "characters" not in content:
                raise ValueError("it must be JSON with one text, characters")
            characters = content["characters"]
            if not isinstance(characters, str) or not characters.startswith(UNKNOWN):
                raise ValueError(
                    f"its characters must be a text that begins with {UNKNOWN}, which "
                    "stands for unk"
                )
            if not len(set(characters)) == len(characters) <= 2**16:
                raise ValueError(
                    f"its {len(characters)} characters must differ and be at most "
                    f"{2**16}"
                )
            characters.encode()  # halves of a pair are not text anywhere else
        return cls(characters)

    def save(self, path: os.PathLike | str) -> None:
        """Writes it as JSON in ASCII."""
        with open(path, "w", encoding="utf8") as file:
            json.dump({"characters": self.characters}, file)
            file.write("\n")

    @property
    def size(self) -> int:
        """Characters and `unk`."""
        return len(self.characters)

    def table(self) -> np.ndarray:
        """uint16 [0x110000], the index of each code point; 0 where it has none."""
        indices = np.zeros(CODES, np.uint16)
        indices[code_points([self.characters], self.size)[0]] = range(self.size)
        return indices

    def encode(self, lines: Iterable[str], length: int = 32) -> np.ndarray:
        """uint16 [n, length]; a line is cut to its first characters, or padded."""
        return self.table()[code_points(lines, length)]

    def decode(self, indices: np.ndarray) -> list[str]:
        """The lines of indices [n, length], without the padding at their ends.

        Encoding puts the padding back; `unk` is shown as U+FFFD.
        """
        indices = np.asarray(indices)
        if indices.ndim != 2 or indices.dtype.kind not in "iu":
            raise ValueError(
                "decoding needs whole numbers [n, length], but got "
                f"{indices.dtype} {list(indices.shape)}"
            )
        if indices.size and not 0 <= indices.min() <= indices.max() < self.size:
            raise ValueError(
                f"indices must be 0 to {self.size - 1}, as the vocabulary has "
                f"{self.size}, but are {indices.min()} to {indices.max()}"
            )
        points = code_points([self.characters], self.size)[0]
        return ["".join(map(chr, line)).rstrip(PADDING) for line in points[indices]]


def check_size(size: int) -> None:
    """ValueError for what no vocabulary can have."""
    if not 2 <= size <= 2**16:
        raise ValueError(f"vocabulary_size must be 2 to {2**16}, but is {size}")


def code_points(lines: Iterable[str], length: int) -> np.ndarray:
    """uint32 [n, length], lines as Unicode's numbers, cut or padded to a length."""
    text = "".join([line[:length].ljust(length, PADDING) for line in lines])
    # Python's own strings may hold halves of a pair, which are not text anywhere else.
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, "<u4").reshape(-1, length)
