"""Damaged files: valid ones, with a few edits that hypothesis draws."""

import pathlib
import re
import tempfile
from collections.abc import Sequence

from hypothesis import configuration
from hypothesis import strategies as st

__all__ = ["damaged"]

# What it notes of the sources that it sees does not belong in a checkout.
configuration.set_hypothesis_home_dir(pathlib.Path(tempfile.gettempdir(), "hypothesis"))

# What fields of files have been known to make of a reader.
MAGIC = [
    *(b"", b"\0", b"\xff", b"\0" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x80\0\0\0"),
    *(b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\0\0\0\0\0\x80", b"\r\n", b"\n", b" "),
    *(b"[" * 3000, b'{"a":' * 3000, b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"1e999", b"NaN", b"-1", b"0", b"null", b"[]", b"{}", b'"', b"\\ud800", b"true"),
    *(
        b"9" * 20,
        b"9" * 5000,
        b"99999999999",
        b"../../x",
        b"/dev/zero",
        b"%s",
        b"\x1b[",
    ),
]
NUMBER = re.compile(rb"-?\d+(\.\d+)?(e[+-]?\d+)?")

KINDS = "flip set cut head drop twice insert number splice"
PLACE = st.floats(0, 1, exclude_max=True)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "flip",
                "set",
                "cut",
                "head",
                "drop",
                "twice",
                "insert",
                "number",
                "splice",
            ]
        ),
        PLACE,
        PLACE,
        st.integers(0, 2**16 - 1),
    ),
    min_size=1,
    max_size=6,
)


def damaged(own: Sequence[bytes], others: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Files made of a reader's valid ones and of parts of other readers' files."""
    starts = st.one_of(
        st.sampled_from(own),
        st.sampled_from(own),
        st.sampled_from(own),
        st.sampled_from([*others, b""]),
    )
    return st.builds(
        lambda start, edits: _edited(start, edits, [*own, *others]), starts, EDITS
    )


def _edited(content, edits, pool):
    for kind, place, size, value in edits:
        at = int(place * len(content))
        # Short spans are the most telling, whole files the rarest.
        end = min(len(content), at + 1 + int(size**4 * len(content)))
        magic = MAGIC[value % len(MAGIC)]
        before, span, after = content[:at], content[at:end], content[end:]
        if kind == "flip" and content:
            content = before + bytes([content[at] ^ 1 << value % 8]) + content[at + 1 :]
        elif kind == "set":
            content = before + magic + content[at + max(1, len(magic)) :]
        elif kind == "cut":
            content = before
        elif kind == "head":
            content = span + after
        elif kind == "drop":
            content = before + after
        elif kind == "twice":
            content = before + span * (2 + value % 3) + after
        elif kind == "insert":
            content = before + magic + content[at:]
        elif kind == "number":
            found = list(NUMBER.finditer(content, at, at + 4096))
            if found:
                hit = found[value % len(found)]
                content = content[: hit.start()] + magic + content[hit.end() :]
        elif kind == "splice":
            other = pool[value % len(pool)]
            start = int(size * len(other))
            content = before + other[start : start + len(span)] + after
        content = content[: 2**20]
    return content
