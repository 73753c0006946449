"""The folder of a run: its flags, its lock, its files."""

import contextlib
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from experiments import atomic, locks, progress, refusal, tables, values

__all__ = ["Refused", "Run", "default_workdir"]

Refused = refusal.Refused


def default_workdir(experiment: str, dataset: str, seed: int) -> pathlib.Path:
    return pathlib.Path("runs", experiment, f"{dataset}-s{seed}")


class Run:
    """Holds a run folder for the length of a `with` block.

    Entering checks and locks the folder but leaves nothing in it: the first file
    comes with the first `begin`, `log` or `writing`. So ask `check` of every phase
    before, and a refused command leaves no trace. Nothing is ever deleted.
    """

    results: tables.Table  # what seed and flags determine
    timings: tables.Table  # what they do not

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
        self._saved = False
        self._record: dict[str, Any] = {
            "experiment": experiment,
            "version": _version(),
            "flags": dataclasses.asdict(config),
            "phases": {},
        }

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as leave, self._blaming_workdir():
            self._phases_on_disk()  # before the lock, which would leave a file there
            leave.callback(_remove_empty, _make(self.workdir))
            leave.enter_context(locks.locked(self.workdir))
            self._record["phases"] = self._phases_on_disk()
            self.results = tables.Table(self.workdir / "results.jsonl")
            self.timings = tables.Table(self.workdir / "timings.jsonl")
            atomic.clear(self.workdir)
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._leave.close()

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
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """Refuses flags other than those with which `phase` was begun, if it was.

        `aliases` has the flags that were given by another name, and that name.
        """
        recorded = self.phases.get(phase, {})
        for name, new in _as_json(depends).items():
            old = recorded.get(name, new)
            if old != new:
                flag = (aliases or {}).get(name, name)
                raise Refused(
                    f"--{flag}={values.spell(new)}, but {phase} in "
                    f"{str(self.workdir)!r} was begun with "
                    f"--{flag}={values.spell(old)}: give that, or another --workdir"
                )

    def begin(self, phase: str, depends: dict[str, Any]) -> None:
        """Checks `phase`, and records the flags that it depends on.

        What may change on resuming (a longer --niters) does not belong in `depends`.
        """
        self.check(phase, depends)
        begun = {**self.phases.get(phase, {}), **_as_json(depends)}
        if not self._saved or begun != self.phases.get(phase):
            self.phases[phase] = begun
            self._save()

    def folder(self, name: str) -> pathlib.Path:
        """`workdir/name`, made if need be."""
        self._save_once()
        path = self.workdir / name
        path.mkdir(exist_ok=True)  # no parents: a vanished run is not made anew
        return path

    def writing(self, name: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        """`atomic.writing` of `workdir/name`, such as 'table.md' or 'samples/a.npz'."""
        self._save_once()
        path = self.workdir / name
        if path.parent != self.workdir:
            path.parent.mkdir(exist_ok=True)
        return atomic.writing(path)

    def log(self, text: str) -> None:
        """Adds a line to the run's log and to stderr."""
        self._save_once()
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n"
        with open(self.workdir / "log", "a", encoding="utf-8", errors="replace") as log:
            log.write(line)
        progress.say(text)

    def _save_once(self) -> None:
        if not self._saved:
            self._save()

    def _save(self) -> None:
        with atomic.writing(self.workdir / "config.json") as temporary:
            temporary.write_text(
                json.dumps(self._record, indent=2) + "\n", encoding="utf-8"
            )
        self._saved = True

    def _phases_on_disk(self) -> dict[str, dict[str, Any]]:
        """The phases in the folder's config.json; Refused if the folder is no good."""
        given = f"--workdir={str(self.workdir)!r}"
        if not os.path.lexists(self.workdir):
            return {}
        if not self.workdir.is_dir():
            raise Refused(f"{given} is not a folder")
        path = self.workdir / "config.json"
        # What a process leaves that was killed before its first file.
        if {*os.listdir(self.workdir)} <= {locks.NAME, atomic.PREFIX + path.name}:
            return {}
        if not path.exists():
            raise Refused(
                f"{given} holds files and no config.json, so it is no run: take another"
            )
        try:
            record = json.loads(path.read_bytes())
            found = record["experiment"]
            phases = {name: dict(begun) for name, begun in record["phases"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Refused(f"{str(path)!r} was damaged: it is no run's record") from None
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

    @contextlib.contextmanager
    def _blaming_workdir(self) -> Iterator[None]:
        try:
            yield
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
