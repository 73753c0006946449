"""The flags of every experiment that trains a GAN and samples it."""

import abc
import dataclasses
import os
import pathlib
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from experiments.cli import errors, fields, rules
from experiments.stages import from_runs, records, remembering, shared_flags
from tf_collab import tables

__all__ = ["STEPS", "Options", "Width"]

STEPS = shared_flags.STEPS
Width = Annotated[
    float, "factor on the hidden channels of both nets", rules.between(1e-3, 1e3)
]


@dataclasses.dataclass(frozen=True)
class Options(
    shared_flags.RunFlags,
    shared_flags.TuningFlags,
    shared_flags.RefinementFlags,
    shared_flags.SamplerFlags,
    fields.Given,
    abc.ABC,
):
    """An experiment adds its data, nets and training, and other defaults if it has any.

    The names are the authors' where they have one.
    """

    EXPERIMENT: ClassVar[str]
    # The flags of its own that data, nets and measures stand on.
    DATA: ClassVar[tuple[str, ...]]
    NETS: ClassVar[tuple[str, ...]]
    MEASURES: ClassVar[tuple[str, ...]] = ()
    JUDGES: ClassVar[tuple[str, ...]] = ()  # of how D is asked once it is trained
    # How far a run goes, how often it saves, what it draws: another value goes on.
    GOALS: ClassVar[tuple[str, ...]] = ("calibrate_iters", "shape_iters", "pdf")
    # Of training alone: without effect on a GAN from elsewhere.
    TRAINING: ClassVar[tuple[str, ...]]
    # Where data are: they may move, and their digest tells whether they are the same.
    PLACES: ClassVar[tuple[str, ...]] = ()

    def problem(self) -> str | None:
        """What is wrong with flags that are fine one by one."""
        if self.mode in ("calibrate", "shape", "sample") and not self.imported:
            folder = str(self.workdir)
            if not any(pathlib.Path(folder, "checkpoints", "train").glob("step-*")):
                return (
                    f"--mode={self.mode} needs GAN step {self.gan_steps[0]}, and "
                    f"{folder!r} has no checkpoint: train it first with --mode=train"
                )
        if self.imported and self.mode == "train":
            return "--mode=train makes a GAN, and the flags already name one"
        if self.from_run and self.from_files:
            others = ", ".join(f"--{name}" for name in self.sources)
            return f"--from_run and the files of {others} both name a GAN: give one"
        for name in self.files:
            if wrong := self.misplaced(name, rules.a_checkpoint):
                return wrong
        if self.rollout_rate == records.AUTO and not self.rollout_steps:
            return "--rollout_rate=auto is of a path, and --rollout_steps=0 has none"
        if self.strategy != "none" and self.xla == "on":
            return (
                f"--xla=on compiles a step as a whole, and the devices of "
                f"--strategy={self.strategy} meet inside of it: leave it out"
            )
        if self.stop is not None and not 0 < self.stop < 1:
            return f"--stop={self.stop} is never or always reached: give 0 < stop < 1"
        if not self.is_classifier:
            why = "asks for D's probability, and this GAN's D gives none"
            if self.stop is not None:
                return f"--stop={self.stop} {why}"
            if tables.POLICIES[self.rollout_method or "adam"].needs_ratio:
                return f"--rollout_method={self.rollout_method} {why}: give adam"
        return None

    def idle(self) -> dict[str, str]:
        """Flags without effect for the chosen data, nets and objective, and why."""
        alone = self.strategy == "none"
        found = {"sync_batch_norm": "--strategy=none"} if alone else {}
        if self.imported:
            found |= dict.fromkeys(self.TRAINING, "a GAN from elsewhere")
        return found

    def settled(self) -> Self:
        """The same, with a value for every flag whose default hangs on others."""
        if self.rollout_method is not None:
            return self
        usual = "ladam" if self.is_classifier else "adam"
        return dataclasses.replace(self, rollout_method=usual)

    def spelled_out(self) -> Self:
        """The same, with the flags that others stand for in this mode."""
        return self

    def each_run(self) -> Iterator[Self]:
        """Of every seed, with its folder and what that remembers of flags not given."""
        config = self.spelled_out()
        given = config.flags_given()
        if self.seeds is not None:
            if "seed" in given:
                raise errors.Refused(
                    "--seed and --seeds both say where to begin: give one"
                )
            given["seed"] = given.pop("seeds", "seeds")
        config = dataclasses.replace(config, given=given)
        if config.from_run:
            config = from_runs.taken(config)
        seeds = (config.seed,) if self.seeds is None else dict.fromkeys(self.seeds)
        for seed in seeds:
            name = f"{'imported-' * self.imported}{config.dataset}-s{seed}"
            own = os.path.join("runs", self.EXPERIMENT)
            folder = pathlib.Path(self.workdir or own).expanduser()
            if self.seeds is not None or self.workdir is None:
                folder /= name
            one = dataclasses.replace(
                config,
                seed=seed,
                seeds=None,
                workdir=rules.Path(str(folder)),
            )
            yield remembering.recalled(one, folder).settled()

    @property
    def free(self) -> tuple[str, ...]:
        """Flags that a run remembers and no phase stands on."""
        return (*self.GOALS, *self.PLACES)

    @property
    def files(self) -> tuple[str, ...]:
        """The flags that name files of which a phase records the content."""
        return (*self.sources, *self.nets_of_features)

    @property
    def nets_of_features(self) -> tuple[str, ...]:
        """The flags that name the file of a net which looks at samples."""
        return ()

    @property
    def is_classifier(self) -> bool:
        """Whether D learns a probability."""
        return tables.OBJECTIVES[self.gan].ratio

    @property
    def sources(self) -> tuple[str, ...]:
        """The flags that name files of a trained GAN; none is given if it trains."""
        return ()

    @property
    def from_files(self) -> bool:
        """Whether the GAN comes from files that the flags name."""
        return any(getattr(self, name) for name in self.sources)

    @property
    def imported(self) -> bool:
        """Whether the GAN comes from elsewhere, and is not trained."""
        return self.from_files or bool(self.from_run)

    @property
    @abc.abstractmethod
    def gan_goal(self) -> int:
        """GAN steps to train."""

    @property
    @abc.abstractmethod
    def rates(self) -> tuple[float, float]:
        """Of G and of D in training."""

    @property
    @abc.abstractmethod
    def training(self) -> dict[str, Any]:
        """The flags that training stands on, beside those of data and nets."""

    @property
    @abc.abstractmethod
    def save_every(self) -> int:
        """Steps between checkpoints, and D steps between scores."""

    @property
    def show_every(self) -> int:
        """GAN steps between looks at its samples."""
        return self.save_every

    @property
    def show_samples(self) -> int:
        """How many samples a look takes."""
        return self.num_samples

    @property
    def gan_steps(self) -> tuple[int, ...]:
        """GAN steps at which D is tuned; 0 for a GAN that comes from files."""
        if self.from_files:
            return (0,)
        return tuple(sorted(set(self.ckpt_num or (self.gan_goal,))))
