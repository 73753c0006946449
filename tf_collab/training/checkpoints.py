"""Checkpoints: one folder each, whole or absent."""

import itertools
import json
import os
import pathlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import tensorflow as tf

from tf_collab import atomic, folders
from tf_collab.training import saved

__all__ = ["Checkpoints"]


class Checkpoints:
    """Saves and restores objects (models, optimizers) under their step.

    A checkpoint appears under its name only when all of it is on disk. The last two
    are kept, and every one whose step is in `milestones`. The folder's parent exists.

    A checkpoint holds its step and `mark`, values by name that tell whose it is. One
    under another step's name, or with another value, counts as damaged; names that
    only one of both has do not count, nor does a checkpoint from before there were
    marks. Nothing is ever deleted but what holds this mark and its own step, and
    nothing is read or deleted through a link.
    """

    def __init__(
        self,
        folder: os.PathLike | str,
        *,
        milestones: Collection[int] = (),
        mark: Mapping[str, Any] | None = None,
        **objects,
    ):
        self.folder = pathlib.Path(folder)
        self.milestones = set(milestones)
        self._mark = json.loads(json.dumps(dict(mark or {})))
        self._held: folders.Held | None = None
        self._checkpoint = tf.train.Checkpoint(**objects)
        # Only what is written has a mark: those from before it are read as well.
        self._marked = tf.Variable("", dtype=tf.string)
        self._writer = tf.train.Checkpoint(**{**objects, saved.MARK: self._marked})

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, in order."""
        numbers = self._numbers("step")
        return [step for step in numbers if saved.is_checkpoint(self._path(step))]

    def sound(self, warn: Callable[[str], None]) -> list[int]:
        """The steps whose checkpoints can be read; the others are set aside.

        A damaged one is renamed, never deleted, and `warn` gets a sentence. One that
        the system fails to read is not damaged: that is an OSError.
        """
        for step in self.steps():
            if why := self._damage(step):
                aside = self._aside(step)
                os.rename(self._path(step), aside)
                warn(
                    f"checkpoint {self._shown(step)} is damaged and set aside as "
                    f"{aside.name}: {why}"
                )
        return self.steps()

    def save(self, step: int) -> None:
        """Writes a checkpoint, then forgets those no longer needed."""
        if step in self.steps():
            return
        self.folder.mkdir(exist_ok=True)  # no parents: a vanished run stays vanished
        target, draft = self._path(step), self._path(step, "draft")
        if os.path.lexists(target) and not _is_empty(target):
            raise OSError(
                f"{self._shown(step)!r} is in the way of a checkpoint, and nothing is "
                "ever deleted: move it away"
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
                os.rename(self._path(old), draft)  # so that none is ever half there
                saved.remove(draft)

    def restore(
        self,
        step: int | None = None,
        *,
        warn: Callable[[str], None] = lambda text: None,
    ) -> int | None:
        """Restores `step`, or the newest that can be read; returns its step.

        None where there is none. A damaged one is set aside before any variable is
        touched; with `step` given it is an error.
        """
        if step is None:
            step = max(self.sound(warn), default=None)
            if step is None:
                return None
        elif step not in self.steps():
            raise ValueError(f"{self._shown(step)!r} is not a checkpoint")
        elif why := self._damage(step):
            raise ValueError(f"checkpoint {self._shown(step)} is damaged: {why}")
        status = self._checkpoint.read(str(self._path(step) / saved.PREFIX))
        status.assert_existing_objects_matched().expect_partial()
        return step

    def _damage(self, step):
        """What keeps a checkpoint from being this one, or None."""
        path = self._path(step)
        why = saved.damage(path) or self._difference(step, saved.mark(path))
        return self._held.as_named(why) if self._held and why else why

    def _is_ours(self, step):
        path = self._path(step)
        mark = None if saved.damage(path) else saved.mark(path)
        return mark is not None and self._difference(step, mark) is None

    def _difference(self, step, mark):
        """In what a mark is not the one wanted, if there is a mark."""
        wanted = {"step": step, **self._mark}
        for name in wanted.keys() & (mark or {}).keys():
            if mark[name] != wanted[name]:
                return f"its {name} is {mark[name]!r}, not {wanted[name]!r}"
        return None

    def _numbers(self, kind):
        try:
            names = os.listdir(self._root())
        except FileNotFoundError:
            return []
        found = (re.fullmatch(rf"{kind}-(\d{{9,}})", name) for name in names)
        return sorted(int(name[1]) for name in found if name)

    def _root(self):
        """The folder, by a path that TensorFlow does not take for a pattern."""
        if self._held is None and not folders.is_plain(self.folder):
            self._held = folders.Held(self.folder)
        return self.folder if self._held is None else self._held.path

    def _path(self, step, kind="step"):
        return self._root() / f"{kind}-{step:09d}"

    def _shown(self, step):
        return str(self.folder / self._path(step).name)

    def _aside(self, step):
        """The first name that is free for a damaged checkpoint."""
        first = self._path(step, "damaged-step")
        numbered = (first.with_name(f"{first.name}-{n}") for n in itertools.count(2))
        return next(
            path
            for path in itertools.chain([first], numbered)
            if not os.path.lexists(path)
        )


def _is_empty(path):
    return path.is_dir() and not path.is_symlink() and not os.listdir(path)
