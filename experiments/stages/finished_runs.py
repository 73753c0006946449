"""The trained GAN of a finished run, with its data.

The run is only read. `opened` gives both as `collaborate` takes them.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors, fields
from experiments.rundir import progress
from experiments.stages import data, from_runs, sessions, trained_elsewhere
from experiments.stages.data import Task
from tf_collab.front import splits

__all__ = ["Entered", "Finished", "entered", "opened"]

POINTS = 10_000  # rows that stand for data which are drawn without end
FLOATS = 2**28  # of rows in memory, at most


class Finished(NamedTuple):
    """A trained GAN; data are x, or a pair with the labels beside."""

    gan: tc.GAN
    learned: Any  # rows of which GAN and D learned
    held_out: Any  # rows of which neither did
    objective: str  # its name
    groups: np.ndarray | None = None  # of the held-out rows, where they come in any


class Entered(NamedTuple):
    """A trained GAN, in a session whose folder is another than the run's."""

    session: sessions.Session
    gan: tc.GAN
    task: Task
    whose: str  # a sentence


@contextlib.contextmanager
def entered(
    folder: str, workdir: str, programs: Mapping[str, Any], more: Mapping[str, Any]
) -> Iterator[Entered]:
    """What the run in `folder` trained, for the length of a `with` block.

    `programs` are the modules whose runs are known, by name; `more` are further flags
    of theirs, as where data are now. The session is in `workdir`, which goes again if
    nothing is written there. Refused, in one sentence, for what is not such a run.
    """
    record = from_runs.record(folder)
    if record.experiment not in programs:
        raise errors.Refused(
            f"--from_run={folder!r} is a run of {record.experiment}, and those of "
            f"{', '.join(programs)} can be given"
        )
    program = programs[record.experiment]
    known = {field.name for field in fields.read(program.Config)}
    for name in more.keys() - known:
        raise errors.Refused(
            f"--{name} has no effect with --from_run={folder!r}, a run of "
            f"{record.experiment}: leave it out"
        )
    own: dict[str, Any] = {"num_samples": POINTS}  # held out, where data are drawn
    own |= {"from_run": folder, "workdir": workdir, **more}
    given = {name: name for name in own}
    (config,) = program.Config(**own, given=given).each_run()
    if wrong := config.problem():
        raise errors.Refused(wrong)
    with sessions.Session(config) as session:
        gan, found = program.gan_and_data(session)
        there = trained_elsewhere.checkpoints(config, gan)
        whose = trained_elsewhere.refuse_unfit(config, there, found.task.digest)
        (step,) = config.gan_steps
        there.restore(step)
        yield Entered(session, gan, found.task, whose)


def opened(
    folder: str, workdir: str, programs: Mapping[str, Any], places: Mapping[str, str]
) -> Finished:
    """What the run in `folder` trained, for a tuning in `workdir`; see `entered`."""
    # A folder of its own, which stays empty, and so goes again.
    own = str(pathlib.Path(workdir, "run"))
    with entered(folder, own, programs, places) as found:
        (step,) = found.session.config.gan_steps
        held_out, groups, which = _held_out(found.task, folder)
        objective = found.session.config.gan
        untaken = trained_elsewhere.untaken(found.session.config)
    for note in untaken:  # now, since a tuning takes minutes
        progress.say(note)
    notes = [f"{found.whose}, as it is at GAN step {step}", *untaken]
    notes.append(f"held-out reals are {which}")
    gan = found.gan._replace(assumed=(*found.gan.assumed, *notes))
    return Finished(gan, _learned(found.task), held_out, objective, groups)


def _learned(task: Task) -> Any:
    if task.learned is not None:
        return _rows(task.learned)
    parts: list[np.ndarray] = []
    rows = 0
    while rows < POINTS:
        parts.append(np.asarray(task.batch_at(tf.constant(len(parts)))))
        rows += len(parts[-1])
    return np.concatenate(parts)[:POINTS]


def _held_out(task: Task, folder: str) -> tuple[Any, np.ndarray | None, str]:
    """Rows enough for a verdict, their groups, and what they are, in words."""
    held = tf.nest.map_structure(np.asarray, task.held_out)
    groups = task.groups
    which, n = "those that the run held out", data.count(held)
    if n < splits.LEAST and task.tests is not None:
        tests = _rows(task.tests)
        if not isinstance(held, tuple):
            tests = data.without_label(tests)
        held = tf.nest.map_structure(lambda *both: np.concatenate(both), held, tests)
        if groups is not None and task.tests.groups is not None:
            # Numbers of a source's splits are its own, so that both may have a 0.
            others = groups.max() + 1 + task.tests.groups
            groups = np.concatenate([groups, others])
        which += " and the test split"
    if data.count(held) < splits.LEAST:
        raise errors.Refused(
            f"--from_run={folder!r} has {data.count(held)} reals of which neither its "
            f"GAN nor its D learned, and {splits.LEAST} are the fewest for a verdict: "
            "give a run on more data"
        )
    return held, groups, which


def _rows(images: tc.data.Images) -> Any:
    """Floats in [-1, 1], as many as memory has room for, with labels if there are."""
    n, size = len(images.pixels), int(np.prod(images.pixels.shape[1:]))
    if n * size > FLOATS:
        (images,) = tc.data.partition(images, (FLOATS // size,), seed=0)
    x = np.asarray(tc.data.to_float(images.pixels[: len(images.pixels)]))
    return x if images.labels is None else (x, images.labels.astype(np.int32))
