"""The folder of a run: its flags, its lock, its files."""

import contextlib
import json
import os
import pathlib
import re
import time
from collections.abc import Mapping
from typing import Any, Self

import tf_collab
from experiments.cli import errors, fields
from experiments.rundir import held_folder, jsonl, locks, progress, run_record
from tf_collab import atomic, files

__all__ = ["Run"]

# The files that runs write whole or not at all.
WRITTEN = re.compile(
    r"config\.json|\w+\.jsonl|vocabulary\.json|(table|layers-g\d+)\.md|report\.html"
    r"|classifier/classifier\.(json|keras)|models/[\w-]+\.keras"
    r"|samples/[\w-]+\.(npz|txt)|figures/(field/\d+\.(png|pdf)|[\w-]+\.(png|pdf|gif|json))"
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
        self._folder = held_folder.HeldFolder(workdir)
        self._resume = resume
        self.pdf: bool = getattr(config, "pdf", False)  # figures as PDF files too
        self.begun_by: str | None = None  # the version that began the run
        self._there = False  # config.json
        self._saved = False  # the flags of this command, in it
        self._record: dict[str, Any] = {
            "experiment": experiment,
            "version": tf_collab.__version__,
            "flags": fields.recorded(config),
            "phases": {},
        }

    def __enter__(self) -> Self:
        with self._folder.blamed(), contextlib.ExitStack() as leave:
            leave.enter_context(self._folder)
            self._phases_on_disk()  # before the lock, which would leave a file there
            leave.enter_context(locks.locked(self._folder.held))
            self._record["phases"] = self._phases_on_disk()
            self.results = jsonl.Table(self.at("results.jsonl"))
            self.timings = jsonl.Table(self.at("timings.jsonl"))
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave.__exit__(*error)

    @property
    def workdir(self) -> pathlib.Path:
        """The folder, as it was given."""
        return self._folder.workdir

    def at(self, name: str) -> pathlib.Path:
        """Where to open `name`, such as 'samples/a.npz': `HeldFolder.at`."""
        return self._folder.at(name)

    def stay(self) -> None:
        """Ends a run whose folder was moved, removed or replaced."""
        self._folder.stay()

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
        begun, by = self.phases.get(phase, {}), f"{phase} in {str(self.workdir)!r}"
        run_record.refuse_others(begun, depends, given or {}, by)

    def begin(self, phase: str, depends: dict[str, Any]) -> None:
        """Checks `phase`, and records the flags that it depends on.

        What may change on resuming (a longer --niters) does not belong in `depends`.
        """
        self.check(phase, depends)
        begun = {**self.phases.get(phase, {}), **run_record.as_json(depends)}
        if not self._saved or begun != self.phases.get(phase):
            self.phases[phase] = begun
            self._save()

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
        path = self.at("log")
        atomic.refuse_folder(path)
        with open(
            path,
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
        with atomic.writing(self.at(run_record.NAME)) as temporary:
            temporary.write_text(
                json.dumps(files.sealed(self._record), indent=2) + "\n",
                encoding="utf-8",
            )
        self._saved = self._there = True

    def _phases_on_disk(self) -> dict[str, dict[str, Any]]:
        """The phases in the folder's config.json; Refused if it is not a run's."""
        given = f"--workdir={str(self.workdir)!r}"
        path = self.at(run_record.NAME)
        # What a process leaves that was killed before its first file.
        names = {*os.listdir(self._folder.path)}
        if names <= {locks.NAME, atomic.PREFIX + path.name}:
            return {}
        if path.name not in names:
            raise errors.Refused(
                f"{given} holds files and no config.json, so it is not a run: take "
                "another"
            )
        with errors.blaming(f"{str(path)!r} was damaged"):
            found = run_record.read(path)
        self._there = True
        self.begun_by = found.version
        if found.experiment != self._record["experiment"]:
            raise errors.Refused(
                f"{given} holds a run of {found.experiment}, not of "
                f"{self._record['experiment']}: take another"
            )
        if not self._resume:
            raise errors.Refused(
                f"--resume=false, but {given} holds a run, and nothing is ever "
                "deleted: take another --workdir"
            )
        return found.phases
