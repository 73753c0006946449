"""The flags that every experiment has: of the run, tuning D, refinement, samplers."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from experiments.cli import rules
from tf_collab import tables

__all__ = ["STEPS", "RefinementFlags", "RunFlags", "SamplerFlags", "TuningFlags"]

STEPS = rules.at_most(10**7)  # of any loop


@dataclasses.dataclass(frozen=True)
class RunFlags:
    """What is learned, which stages run, and where."""

    TOPIC: ClassVar[str] = "Run"

    dataset: Annotated[str, "target distribution"] = ""
    # An experiment says which of `tables.OBJECTIVES` fit it.
    gan: Annotated[str, "the GAN's objective"] = "nsgan"
    batch_size: Annotated[
        int, "samples in a training step", rules.at_least(2), rules.at_most(1000000)
    ] = 1000
    ckpt_num: Annotated[
        tuple[int, ...] | None,
        "GAN steps at which D is tuned and samples are drawn (none: the last)",
        rules.positive,
        STEPS,
    ] = None
    from_run: Annotated[
        rules.Path | None,
        "folder of a run whose trained GAN is tuned and sampled in --workdir; that "
        "folder is only read, data and nets are as there, and G learns no further",
        rules.a_folder,
    ] = None
    mode: Annotated[
        Literal["all", "train", "calibrate", "shape", "sample"],
        "stages to run: all, training alone, one of the D loops, or drawing alone",
    ] = "all"
    workdir: Annotated[
        rules.Path | None,
        "folder of the run (none: runs/EXPERIMENT/DATASET-sSEED); flags that are not "
        "given are those of the run in it",
        rules.new_folder,
    ] = None
    seed: Annotated[int, "random seed of the whole run", rules.between(0, 10**6)] = 0
    seeds: Annotated[
        tuple[int, ...] | None,
        "random seeds of a sweep, each with its own folder in --workdir",
        rules.between(0, 10**6),
    ] = None
    resume: Annotated[bool, "whether to go on with the run in the folder"] = True
    pdf: Annotated[bool, "whether figures are written as PDF files too"] = False
    xla: Annotated[
        Literal["auto", "on", "off"],
        "whether to compile with XLA (auto: where it is faster)",
    ] = "auto"
    strategy: Annotated[
        Literal["none", "mirrored", "multi_worker", "tpu"],
        "devices that share each batch of training: none (one device), mirrored (all "
        "of this machine), multi_worker (those of the hosts in TF_CONFIG) or tpu",
    ] = "none"
    sync_batch_norm: Annotated[
        bool,
        "whether batch-norm normalises by the batch of all devices, as one device does",
    ] = True
    precision: Annotated[
        Literal["float32", "mixed_bfloat16"], "floating-point type of hidden layers"
    ] = "float32"


@dataclasses.dataclass(frozen=True)
class TuningFlags:
    """How D is calibrated and shaped."""

    TOPIC: ClassVar[str] = "Calibration and shaping of the discriminator"

    calibrate_iters: Annotated[
        int, "calibration steps: D learns from plain samples", rules.non_negative, STEPS
    ] = 3000
    shape_iters: Annotated[
        int, "shaping steps: D learns from refined samples", rules.non_negative, STEPS
    ] = 3000
    lr_calibrate: Annotated[float, "learning rate of calibration", rules.positive] = (
        8e-3
    )
    lr_shape: Annotated[float, "learning rate of shaping", rules.positive] = 8e-3
    tune_optimizer: Annotated[
        Literal["adam", "sgd"], "optimizer of calibration and shaping"
    ] = "adam"

    def tuning(self, kind: Literal["calibrate", "shape"]) -> tuple[int, float]:
        """Steps and rate of a D loop."""
        if kind == "calibrate":
            return self.calibrate_iters, self.lr_calibrate
        return self.shape_iters, self.lr_shape


@dataclasses.dataclass(frozen=True)
class RefinementFlags:
    """How refinement moves samples."""

    TOPIC: ClassVar[str] = "Refinement"

    rollout_method: Annotated[
        str | None,
        "how refinement moves a sample (none: ladam where D gives a probability, else "
        "adam)",
        rules.one_of(tables.POLICIES),
    ] = None
    rollout_rate: Annotated[
        float | Literal["auto"],
        "step size of refinement (auto: that whose path of all steps moves the median "
        "sample by half of the layer's spread, found by the trained D)",
        rules.positive,
    ] = 0.1
    rollout_steps: Annotated[
        int, "refinement steps (K)", rules.non_negative, rules.at_most(100000)
    ] = 50
    collab_layer: Annotated[
        int | None,
        "generator layer to refine (none: the image or point itself)",
        rules.non_negative,
        rules.Elsewhere({"all": "; celeba alone compares all layers"}),
    ] = None
    stop: Annotated[
        float | None,
        "probability of D at which refinement of a sample ends (none: all K steps are "
        "taken, and the best point is kept)",
        rules.between(0, 1),
    ] = None

    @property
    def layer(self) -> int | None:
        """The layer that shaping and the samplers refine; None is the data."""
        return self.collab_layer


@dataclasses.dataclass(frozen=True)
class DrawFlags:
    """Which samplers are drawn from, and how much."""

    TOPIC: ClassVar[str] = "Samplers"

    method: Annotated[
        Literal["all", "every"] | tuple[str, ...],
        f"samplers to draw from: all are {', '.join(tables.USUAL)}, and every is each "
        "of these",
        rules.one_of(tables.SAMPLERS),
    ] = "all"
    num_samples: Annotated[
        int,
        "number of samples to draw from each sampler",
        rules.at_least(2),
        rules.at_most(10000000),
    ] = 10_000

    @property
    def methods(self) -> tuple[str, ...]:
        """The samplers that are asked for, in the order of results."""
        if self.method == "every":
            return tables.METHODS
        asked = tables.USUAL if self.method == "all" else self.method
        return tuple(name for name in tables.METHODS if name in asked)


def _flag(row: tables.FlagRow) -> Any:
    """The type, help and rules of a row, as a field of a config has them."""
    checks: list[Any] = []
    if row.choices is not None:
        checks = [rules.OneOf(row.choices)]
    bounds = (rules.above, row.above), (rules.at_least, row.least)
    for rule, bound in (*bounds, (rules.at_most, row.most)):
        checks += [] if bound is None else [rule(bound)]
    return Annotated[row.kind, row.about, *checks]


if TYPE_CHECKING:

    class SamplerFlags(DrawFlags):
        """And the flags of each, of which the programs read these themselves."""

        mh_thin: int
        mh_pool: bool

else:
    SamplerFlags = dataclasses.make_dataclass(
        "SamplerFlags",
        [(name, _flag(row), row.default) for name, row in tables.FLAGS.items()],
        bases=(DrawFlags,),
        namespace={"__doc__": "And the flags of each.", "TOPIC": DrawFlags.TOPIC},
        frozen=True,
    )
