"""What no program may do: unpickle, start a shell, or write outside of its folder.

Python tells its audit hooks of each such deed. What C++ code writes it does not tell:
folders beside the run's are compared before and after for that.
"""

import os
import pathlib
import sys
import tempfile
from collections.abc import Sequence

__all__ = ["watch"]

CODE = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "marshal.load")
STARTS = ("subprocess.Popen",)
OWN = "attributes.py"  # which looks at an HDF5 file
# Events whose first arguments are paths that are made, changed or removed.
PATHS = {
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.truncate"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), 2),
    **dict.fromkeys(("os.chmod", "os.chown", "os.utime", "shutil.rmtree"), 1),
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NOWHERE = ("/dev/", "/proc/self/clear_refs")
# Python's own compiler and TensorFlow's write what they have compiled.
COMPILED = ("__pycache__", "__autograph_generated_file", "lib/python")


def watch(record: pathlib.Path, inside: Sequence[pathlib.Path]) -> None:
    """Writes each deed to `record` as a line; writing inside of `inside` is none."""
    own = [str(path.resolve()) for path in inside]
    told = open(record, "a", encoding="utf-8")  # noqa: SIM115
    busy = []

    def is_own(path: object) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return True  # a descriptor that is open
        name = os.fsdecode(path)
        if not os.path.isabs(name) or name.startswith("/proc/self/fd/"):
            name = os.path.abspath(name)
            if name.startswith("/proc/self/fd/"):
                held, _, rest = name.removeprefix("/proc/self/fd/").partition("/")
                try:
                    place = os.readlink(f"/proc/self/fd/{held}")
                    name = os.path.join(place.removesuffix(" (deleted)"), rest)
                except OSError:
                    return True
        where = os.path.join(os.path.realpath(os.path.dirname(name)), "")
        return (
            any(os.path.join(where, "").startswith(f"{one}{os.sep}") for one in own)
            or name in own
            or name.startswith(NOWHERE)
            or name == tempfile.gettempdir()  # a file without a name
            or f"{name}{os.sep}".startswith(os.path.join(tempfile.gettempdir(), "tmp"))
            or any(word in name for word in COMPILED)
        )

    def hook(event: str, args: tuple) -> None:
        if busy:
            return
        deed = None
        busy.append(event)
        try:
            if event in CODE or (
                event in STARTS and "attributes.py" not in str(args[1])
            ):
                deed = f"{event} {args[:2]}"
            elif event in PATHS:
                for path in args[: PATHS[event]]:
                    # Relative to a descriptor is relative to a folder that is held.
                    relative = isinstance(path, str) and not os.path.isabs(path)
                    if not relative and not is_own(path):
                        deed = f"{event} {path}"
            elif event == "open":
                path, _, how = args
                if isinstance(how, int) and how & WRITES and not is_own(path):
                    relative = isinstance(path, str) and not os.path.isabs(path)
                    deed = None if relative else f"open for writing {path}"
            if deed is not None:
                print(deed, file=told, flush=True)
        finally:
            busy.clear()

    sys.addaudithook(hook)
