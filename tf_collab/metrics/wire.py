"""Counts the fields of Protocol Buffers before they are parsed.

Two bytes of a file may become a hundred in memory.
"""

from typing import Any

__all__ = ["check_fields"]

VARINT, EIGHT, SIZED, FOUR = 0, 1, 2, 5  # how a field is stored


def check_fields(content: bytes, descriptor: Any, most: int) -> None:
    """Raises ValueError if a message and those in it have more than `most` fields.

    `descriptor` is the type of the message, its `DESCRIPTOR`. A message that is cut
    short raises IndexError here, or an error of the parser later.
    """
    pending = [(memoryview(content), descriptor)]
    while pending:
        part, kind = pending.pop()
        at = 0
        while at < len(part):
            most -= 1
            if most < 0:
                raise ValueError("it has more fields than any net")
            tag, at = _varint(part, at)
            stored = tag & 7
            if stored == VARINT:
                _, at = _varint(part, at)
            elif stored in (EIGHT, FOUR):
                at += 8 if stored == EIGHT else 4
            elif stored == SIZED:
                size, at = _varint(part, at)
                field = kind.fields_by_number.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    pending.append((part[at : at + size], field.message_type))
                at += size
            else:
                raise ValueError("it has fields of an unknown kind")


def _varint(part: memoryview, at: int) -> tuple[int, int]:
    """The number at a place, stored in seven bits a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = part[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80 or shift > 63:
            return value, at
        shift += 7
