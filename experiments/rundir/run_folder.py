"""The folder of a run: its flags, its lock, its files."""

import contextlib
import errno
import importlib.metadata
import json
import os
import pathlib
import re
import stat
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from experiments.cli import errors, fields, flag_types
from experiments.rundir import jsonl, locks, progress
from tf_collab import atomic, files, folders

__all__ = ["Refused", "Run"]

Refused = errors.Refused

# The files that runs write whole or not at all.
WRITTEN = re.compile(
    r"config\.json|\w+\.jsonl|vocabulary\.json|(table|layers-g\d+)\.md"
    r"|classifier/classifier\.(json|keras)|models/[\w-]+\.keras"
    r"|samples/[\w-]+\.(npz|txt)|figures/(field/\d+\.png|[\w-]+\.(png|gif|json))"
)


class Run:
    """Holds a run folder for the length of a `with` block.

    Entering checks and locks the folder but leaves nothing in it: the first file
    comes with the first `begin`, `log` or `writing`. So ask `check` of every phase
    before, and a refused command leaves no trace. Nothing is ever deleted.

    The folder is held open: all of a run's files are opened through `at`, so that they
    are in that very folder, and a run whose folder was moved, removed or replaced ends
    with a sentence.
    """

    results: jsonl.Table  # what seed and flags determine
    timings: jsonl.Table  # what they do not

    def __init__(
        self,
        workdir: os.PathLike | str,
        config: Any,
        *,
        experiment: str,
        resume: bool = True,
    ):
        self.workdir = pathlib.Path(workdir)
        self._resume = resume
        self._there = False  # config.json
        self._saved = False  # the flags of this command, in it
        self._record: dict[str, Any] = {
            "experiment": experiment,
            "version": _version(),
            "flags": fields.recorded(config),
            "phases": {},
        }

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as leave, self._blaming_workdir():
            if os.path.lexists(self.workdir) and not self.workdir.is_dir():
                raise Refused(f"--workdir={str(self.workdir)!r} is not a folder")
            made = _make(self.workdir)
            leave.callback(_remove_empty, made)
            self._folder = folders.Held(self.workdir)
            leave.callback(self._let_go, made)
            leave.push(self._name_as_given)
            self._phases_on_disk()  # before the lock, which would leave a file there
            leave.enter_context(locks.locked(self._folder))
            self._record["phases"] = self._phases_on_disk()
            self.results = jsonl.Table(self.at("results.jsonl"))
            self.timings = jsonl.Table(self.at("timings.jsonl"))
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave.__exit__(*error)

    @property
    def phases(self) -> dict[str, dict[str, Any]]:
        """The phases begun so far, each with the flags that it recorded."""
        return self._record["phases"]

    def timed(self, seconds: float, *, measured: Any = (), **key: Any) -> None:
        """A line of timings, `measured` being what else such a line tells."""
        flags = self._record["flags"]
        whose = {name: flags[name] for name in ("dataset", "seed") if name in flags}
        line = {"experiment": self._record["experiment"], **whose, **key}
        line |= {"seconds": round(seconds, 3), **dict(measured)}
        self.timings.append(line, key=tuple(key))

    def check(
        self,
        phase: str,
        depends: dict[str, Any],
        given: Mapping[str, str] | None = None,
    ) -> None:
        """Refuses flags other than those with which `phase` was begun, if it was.

        `given` tells under which name a flag was given, where that was another.
        """
        recorded = self.phases.get(phase, {})
        for name, new in _as_json(depends).items():
            old = recorded.get(name, new)
            if old != new:
                flag = (given or {}).get(name, name)
                begun = f"{phase} in {str(self.workdir)!r} was begun with"
                if fields.DIGEST in f"{old} {new}":
                    told = f"--{flag} is another file than {begun}"
                else:
                    old, new = flag_types.spell(old), flag_types.spell(new)
                    told = f"--{flag}={new}, but {begun} --{flag}={old}"
                raise Refused(f"{told}: give that, or another --workdir")

    def begin(self, phase: str, depends: dict[str, Any]) -> None:
        """Checks `phase`, and records the flags that it depends on.

        What may change on resuming (a longer --niters) does not belong in `depends`.
        """
        self.check(phase, depends)
        begun = {**self.phases.get(phase, {}), **_as_json(depends)}
        if not self._saved or begun != self.phases.get(phase):
            self.phases[phase] = begun
            self._save()

    def at(self, name: str) -> pathlib.Path:
        """Where to open `name`, such as 'samples/a.npz': in the folder that is held.

        A link on the way, or at its end, is Refused: it leads to somebody's files. So
        is what would hang, such as a named pipe.
        """
        self.stay()
        for link in folders.links(self._folder.path, name):
            named = self._folder.as_named(str(link), path=True)
            raise Refused(
                f"{named!r} is a link, and a run opens "
                "nothing through links in its folder: put the file or folder itself "
                "there, or take another --workdir"
            )
        path = self._folder.path / name
        with contextlib.suppress(FileNotFoundError):
            kind = os.lstat(path).st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                raise Refused(f"{str(path)!r} is neither a file nor a folder")
        return path

    def stay(self) -> None:
        """Ends a run whose folder was moved, removed or replaced."""
        given = str(self.workdir)
        try:
            if self._folder.in_place():
                return
        except FileNotFoundError:
            why = "it was moved or removed, so the run ends"
            raise FileNotFoundError(errno.ENOENT, why, given) from None
        raise Refused(
            f"{given!r} is another folder now, and the run's own was moved or removed: "
            "the run ends, and nothing was written into the other"
        )

    def folder(self, name: str) -> pathlib.Path:
        """As `at`; a folder is made there if need be."""
        self._save_once()
        path = self.at(name)
        path.mkdir(exist_ok=True)  # no parents: a vanished run is not made anew
        return path

    def writing(self, name: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        """`atomic.writing` at `name`, such as 'table.md' or 'samples/a.npz'."""
        self._save_once()
        path = self.at(name)
        if "/" in name:
            path.parent.mkdir(exist_ok=True)
        return atomic.writing(path)

    def log(self, text: str) -> None:
        """Adds a line to the run's log and to stderr."""
        self._save_once()
        text = self._folder.as_named(text)
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n"
        with open(
            self.at("log"),
            "a",
            encoding="utf-8",
            errors="backslashreplace",
            opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK, 0o666),
        ) as log:
            log.write(line)
        progress.say(text)

    def _save_once(self) -> None:
        if not self._there:
            self._save()

    def _save(self) -> None:
        if not self._saved:
            atomic.clear(self._folder.path, WRITTEN)
        with atomic.writing(self.at("config.json")) as temporary:
            temporary.write_text(
                json.dumps(self._record, indent=2) + "\n", encoding="utf-8"
            )
        self._saved = self._there = True

    def _phases_on_disk(self) -> dict[str, dict[str, Any]]:
        """The phases in the folder's config.json; Refused if the folder is no good."""
        given = f"--workdir={str(self.workdir)!r}"
        path = self.at("config.json")
        # What a process leaves that was killed before its first file.
        names = {*os.listdir(self._folder.path)}
        if names <= {locks.NAME, atomic.PREFIX + path.name}:
            return {}
        if path.name not in names:
            raise Refused(
                f"{given} holds files and no config.json, so it is not a run: take "
                "another"
            )
        try:
            record = files.record(path)
            found = str(record["experiment"])
            phases = {name: dict(begun) for name, begun in record["phases"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Refused(
                f"{str(path)!r} was damaged: it is not a run's record"
            ) from None
        self._there = True
        if found != self._record["experiment"]:
            raise Refused(
                f"{given} holds a run of {found}, not of {self._record['experiment']}: "
                "take another"
            )
        if not self._resume:
            raise Refused(
                f"--resume=false, but {given} holds a run, and nothing is ever "
                "deleted: take another --workdir"
            )
        return phases

    def _name_as_given(self, kind: Any, error: Any, traceback: Any) -> None:
        """An error's words name the run's files as the user does."""
        if error is None:
            return
        named = self._folder.as_named
        error.args = tuple(
            named(arg) if type(arg) is str else arg for arg in error.args
        )
        # The system's words are not in args, nor are TensorFlow's.
        for place in ("filename", "filename2", "_message"):
            if type(words := getattr(error, place, None)) is str:
                setattr(error, place, named(words, path=place != "_message"))

    def _let_go(self, made: list[pathlib.Path]) -> None:
        with contextlib.suppress(OSError):
            if not self._folder.in_place():
                made.clear()  # another run's now
        self._folder.close()

    @contextlib.contextmanager
    def _blaming_workdir(self) -> Iterator[None]:
        try:
            yield
        except files.Unsound as error:
            raise Refused(f"--workdir: {error}") from None
        except OSError as error:
            raise Refused(
                f"--workdir={str(self.workdir)!r} cannot be used: {error.strerror}"
            ) from None


def _make(folder: pathlib.Path) -> list[pathlib.Path]:
    """Makes `folder`; returns those of its parents and itself that were new."""
    new = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        _remove_empty(new)
        raise
    except ValueError as error:  # a NUL
        raise Refused(f"--workdir={str(folder)!r} is not a path: {error}") from None
    return new


def _remove_empty(folders: list[pathlib.Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _as_json(record: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(record))


def _version() -> str:
    try:
        return importlib.metadata.version("tf_collab")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
