"""One run of a program: its folder, held and locked, its flags and its seeds."""

import contextlib
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, Self, TypeVar

import keras
import tensorflow as tf

import tf_collab as tc
from experiments.rundir import pictures, recovery, report, run_folder
from experiments.stages import (
    data,
    doubts,
    held_runs,
    options,
    records,
    strategies,
    worker_folders,
)
from tf_collab import marks

__all__ = ["Session", "each", "seeds_of", "show_table"]

Config = TypeVar("Config", bound=options.Options)
Made = TypeVar("Made")


class Session(Generic[Config]):
    """Holds the run's folder for the length of a `with` block."""

    run: run_folder.Run
    lines: list[dict]  # the results, at the end
    remarks: list[str]  # what makes results worse, for the log and below the table
    notes: list[str]  # below the table, at the end

    def __init__(self, config: Config):
        self.config = config
        self.seeds = seeds_of(config)
        self.remarks = []

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as leave:
            self.run = leave.enter_context(held_runs.held(self.config))
            leave.enter_context(doubts.logged(self.run.log))
            leave.enter_context(strategies.together(self.config))
            self._leave = leave.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._leave.__exit__(*error)

    @property
    def xla(self) -> bool | None:
        return {"auto": None, "on": True, "off": False}[self.config.xla]

    @property
    def leads(self) -> bool:
        """Whether this process writes the run's folder."""
        return strategies.chief(self.config)

    @functools.cached_property
    def flags(self) -> dict[str, dict[str, Any]]:
        """The flags that each phase of this command stands on, by phase."""
        return records.depends(self.config)

    def remark(self, sentence: str) -> None:
        """Logs what makes results worse, and tells it again below the table."""
        self.run.log(sentence)
        self.remarks.append(sentence)

    def make(self, build: Callable[..., Made], *args: Any) -> Made:
        """What `build(*args)` makes of nets, whose hidden layers have --precision.

        Their variables are those of --strategy.
        """
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.config.precision)
        try:
            with self.scope():
                return build(*args)
        finally:
            keras.config.set_dtype_policy(before)

    def scope(self) -> contextlib.AbstractContextManager:
        """In which what learns is made: nets, optimizers, steps."""
        return strategies.scope(self.config)

    def begin(
        self, phase: str, digest: str | None, found: Mapping[str, Any] = {}
    ) -> None:
        """Records the flags of a phase, its data by their digest, and what it found."""
        flags = self.flags[phase] | data.record(digest)
        self.run.begin(phase, flags | dict(found))

    def checkpoints(
        self, phase: str, digest: str | None, **objects: Any
    ) -> tc.training.Checkpoints:
        """The checkpoints of a phase, which hold `objects` and say whose they are."""
        run, config = self.run, self.config
        # GAN steps of this command and of those before it.
        before = (re.fullmatch(r"gan-g(\d+)", name) for name in run.phases)
        steps = {*config.gan_steps, *(int(found[1]) for found in before if found)}
        flags = self.flags.get(phase, {}) | data.record(digest)
        flags |= run.phases.get(phase, {})
        return tc.training.Checkpoints(
            run.at(f"checkpoints/{phase}"),
            milestones=steps if phase == "train" else (),
            mark=flags | {"experiment": config.EXPERIMENT, "phase": phase},
            **objects,
        )

    def export(self, name: str, net: tc.models.LayeredModel, one: Any) -> None:
        """A net as a Keras file that loads anywhere, unless it is there and whole.

        `one` is what the net takes, [batch, *data], or a pair with a label beside it.
        """
        file = f"models/{name}.keras"
        if not marks.is_whole(self.run.at(file), file):
            recovery.tell_damaged(self.run, file)
            inputs: Any = list(tf.nest.flatten(one)[0].shape[1:])
            if isinstance(one, tuple):
                inputs = tuple(
                    keras.Input(v.shape[1:], dtype=v.dtype.name) for v in one
                )
            with self.run.writing(file) as path:
                tc.models.export(net, inputs).save(path)
                marks.mark(path, file)

    def finish(self) -> None:
        """Writes the table and the curves, and tells what of the results is missing."""
        run = self.run
        self.lines, missing = recovery.known(run), recovery.missing(run)
        notes = [f"Missing: {sentence}." for sentence in missing]
        remarks = [*self.remarks, *recovery.unknown(run)]
        self.notes = [*notes, *(f"Note: {remark}." for remark in remarks)]
        pictures.write(run, self.notes)
        for sentence in missing:
            run.log(f"{sentence}, and cannot be made again by this command")
        run.log(f"what it made is in {str(run.workdir)!r}")


def each(config: Config) -> list[Session[Config]]:
    """A session for each seed; what any of their folders refuses is refused now."""
    runs = list(config.each_run())
    strategies.share(runs[0])  # which begins before TensorFlow computes anything
    if strategies.chief(config):
        for one in runs:
            with Session(one):
                pass
    return [Session(one) for one in worker_folders.own(runs)]


def show_table(sessions: list[Session]) -> None:
    """Prints the results over all seeds, and what is missing of them."""
    config = sessions[0].config
    if config.mode == "train" or not strategies.chief(config):
        return
    lines = [line for session in sessions for line in session.lines]
    steps = {at for session in sessions for at in session.config.gan_steps}
    print(report.table(lines, sorted(steps), config.methods))
    for note in dict.fromkeys(note for session in sessions for note in session.notes):
        print(note)


def seeds_of(config: options.Options) -> dict[str, tf.Tensor]:
    """Every seed of a run, by use."""
    names = ("data", "train", "calibrate", "shape", "draw", "reals")
    seeds = dict(zip(names, tc.seeds.split(tc.seeds.as_seed(config.seed), 6)))
    seeds["probe"] = tc.seeds.fold_in(seeds["draw"], 2**31 - 1)  # beyond any step
    return seeds
