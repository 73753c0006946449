"""Damaged files: valid ones, with a few edits of chance."""

import random
import re
from collections.abc import Callable, Sequence

from fuzzing import packing

__all__ = ["EDITS", "LONGEST", "damaged"]

LONGEST = 2**20  # bytes of a file

# What fields of files have been known to make of a reader.
MAGIC = [
    *(b"", b"\0", b"\xff", b"\0" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80\0\0\0"),
    *(b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\0\0\0\0\0\x80", b"\r\n", b"\n", b" "),
    *(b"[" * 3000, b'{"a":' * 3000, b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"1e999", b"NaN", b"-1", b"0", b"null", b"[]", b"{}", b'"', b"\\ud800", b"true"),
    *(b"9" * 20, b"9" * 5000, b"99999999999", b"../../x", b"/dev/zero", b"%s"),
    b"\x1b[",
]
NUMBER = re.compile(rb"-?\d+(\.\d+)?(e[+-]?\d+)?")
NEAR = 4096  # bytes within which a number is looked for
COUNTS = (1, 1, 1, 2, 2, 3, 4, 5, 6)  # edits: a file with few of them is read furthest
OWN = 3 / 4  # the share that begins as a file of the reader's own
WITHIN = 1 / 2  # the share of damage to what a container holds

Pool = Sequence[bytes]
Edit = Callable[[random.Random, bytes, int, int, Pool], bytes]


def damaged(rng: random.Random, own: Pool, others: Pool) -> bytes:
    """A file made of a reader's valid ones and of parts of other readers' files.

    What an archive or a packed file holds may be damaged too, and packed again with the
    checksums that it then has.
    """
    start = rng.choice(own if rng.random() < OWN else [*others, b""])
    if rng.random() < WITHIN and (parts := packing.opened(start)):
        names, contents = zip(*parts)
        changed = list(contents)
        at = rng.randrange(len(changed))
        changed[at] = _edited(rng, changed[at], contents)
        start = packing.closed(start, list(zip(names, changed)))
        if rng.random() < OWN:
            return start
    return _edited(rng, start, [*own, *others])


def _edited(rng: random.Random, content: bytes, pool: Pool) -> bytes:
    for _ in range(rng.choice(COUNTS)):
        size = len(content)
        at = int(rng.random() * (size + 1))
        # Short spans are the most telling, whole files the rarest.
        end = min(size, at + 1 + int(rng.random() ** 4 * size))
        content = rng.choice(EDITS)(rng, content, at, end, pool)[:LONGEST]
    return content


def flip(rng, content, at, end, pool):
    """One bit is another."""
    if at == len(content):
        return content
    return (
        content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
    )


def put(rng, content, at, end, pool):
    """A field has another value."""
    magic = rng.choice(MAGIC)
    return content[:at] + magic + content[at + max(1, len(magic)) :]


def insert(rng, content, at, end, pool):
    return content[:at] + rng.choice(MAGIC) + content[at:]


def number(rng, content, at, end, pool):
    """The next number, or what is left of it, is another."""
    if not (hit := NUMBER.search(content, at, at + NEAR)):
        return content
    return content[: hit.start()] + rng.choice(MAGIC) + content[hit.end() :]


def cut(rng, content, at, end, pool):
    return content[:at]


def head(rng, content, at, end, pool):
    """The beginning is missing."""
    return content[at:]


def drop(rng, content, at, end, pool):
    return content[:at] + content[end:]


def twice(rng, content, at, end, pool):
    return content[:at] + content[at:end] * rng.randrange(2, 5) + content[end:]


def splice(rng, content, at, end, pool):
    """A span comes from another file."""
    other = rng.choice(pool)
    start = int(rng.random() * len(other))
    return content[:at] + other[start : start + end - at] + content[end:]


EDITS: Sequence[Edit] = (flip, put, cut, head, drop, twice, insert, number, splice)
