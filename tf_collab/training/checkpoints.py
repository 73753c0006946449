"""Checkpoints: a folder each, complete or absent."""

import itertools
import json
import os
import pathlib
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any

import tensorflow as tf

from tf_collab import atomic, files, folders
from tf_collab.training import saved

__all__ = ["Checkpoints"]


class Checkpoints:
    """Saves and restores objects (models, optimizers) under their step.

    A checkpoint appears under its name only when all of it is on disk. The last two
    are kept, and every one whose step is in `milestones`. The parent of `folder` must
    exist.

    A checkpoint holds its step and `mark`, named values that tell whose it is. A
    checkpoint under another step's name, or with another value of a name in `mark`,
    counts as damaged; one without a mark, from an older version, does not. Only
    checkpoints with this mark and their own step are ever deleted, and nothing is read
    or deleted through a link. Every method raises OSError if the system cannot read or
    write.
    """

    def __init__(
        self,
        folder: os.PathLike | str,
        *,
        milestones: Collection[int] = (),
        mark: Mapping[str, Any] | None = None,
        **objects: Any,
    ):
        self.folder = pathlib.Path(folder)
        self.milestones = set(milestones)
        self._mark = json.loads(json.dumps(dict(mark or {})))
        self._held: folders.Held | None = None
        self._checkpoint = tf.train.Checkpoint(**objects)
        # Only the writer has the mark: checkpoints of older versions can still be read.
        self._marked = tf.Variable("", dtype=tf.string)
        self._writer = tf.train.Checkpoint(**{**objects, saved.MARK: self._marked})

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, in increasing order."""
        numbers = self._numbers("step")
        return [step for step in numbers if saved.is_checkpoint(self._path(step))]

    def sound(self, warn: Callable[[str], None]) -> list[int]:
        """The steps whose checkpoints can be read; damaged ones are set aside.

        A damaged checkpoint is renamed, never deleted, and `warn` is called with a
        sentence. Raises OSError if the system fails to read one, which is not damage.
        """
        for step in self.steps():
            if why := self.damage(step):
                aside = self._aside(step)
                os.rename(self._path(step), aside)
                warn(
                    f"checkpoint {self._shown(step)} is damaged and set aside as "
                    f"{aside.name}: {why}"
                )
        return self.steps()

    def damage(self, step: int) -> str | None:
        """Why the checkpoint of `step` counts as damaged, or None; nothing is renamed.

        Raises OSError if the system fails to read it, which is not damage.
        """
        path = self._path(step)
        why = saved.damage(path) or self._difference(step, saved.mark(path))
        return self._held.as_named(why) if self._held and why else why

    def save(self, step: int) -> None:
        """Writes the checkpoint of `step`, then deletes those that are not kept.

        Does nothing if `step` has one. Raises OSError if another file is in its place.
        """
        if step in self.steps():
            return
        self.folder.mkdir(exist_ok=True)  # no parents: a removed run stays removed
        target, draft = self._path(step), self._path(step, "draft")
        if os.path.lexists(target) and not _is_empty(target):
            raise OSError(
                f"{self._shown(step)!r} is in the way of a checkpoint, and is not "
                "deleted: move it away"
            )
        for left in self._numbers("draft"):  # by a process that was killed
            saved.remove(self._path(left, "draft"))
        if draft.is_symlink() or not draft.is_dir():
            draft.mkdir()
        self._marked.assign(json.dumps({"step": step, **self._mark}))
        self._writer.write(str(draft / saved.PREFIX))
        for path in (*draft.iterdir(), draft):
            atomic.sync(path)
        os.replace(draft, target)
        atomic.sync(self._root())
        for old in self.steps()[:-2]:
            if old not in self.milestones and self._is_ours(old):
                draft = self._path(old, "draft")
                os.rename(self._path(old), draft)  # a checkpoint is never incomplete
                saved.remove(draft)

    def restore(
        self,
        step: int | None = None,
        *,
        warn: Callable[[str], None] | None = None,
    ) -> int | None:
        """Restores the checkpoint of `step`, or the newest sound one; returns its step.

        Returns None if there is none. Without `step`, damaged checkpoints are set aside
        before any variable is assigned, and `warn` is called with a sentence on each
        (None: a warning). Raises ValueError if the checkpoint of `step` is missing or
        damaged.
        """
        if step is None:
            tell = warn or (lambda text: warnings.warn(text, stacklevel=4))
            step = max(self.sound(tell), default=None)
            if step is None:
                return None
        elif step not in self.steps():
            raise ValueError(f"{self._shown(step)!r} is not a checkpoint")
        elif why := self.damage(step):
            raise files.Unsound(
                f"checkpoint {self._shown(step)} is damaged ({why}): a command that "
                "goes on with this run sets it aside and makes it again"
            )
        status = self._checkpoint.read(str(self._path(step) / saved.PREFIX))
        status.assert_existing_objects_matched().expect_partial()
        return step

    def _is_ours(self, step: int) -> bool:
        path = self._path(step)
        mark = None if saved.damage(path) else saved.mark(path)
        return mark is not None and self._difference(step, mark) is None

    def _difference(self, step: int, mark: Mapping[str, Any] | None) -> str | None:
        """How a mark differs from this one, or None; no mark does not differ."""
        wanted, given = {"step": step, **self._mark}, mark or {}
        for name in wanted.keys() & given.keys():
            if given[name] != wanted[name]:
                return f"its {name} is {given[name]!r}, not {wanted[name]!r}"
        return None

    def _numbers(self, kind: str) -> list[int]:
        try:
            names = os.listdir(self._root())
        except FileNotFoundError:
            return []
        matches = (re.fullmatch(rf"{kind}-(\d{{9,}})", name) for name in names)
        return sorted(int(match[1]) for match in matches if match)

    def _root(self) -> pathlib.Path:
        """The folder, by a path that TensorFlow does not read as a pattern."""
        if self._held is None and not folders.is_plain(self.folder):
            self._held = folders.Held(self.folder)
        return self.folder if self._held is None else self._held.path

    def _path(self, step: int, kind: str = "step") -> pathlib.Path:
        return self._root() / f"{kind}-{step:09d}"

    def _shown(self, step: int) -> str:
        return str(self.folder / self._path(step).name)

    def _aside(self, step: int) -> pathlib.Path:
        """The first free path to rename a damaged checkpoint to."""
        first = self._path(step, "damaged-step")
        numbered = (first.with_name(f"{first.name}-{n}") for n in itertools.count(2))
        return next(
            path
            for path in itertools.chain([first], numbered)
            if not os.path.lexists(path)
        )


def _is_empty(path: pathlib.Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not os.listdir(path)
