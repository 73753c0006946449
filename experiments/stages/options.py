"""The flags of every experiment that trains a GAN and samples it."""

import abc
import dataclasses
import os
import pathlib
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from experiments.cli import (
    errors,
    fields,
    flags,
    paths,
)
from experiments.stages import records
from tf_collab import tables

__all__ = ["STEPS", "Options"]

STEPS = flags.at_most(10**7)  # of any loop


@dataclasses.dataclass(frozen=True)
class Options(fields.Given, abc.ABC):
    """An experiment adds its data, nets and training, and other defaults if it has any.

    The names are the authors' where they have one.
    """

    EXPERIMENT: ClassVar[str]
    # The flags of its own that data, nets and measures stand on.
    DATA: ClassVar[tuple[str, ...]]
    NETS: ClassVar[tuple[str, ...]]
    MEASURES: ClassVar[tuple[str, ...]] = ()
    JUDGES: ClassVar[tuple[str, ...]] = ()  # of how D is asked once it is trained
    # How far a run goes and how often it saves: another value goes on with it.
    GOALS: ClassVar[tuple[str, ...]] = ("calibrate_iters", "shape_iters")
    # Where data are: they may move, and their digest tells whether they are the same.
    PLACES: ClassVar[tuple[str, ...]] = ()

    dataset: Annotated[str, "the target distribution"] = ""
    # An experiment says which of `tables.OBJECTIVES` fit it.
    gan: Annotated[str, "the GAN's objective"] = "nsgan"
    batch_size: Annotated[
        int, "samples a step", flags.at_least(2), flags.at_most(1000000)
    ] = 1000
    calibrate_iters: Annotated[
        int, "steps of D on plain samples", flags.non_negative, STEPS
    ] = 3000
    shape_iters: Annotated[
        int, "steps of D on refined samples", flags.non_negative, STEPS
    ] = 3000
    lr_calibrate: Annotated[float, "D's rate when calibrated", flags.positive] = 8e-3
    lr_shape: Annotated[float, "D's rate when shaped", flags.positive] = 8e-3
    tune_optimizer: Annotated[
        Literal["adam", "sgd"], "optimizer of D when it is calibrated or shaped"
    ] = "adam"
    ckpt_num: Annotated[
        tuple[int, ...] | None,
        "GAN steps at which D is tuned and samples are drawn (none: the last)",
        flags.positive,
        STEPS,
    ] = None
    rollout_method: Annotated[
        str | None,
        "how refinement moves (none: ladam where D's score gives a probability, else "
        "adam)",
        flags.one_of(tables.POLICIES),
    ] = None
    rollout_rate: Annotated[float, "its step size", flags.positive] = 0.1
    rollout_steps: Annotated[
        int, "its steps, K", flags.non_negative, flags.at_most(100000)
    ] = 50
    collab_layer: Annotated[
        int | None, "the layer that it moves (none: the data)", flags.non_negative
    ] = None
    stop: Annotated[
        float | None,
        "a sample rests once D gives it this probability (none: K steps, best kept)",
        flags.between(0, 1),
    ] = None
    mode: Annotated[
        Literal["all", "train", "calibrate", "shape", "sample"], "what to do"
    ] = "all"
    method: Annotated[
        Literal["all"] | tuple[str, ...],
        "the samplers to draw from",
        flags.one_of(tables.METHODS),
    ] = "all"
    num_samples: Annotated[
        int, "samples of each method", flags.at_least(2), flags.at_most(10000000)
    ] = 10_000
    drs_percentile: Annotated[
        float | None,
        "rejection's gamma, as a percentile (none: 0, exact by the burn-in's maximum)",
        flags.between(0, 100),
    ] = 100.0
    drs_per_batch: Annotated[
        bool, "take gamma from each batch, as the authors do, not from the burn-in"
    ] = True
    mh_thin: Annotated[
        int,
        "proposals for each sample of a chain",
        flags.positive,
        flags.at_most(100000),
    ] = 20
    mh_pool: Annotated[
        bool,
        "collaborative sampling's chain runs over the refined samples already drawn, "
        "and gives one in --mh_thin of them",
    ] = False
    workdir: Annotated[
        flags.Path | None,
        "the run's folder (none: runs/EXPERIMENT/DATASET-sSEED); flags that are not "
        "given are those of the run in it",
        paths.new_folder,
    ] = None
    seed: Annotated[int, "of everything", flags.between(0, 10**6)] = 0
    seeds: Annotated[
        tuple[int, ...] | None,
        "a sweep: a folder for each in --workdir, and one table",
        flags.between(0, 10**6),
    ] = None
    resume: Annotated[bool, "go on with what the folder holds"] = True
    xla: Annotated[
        Literal["auto", "on", "off"], "compile with XLA (auto: where it pays)"
    ] = "auto"
    precision: Annotated[
        Literal["float32", "mixed_bfloat16"], "of the nets' hidden layers"
    ] = "float32"

    def problem(self) -> str | None:
        """What is wrong with flags that are fine one by one."""
        if self.mode in ("calibrate", "shape", "sample") and not self.imported:
            folder = str(self.workdir)
            if not any(pathlib.Path(folder, "checkpoints", "train").glob("step-*")):
                return (
                    f"--mode={self.mode} needs GAN step {self.gan_steps[0]}, and "
                    f"{folder!r} has no checkpoint: train it first with --mode=train"
                )
        for name in self.files:
            if wrong := self.misplaced(name, paths.a_checkpoint):
                return wrong
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
        return {}

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
        seeds = (self.seed,) if self.seeds is None else dict.fromkeys(self.seeds)
        given = config.flags_given()
        if self.seeds is not None:
            if "seed" in given:
                raise errors.Refused(
                    "--seed and --seeds both say where to begin: give one"
                )
            given["seed"] = given.pop("seeds", "seeds")
        for seed in seeds:
            name = f"{'imported-' * self.imported}{self.dataset}-s{seed}"
            own = os.path.join("runs", self.EXPERIMENT)
            folder = pathlib.Path(self.workdir or own).expanduser()
            if self.seeds is not None or self.workdir is None:
                folder /= name
            one = dataclasses.replace(
                config,
                seed=seed,
                seeds=None,
                workdir=flags.Path(str(folder)),
                given=given,
            )
            yield records.recalled(one, folder).settled()

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
    def imported(self) -> bool:
        """Whether the GAN comes from elsewhere, and is not trained."""
        return any(getattr(self, name) for name in self.sources)

    @property
    def layer(self) -> int | None:
        """The layer that shaping and the samplers refine; None is the data."""
        return self.collab_layer

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
        """GAN steps at which D is tuned; 0 for a GAN from elsewhere."""
        if self.imported:
            return (0,)
        return tuple(sorted(set(self.ckpt_num or (self.gan_goal,))))

    def tuning(self, kind: Literal["calibrate", "shape"]) -> tuple[int, float]:
        """Steps and rate of a D loop."""
        if kind == "calibrate":
            return self.calibrate_iters, self.lr_calibrate
        return self.shape_iters, self.lr_shape

    @property
    def methods(self) -> tuple[str, ...]:
        """The samplers that are asked for, in the order of results."""
        if self.method == "all":
            return tables.METHODS
        return tuple(name for name in tables.METHODS if name in self.method)
