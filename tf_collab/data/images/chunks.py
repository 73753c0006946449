"""PNG files without what is not their picture (PNG 3.0, section 5: chunks)."""

import struct
from typing import BinaryIO

__all__ = ["pictorial"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ASIDE = {b"tEXt", b"zTXt", b"iTXt", b"iCCP"}  # texts, and a profile that is not used
_EXIF = b"Raw profile type"  # a text that may tell which side is up


def pictorial(file: BinaryIO) -> bytes:
    """The file without its texts and its colour profile, EXIF apart.

    Pillow gives up on a sound picture with a compressed text of more than 1 MiB.
    """
    kept = [file.read(len(_SIGNATURE))]
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        body = file.read(length + 4)  # with its checksum
        if kind not in _ASIDE or body.startswith(_EXIF):
            kept += [head, body]
    return b"".join(kept)
