"""PNG files without texts and colour profiles (PNG 3.0, section 5: chunks)."""

import struct
from typing import BinaryIO

__all__ = ["pictorial"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ASIDE = {b"tEXt", b"zTXt", b"iTXt", b"iCCP"}  # texts, and an unused colour profile
_EXIF = b"Raw profile type"  # a text that may say which side is up


def pictorial(file: BinaryIO) -> bytes:
    """The bytes of a PNG file without its texts and its colour profile, but with EXIF.

    Pillow refuses a sound image that has a compressed text of more than 1 MiB.
    """
    kept = [file.read(len(_SIGNATURE))]
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        body = file.read(length + 4)  # with its checksum
        if kind not in _ASIDE or body.startswith(_EXIF):
            kept += [head, body]
    return b"".join(kept)
