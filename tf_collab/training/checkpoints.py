"""Checkpoints: one folder each, whole or absent."""

import os
import pathlib
import re
import shutil
from collections.abc import Callable, Collection

import tensorflow as tf

__all__ = ["Checkpoints"]


class Checkpoints:
    """Saves and restores objects (models, optimizers) under their step.

    A checkpoint appears under its name only when all of it is on disk. The last two
    are kept, and every one whose step is in `milestones`. The folder's parent exists.
    """

    def __init__(
        self,
        folder: os.PathLike | str,
        *,
        milestones: Collection[int] = (),
        **objects,
    ):
        self.folder = pathlib.Path(folder)
        self.milestones = set(milestones)
        self._checkpoint = tf.train.Checkpoint(**objects)

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, in order."""
        names = (path.name for path in self.folder.glob("step-*"))
        return sorted(int(n[5:]) for n in names if re.fullmatch(r"step-\d{9,}", n))

    def sound(self, warn: Callable[[str], None]) -> list[int]:
        """The steps whose checkpoints can be read; the others are set aside.

        A damaged one is renamed, never deleted, and `warn` gets a sentence.
        """
        for step in self.steps():
            damage = _damage(str(self._path(step) / "variables"))
            if damage is not None:
                aside = self._path(step).with_name(f"damaged-{self._path(step).name}")
                shutil.rmtree(aside, ignore_errors=True)  # one damaged before
                os.replace(self._path(step), aside)
                warn(f"checkpoint {self._path(step)} is damaged and set aside")
        return self.steps()

    def save(self, step: int) -> None:
        """Writes a checkpoint, then forgets those no longer needed."""
        target = self._path(step)
        if target.exists():
            return
        draft = self.folder / f"draft-{step:09d}"
        shutil.rmtree(draft, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)  # no parents: a vanished run stays vanished
        draft.mkdir()
        self._checkpoint.write(str(draft / "variables"))
        for path in draft.iterdir():
            _flush(path)
        os.replace(draft, target)
        _flush(self.folder)
        for old in self.steps()[:-2]:
            if old not in self.milestones:
                shutil.rmtree(self._path(old))

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
        prefix = str(self._path(step) / "variables")
        damage = _damage(prefix)
        if damage is not None:
            raise ValueError(f"checkpoint {self._path(step)} is damaged: {damage}")
        status = self._checkpoint.read(prefix)
        status.assert_existing_objects_matched().expect_partial()
        return step

    def _path(self, step):
        return self.folder / f"step-{step:09d}"


def _damage(prefix):
    """What keeps a checkpoint from being read, or None: reads all of it."""
    try:
        reader = tf.train.load_checkpoint(prefix)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except (tf.errors.OpError, ValueError, RuntimeError, TypeError, LookupError) as e:
        return str(e).splitlines()[0]
    return None


def _flush(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
