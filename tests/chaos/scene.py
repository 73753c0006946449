"""Where a fault happens: a run's folder, what it reads, and somebody's files beside."""

import contextlib
import os
import pathlib
import shutil
import signal

import numpy as np
from chaos.child import Child, Ended
from chaos.subjects import SUBJECTS, Subject

__all__ = ["Scene", "contents"]

TEXT = b"somebody's file, which no program may change\n"


class Scene:
    """A new folder `place` with all of it."""

    def __init__(
        self,
        subject: Subject,
        made: pathlib.Path,
        place: pathlib.Path,
        rng: np.random.Generator,
    ):
        self.subject, self.place, self.rng = subject, place, rng
        self.folder, self.inputs = place / "run", place / "inputs"
        self.theirs = place / "theirs"
        self.moment = ""  # at which the process is held
        self.before = b""  # what was in the file that a fault damaged
        self.seen: dict[str, bytes] = {}  # what was finished when the fault came
        self.damaged: set[str] = set()  # what the fault itself took
        self.shortened: set[str] = set()  # by lines that were to be removed
        self.child: Child | None = None
        self._commands = 0
        place.mkdir()
        subject.prepare(made, place)
        self.theirs.mkdir()
        (self.theirs / "file").write_bytes(TEXT)
        self._outside = self.outside()

    def start(
        self, hold: str = "", then: str = "", more: tuple = (), of: str = ""
    ) -> Child:
        """The command of the subject, or of another; of several the last is `child`."""
        self._commands += 1
        subject = SUBJECTS[of] if of else self.subject
        self.child = Child(
            subject.module,
            [*subject.argv(self.folder, self.inputs), *more],
            self.folder,
            self.place / f"output{self._commands}",
            hold=hold,
            then=then,
            also=subject.also,
            watched=subject.only_inside,
        )
        return self.child

    def child_killed(self) -> None:
        assert self.child is not None
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.ended()

    def command(self, *more: str, of: str = "") -> Ended:
        return self.start(more=more, of=of).ended()

    def kept(self) -> dict[str, bytes]:
        """What is finished: lines of tables, and files that a run never writes anew."""
        found = {}
        for table in self.subject.tables:
            if (self.folder / table).is_file():
                for line in (self.folder / table).read_bytes().splitlines():
                    found[f"{table}: {line[:4000]!r}"] = b""
        outcome = self.subject.outcome(self.folder)
        fixed = ("samples/", "figures/", "blocks/")
        return found | {n: c for n, c in outcome.items() if n.startswith(fixed)}

    def outside(self) -> dict[str, bytes]:
        """What lies beside the run's folder."""
        # Its own time tells of what came and went.
        when = str(self.theirs.stat().st_mtime_ns).encode()
        return contents(self.theirs) | contents(self.inputs) | {"theirs": when}

    def changed_outside(self) -> list[str]:
        """What is other than it was when the scene was set."""
        now = self.outside()
        return sorted(
            name
            for name in now.keys() | self._outside.keys()
            if now.get(name) != self._outside.get(name)
        )

    def told(self, text: str) -> str:
        """`text` without the names of this scene's folders, and with no numbers of
        processes."""
        return text.replace(str(self.place) + os.sep, "").replace(str(self.place), ".")

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            shutil.rmtree(self.place)


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """Each file below a folder, and where a link leads."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder.parent))
        if path.is_symlink():
            found[name] = os.readlink(path).encode()
        elif path.is_file():
            found[name] = path.read_bytes()
    return found
