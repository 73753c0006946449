"""How far the n-grams of two texts differ: a Jensen-Shannon divergence in bits."""

import functools
from typing import NamedTuple

import numpy as np

from tf_collab import tensors

__all__ = ["NgramModel", "ngram_js"]

CHARACTERS = 2**16  # indices are below this
_CHUNK = 2**23  # n-grams counted at a time


class NgramModel(NamedTuple):
    """How often each n-gram occurs in lines; no n-gram goes across two lines.

    It takes 16 bytes for each different n-gram. While it is built it takes twice that,
    and at most half a GiB for a chunk, however many lines there are.
    """

    n: int
    keys: np.ndarray  # [different] uint64, hashes in increasing order
    counts: np.ndarray  # [different] int64

    @classmethod
    def of(cls, lines: np.ndarray, n: int) -> "NgramModel":
        """The model of `lines` [lines, length], indices below 2**16; padding counts.

        Raises ValueError if n is below 1 or above the length, or for other lines.
        """
        if n < 1:
            raise ValueError(f"An n-gram has at least 1 character, but n is {n}.")
        lines = np.asarray(lines)
        if lines.ndim != 2 or lines.dtype.kind not in "iu" or not len(lines):
            raise ValueError(
                "N-grams are counted in whole numbers [lines, length], "
                f"but got {lines.dtype} {list(lines.shape)}."
            )
        if lines.shape[1] < n:
            raise ValueError(
                f"Lines of {lines.shape[1]} characters have no {n}-grams: "
                "give longer lines or a smaller n."
            )
        rows = max(1, _CHUNK // (lines.shape[1] - n + 1))
        chunks = tensors.slices(len(lines), rows)
        parts = (cls._of_chunk(lines[chunk], n) for chunk in chunks)
        return functools.reduce(cls.merge, parts)

    @classmethod
    def _of_chunk(cls, lines: np.ndarray, n: int) -> "NgramModel":
        keys, counts = np.unique(_hashes(lines, n), return_counts=True)
        return cls(n, keys, counts)

    @property
    def total(self) -> int:
        """The number of n-grams, repeated ones included."""
        return int(self.counts.sum())

    def merge(self, other: "NgramModel") -> "NgramModel":
        """The model of the lines of both; raises ValueError if their n differ."""
        _check_alike(self, other)
        at = np.searchsorted(self.keys, other.keys)
        new = self.keys[np.minimum(at, len(self.keys) - 1)] != other.keys
        keys = np.insert(self.keys, at[new], other.keys[new])
        counts = np.insert(self.counts, at[new], 0)
        # An insertion moves all later keys up by one.
        counts[at + np.cumsum(new) - new] += other.counts
        return NgramModel(self.n, keys, counts)


def ngram_js(a: NgramModel, b: NgramModel) -> float:
    """Jensen-Shannon divergence between the n-grams of two texts, 0 to 1 bit.

    Both texts must have the same vocabulary, which is not checked. Few lines bias it
    upwards, so compare texts of equally many lines. Raises ValueError if the n differ.
    """
    _check_alike(a, b)
    in_a, in_b = _shared(a, b)
    p, q = a.counts[in_a] / a.total, b.counts[in_b] / b.total
    middle = (p + q) / 2
    # An n-gram of one text only adds its frequency, since log2(p / (p / 2)) is 1.
    alone = sum(1 - int(x.counts[i].sum()) / x.total for x, i in ((a, in_a), (b, in_b)))
    shared = (p * np.log2(p / middle)).sum() + (q * np.log2(q / middle)).sum()
    return max(float(shared + alone) / 2, 0.0)


def _hashes(lines: np.ndarray, n: int) -> np.ndarray:
    """A hash of each n-gram, uint64 [lines * (length - n + 1)]."""
    least, most = int(lines.min()), int(lines.max())
    if not 0 <= least <= most < CHARACTERS:
        raise ValueError(
            f"Indices must be 0 to {CHARACTERS - 1}, but are {least} to {most}."
        )
    count = lines.shape[1] - n + 1
    hashes = np.zeros([len(lines), count], np.uint64)
    for i, table in enumerate(_tables(n)):
        hashes += table[lines[:, i : i + count]]  # modulo 2**64
    return hashes.ravel()


@functools.cache
def _tables(n: int) -> np.ndarray:
    """A random number for each character at each place, uint64 [n, 2**16].

    Two different n-grams have the same sum with probability 2**-64, since they differ
    at a place whose two numbers are independent. Of d different n-grams, d**2 / 2**65
    pairs collide in the mean. For the 3 * 10**8 n-grams that 10 million lines of 32
    characters can have, that is one pair in 400 such texts.
    """
    return np.random.default_rng(0).integers(2**64, size=(n, CHARACTERS), dtype="u8")


def _shared(a: NgramModel, b: NgramModel) -> tuple[np.ndarray, np.ndarray]:
    """The places in a, and those in b, of the n-grams that both have."""
    if len(a.keys) > len(b.keys):
        return _shared(b, a)[::-1]
    at = np.minimum(np.searchsorted(b.keys, a.keys), len(b.keys) - 1)
    in_a = np.flatnonzero(b.keys[at] == a.keys)
    return in_a, at[in_a]


def _check_alike(a: NgramModel, b: NgramModel) -> None:
    if a.n != b.n:
        raise ValueError(
            f"Both models must count n-grams of one length, but got {a.n} and {b.n}."
        )
