"""What was found so far, kept on disk, so that a killed tuning goes on."""

import contextlib
import fcntl
import json
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tf_collab import atomic, files
from tf_collab.front import quiet

__all__ = ["Ledger"]

NAME = "ledger.json"
DOUBTS = "doubts"


class Ledger:
    """Values by name, each made once; in a folder it outlives the process.

    `facts` say whose ledger it is (nets, data, seed): a folder with others is refused
    with ValueError before anything is written. Values are what JSON knows.
    """

    def __init__(self, folder: os.PathLike | str | None, facts: Mapping[str, Any]):
        self.folder = None if folder is None else pathlib.Path(folder)
        self.making: Callable[[str], Any] = lambda name: None  # is told what is made
        self._values: dict[str, Any] = {"facts": json.loads(json.dumps(dict(facts)))}
        self._read()

    def _read(self) -> None:
        """What the folder has by now."""
        if self.folder is not None and (self.folder / NAME).exists():
            begun = files.record(self.folder / NAME, "ledger of a tuning")
            theirs, ours = begun.get("facts", {}), self._values["facts"]
            if not isinstance(theirs, dict) or not _are_texts(begun.get(DOUBTS, [])):
                raise files.Unsound(
                    f"{str(self.folder / NAME)!r} is not the ledger of a tuning: take "
                    "another folder"
                )
            differ = [name for name in ours if theirs.get(name) != ours[name]]
            if differ:
                raise ValueError(
                    f"{str(self.folder)!r} holds a tuning of other "
                    f"{', '.join(differ)}: take another folder"
                )
            self._values = begun

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes out of the folder; RuntimeError where one is in.

        Ctrl-C inside gets a note of how the tuning goes on.
        """
        with self._noted(), self._locked():
            yield

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt as error:
            told = "tune(...) with the same budget goes on, in this process alone"
            if self.folder is not None:
                told = (
                    f"what is done is in {str(self.folder)!r}: the same program goes on"
                )
            error.add_note(f"Interrupted: {told}.")
            raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self.folder is None:
            yield
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RuntimeError(
                    f"another process tunes in {str(self.folder)!r}: wait for it, or "
                    "take another folder"
                ) from None
            self._read()  # another process may have been in since
            yield

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """The value of a name; made and written where it is missing.

        Doubts are kept, for the report, and not raised as warnings.
        """
        if name not in self._values:
            self.making(name)
            with quiet.kept(self.doubt):
                value = make()
            self.put(name, value)
        return self._values[name]

    def doubt(self, sentence: str) -> None:
        """Keeps a doubt for the report, each once."""
        if sentence not in self.doubts:
            self.put(DOUBTS, [*self.doubts, sentence])

    @property
    def doubts(self) -> list[str]:
        """What was said in doubt of the values while they were made, each once."""
        return self._values.get(DOUBTS, [])

    def put(self, name: str, value: Any) -> None:
        """Writes a value, or one in place of another."""
        # As it comes back from the disk, so that a resumed tuning sees the same.
        self._values[name] = json.loads(json.dumps(value))
        if self.folder is not None:
            with atomic.writing(self.folder / NAME) as path:
                text = json.dumps(files.sealed(self._values)) + "\n"
                path.write_text(text, encoding="utf-8")


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(v, str) for v in values)
