"""Characters by index, which turn lines of text into numbers and back."""

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
_LARGEST = 2**20  # bytes, enough for 2**16 characters written as \ud83d\ude00


class Vocabulary(NamedTuple):
    """Characters (code points) by index; padding is a character like any other."""

    characters: str  # [size]; the first is `unk`, for all that the vocabulary lacks

    @classmethod
    def of(cls, counts: np.ndarray, size: int = 2048) -> "Vocabulary":
        """`unk` and the `size - 1` most frequent characters, ties by code point.

        `counts` [0x110000] are by code point; characters that never occur are left out.
        Raises ValueError unless size is 2 to 65 536.
        """
        check_size(size)
        present = np.flatnonzero(counts)
        present = present[present != ord(UNKNOWN)]
        order = np.argsort(-counts[present], kind="stable")[: size - 1]
        return cls(UNKNOWN + "".join(map(chr, present[order])))

    @classmethod
    def load(cls, path: os.PathLike | str) -> "Vocabulary":
        """The vocabulary in a file that `save` wrote.

        Raises ValueError if the file is not one, and OSError if it cannot be read.
        """
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
                raise ValueError("it must be a JSON object with a string 'characters'")
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
            characters.encode()  # fails for half a surrogate pair, which is not text
        return cls(characters)

    def save(self, path: os.PathLike | str) -> None:
        """Writes the vocabulary as JSON in ASCII."""
        with open(path, "w", encoding="utf8") as file:
            json.dump({"characters": self.characters}, file)
            file.write("\n")

    @property
    def size(self) -> int:
        """The number of characters, `unk` included."""
        return len(self.characters)

    def table(self) -> np.ndarray:
        """The index of each code point, uint16 [0x110000]; 0 for those it lacks."""
        indices = np.zeros(CODES, np.uint16)
        indices[code_points([self.characters], self.size)[0]] = range(self.size)
        return indices

    def encode(self, lines: Iterable[str], length: int = 32) -> np.ndarray:
        """Lines as indices uint16 [n, length], each cut or padded to `length`."""
        return self.table()[code_points(lines, length)]

    def decode(self, indices: np.ndarray) -> list[str]:
        """The lines of indices [n, length], without the padding at their ends.

        `unk` becomes U+FFFD. Raises ValueError unless the indices are whole numbers
        below `size`.
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
    """Raises ValueError unless a vocabulary can have this size, 2 to 65 536."""
    if not 2 <= size <= 2**16:
        raise ValueError(f"vocabulary_size must be 2 to {2**16}, but is {size}")


def code_points(lines: Iterable[str], length: int) -> np.ndarray:
    """Lines as code points uint32 [n, length], each cut or padded to `length`."""
    text = "".join([line[:length].ljust(length, PADDING) for line in lines])
    # Python's strings may hold half a surrogate pair, which is not text elsewhere.
    encoded = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, "<u4").reshape(-1, length)
