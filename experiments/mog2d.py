"""Collaborative sampling on 2-D mixtures (Liu et al., AAAI 2020, section 5.1).

    python -m experiments.mog2d

trains a GAN on the imbalanced ring, calibrates its discriminator on plain samples and
shapes it on refined ones, draws from the five samplers, scores and plots them.
"""

import dataclasses
from typing import Annotated, Literal

from experiments import flags

STEPS = flags.at_most(10**7)

Method = Literal["standard", "rejection", "hastings", "refinement", "collaborative"]


@dataclasses.dataclass(frozen=True)
class Config:
    """Collaborative sampling on 2-D mixtures."""

    dataset: Annotated[
        Literal["Imbal-8Gaussians", "8Gaussians", "25Gaussians", "swissroll"],
        "the target distribution",
    ] = "Imbal-8Gaussians"
    ratio: Annotated[
        float, "share of the two large modes of Imbal-8Gaussians", flags.between(0, 1)
    ] = 0.9
    scale: Annotated[
        float | None,
        "size of the target (none: the authors')",
        flags.between(1e-3, 1e4),
    ] = None
    nhidden: Annotated[
        int, "width of the dense layers", flags.positive, flags.at_most(100000)
    ] = 64
    nlayers: Annotated[
        int, "dense layers of G and of D", flags.at_least(2), flags.at_most(1000)
    ] = 6
    bn_affine: Annotated[
        bool, "train batch-norm's scale and shift in G (the authors' code did not)"
    ] = True
    batch_size: Annotated[
        int, "samples a step", flags.at_least(25), flags.at_most(1000000)
    ] = 1000
    niters: Annotated[
        int | None,
        "GAN steps; with --mode=calibrate or shape, D's",
        flags.positive,
        STEPS,
    ] = None
    lrg: Annotated[float, "learning rate of G", flags.positive] = 5e-3
    lrd: Annotated[
        float | None,
        "learning rate of D; with --mode=calibrate or shape, the D loop's",
        flags.positive,
    ] = None
    calibrate_iters: Annotated[
        int, "steps of D on plain samples", flags.non_negative, STEPS
    ] = 3000
    shape_iters: Annotated[
        int, "steps of D on refined samples", flags.non_negative, STEPS
    ] = 3000
    lr_calibrate: Annotated[float, "D's rate when calibrated", flags.positive] = 8e-3
    lr_shape: Annotated[float, "D's rate when shaped", flags.positive] = 8e-3
    eval_every: Annotated[
        int,
        "steps between checkpoints, and D steps between scores",
        flags.positive,
        STEPS,
    ] = 1000
    ckpt_num: Annotated[
        tuple[int, ...] | None,
        "GAN steps at which D is tuned and samples are drawn (none: the last)",
        flags.positive,
        STEPS,
    ] = None
    rollout_method: Annotated[
        Literal["ladam", "adam", "momentum", "sgd"], "how refinement moves"
    ] = "ladam"
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
        Literal["all"] | tuple[Method, ...], "the samplers to draw from"
    ] = "all"
    num_samples: Annotated[
        int, "samples of each method", flags.at_least(2), flags.at_most(10000000)
    ] = 10_000
    drs_percentile: Annotated[
        float | None, "rejection's gamma (none: exact)", flags.between(0, 100)
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
    init_checkpoint: Annotated[
        str | None, "the authors' TF1 checkpoint, to sample instead of training"
    ] = None
    generator: Annotated[
        str | None,
        "a .keras file to sample instead of training; z is standard normal",
    ] = None
    discriminator: Annotated[
        str | None,
        "its discriminator's .keras file, a classifier: logits or probabilities",
    ] = None
    workdir: Annotated[
        str | None, "the run's folder (none: runs/mog2d/DATASET-sSEED)"
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
        if (self.generator is None) != (self.discriminator is None):
            return "--generator and --discriminator go together: give both or none"
        if self.imported and self.generator and self.init_checkpoint:
            return "--init_checkpoint and --generator both name a GAN: give one"
        if self.imported and self.mode == "train":
            return "--mode=train makes a GAN, and the flags already name one"
        if self.imported and self.ckpt_num:
            return (
                "--ckpt_num names steps of training, and the flags name a trained GAN"
            )
        if self.dataset == "Imbal-8Gaussians" and not 0 < self.ratio < 1:
            return f"--ratio={self.ratio} leaves modes empty: give 0 < ratio < 1"
        if self.dataset == "25Gaussians" and (self.scale or 1) < 0.4:
            return f"--scale={self.scale} lets the modes overlap: give 0.4 or more"
        if self.stop is not None and not 0 < self.stop < 1:
            return f"--stop={self.stop} is never or always reached: give 0 < stop < 1"
        return None

    @property
    def imported(self) -> bool:
        return bool(self.init_checkpoint or self.generator)

    @property
    def gan_goal(self) -> int:
        """GAN steps to train: of --niters unless that is the D loop's."""
        tuning = self.mode in ("calibrate", "shape")
        return 3000 if tuning or self.niters is None else self.niters

    @property
    def lr_train(self) -> float:
        """D's rate in training."""
        tuning = self.mode in ("calibrate", "shape")
        return 1e-2 if tuning or self.lrd is None else self.lrd

    @property
    def gan_steps(self) -> tuple[int, ...]:
        """GAN steps at which D is tuned; 0 for a GAN from elsewhere."""
        if self.imported:
            return (0,)
        return tuple(sorted(set(self.ckpt_num or (self.gan_goal,))))

    def tuning(self, kind: Literal["calibrate", "shape"]) -> tuple[int, float]:
        """Steps and rate of a D loop."""
        steps, rate = (
            (self.calibrate_iters, self.lr_calibrate)
            if kind == "calibrate"
            else (self.shape_iters, self.lr_shape)
        )
        if self.mode == kind:
            steps = steps if self.niters is None else self.niters
            rate = rate if self.lrd is None else self.lrd
        return steps, rate

    @property
    def methods(self) -> tuple[str, ...]:
        every = ("standard", "rejection", "hastings", "refinement", "collaborative")
        return (
            every
            if self.method == "all"
            else tuple(name for name in every if name in self.method)
        )


def run(config: Config) -> None:
    """Does what the flags say, once for each seed."""
    from experiments import startup

    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments import planar
    planar.run(config)


if __name__ == "__main__":
    flags.main(Config, run)
