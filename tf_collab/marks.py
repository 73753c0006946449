"""Archives that say what they are: a flipped bit shows, and one in another's place."""

import errno
import os
import zipfile

from tf_collab import files

__all__ = ["is_whole", "mark"]


def mark(path: str | os.PathLike, name: str) -> None:
    """Writes into an archive, as its comment, of what it is: see `is_whole`."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = name.encode()


def is_whole(path: str | os.PathLike, name: str) -> bool:
    """Whether a file is an archive with no bit flipped, and not that of another name.

    Reads all of it. An archive without a mark, from an older version, may be of any
    name. Raises OSError if the system cannot read it.
    """
    try:
        files.regular(path)
        with zipfile.ZipFile(path) as archive:
            own = archive.comment in (b"", name.encode())
            return own and archive.testzip() is None
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno is None or error.errno == errno.EINVAL:  # a damaged offset
            return False
        raise
    except Exception:  # zipfile and zlib raise a dozen kinds
        return False
