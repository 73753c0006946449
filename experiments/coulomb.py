"""Coulomb GANs in the plane, on images and on text (Unterthiner et al., ICLR 2018).

    python -m experiments.coulomb

trains a Coulomb GAN on 25 Gaussians, shows its potential field while it learns, and
scores what it generates. With --method=all samples are also refined along the field.
"""

import dataclasses
from typing import Annotated, Any, Literal

from experiments import flags, image_options, options, planar_options

POINTS = ("25Gaussians", "Imbal-8Gaussians", "8Gaussians", "swissroll")
TEXT = "billion_word"
# What flags that are not given mean, for points, images and text.
DEFAULTS: dict[str, dict[str, Any]] = {
    "points": {
        "generator": "mlp",
        "discriminator": "mlp",
        "latentsize": 2,
        "batch_size": 256,
        "learningrate": 5e-3,
        "iterations": 10.0,
        "stats_every": 500,
        "checkpoint_every": 2500,
        "num_samples": 10_000,
    },
    "images": {
        "generator": "my",
        "discriminator": "my",
        "latentsize": 32,
        "batch_size": 128,
        "learningrate": 1e-4,
        "iterations": 500.0,
        "stats_every": 5000,
        "checkpoint_every": 5000,
        "num_samples": 5 * 1024,
    },
    "text": {
        "generator": "billion_word",
        "discriminator": "billion_word",
        "latentsize": 32,
        "batch_size": 128,
        "learningrate": 1e-4,
        "iterations": 500.0,
        "stats_every": 5000,
        "checkpoint_every": 5000,
        "num_samples": 640,
    },
}


@dataclasses.dataclass(frozen=True)
class Config(planar_options.PlanarData, image_options.ImageData, options.Options):
    """Coulomb GANs: points in the plane, images, lines of text."""

    EXPERIMENT = "coulomb"
    FIELD = ("dimension", "epsilon", "epsilon_floor", "self_term", "sigma", "disc_loss")
    TRAINING = (
        *("learningrate", "discriminator_lr_scale", "learningrate_floor", "decay"),
        *("l2_penalty", "gen_l2p_scale", "remember_previous"),
    )
    NETS = ("gan", "generator", "discriminator", "width", "latentsize", "batch_norm")

    dataset: Annotated[
        Literal[
            "25Gaussians",
            "Imbal-8Gaussians",
            "8Gaussians",
            "swissroll",
            "mnist",
            "fashion_mnist",
            "celeba",
            "cifar10",
            "lsun",
            "folder",
            "billion_word",
        ],
        "what is learned",
    ] = "25Gaussians"
    gan: Annotated[
        Literal["coulomb", "nsgan"], "what D learns: the potential, or to classify"
    ] = "coulomb"
    generator: Annotated[
        Literal["mlp", "my", "my-tanh", "dcgan", "began", "resnet", "good"]
        | Literal["billion_word"]
        | None,
        "the net (none: mlp for points, my for images)",
    ] = None
    discriminator: Annotated[
        Literal["mlp", "my", "my-big", "my-big2", "dcgan", "began", "resnet8"]
        | Literal["billion_word"]
        | None,
        "the net (none: mlp for points, my for images)",
    ] = None
    width: Annotated[
        float, "times the nets' hidden channels", flags.between(1e-3, 1e3)
    ] = 1.0
    batch_norm: Annotated[
        bool, "in D, where its authors have it (never for points and text)"
    ] = True
    latentsize: Annotated[
        int | None, "size of z (none: 2 for points, else 32)", flags.positive
    ] = None
    batch_size: Annotated[
        int | None,
        "samples a step (none: 256 points, else 128)",
        flags.at_least(2),
        flags.at_most(1000000),
    ] = None  # type: ignore[assignment]  # given its default before it is used
    iterations: Annotated[
        float | None,
        "thousands of steps (none: 10 for points, else 500)",
        flags.between(0.001, 10**4),
    ] = None
    learningrate: Annotated[
        float | None, "of G (none: 0.005 for points, else 0.0001)", flags.positive
    ] = None
    discriminator_lr_scale: Annotated[
        float, "learning rate of D, in those of G", flags.positive
    ] = 1.0
    decay: Annotated[
        float | None,
        "what a thousand steps make of one of the learning rates and of epsilon "
        "(none: 0.68 for points, else 1)",
        flags.between(1e-3, 1),
    ] = None
    learningrate_floor: Annotated[
        float, "the learning rate of G falls no lower", flags.non_negative
    ] = 0.0
    dimension: Annotated[
        float, "of the Plummer kernel; 3 is Coulomb's 1 / r", flags.at_most(1000)
    ] = 3.0
    epsilon: Annotated[float, "the kernel's width", flags.positive] = 1.0
    epsilon_floor: Annotated[
        float | None, "it falls no lower (none: it stays)", flags.positive
    ] = None
    self_term: Annotated[
        Literal["drop", "keep"] | None,
        "each point's own potential (none: drop for points, else keep, the authors')",
    ] = None
    sigma: Annotated[
        float, "normal noise on what D looks at, in training", flags.non_negative
    ] = 0.0
    disc_loss: Annotated[Literal["l2", "l1"], "D's loss"] = "l2"
    remember_previous: Annotated[
        bool, "D also learns from the step before's samples"
    ] = False
    l2_penalty: Annotated[
        float, "weight of |w|^2 / 2 of D's convolution kernels", flags.non_negative
    ] = 0.0
    gen_l2p_scale: Annotated[
        float, "the same of G's, in those of D", flags.non_negative
    ] = 0.0
    stats_every: Annotated[
        int | None,
        "steps between looks at samples and field (none: 500 for points, else 5000)",
        flags.positive,
        options.STEPS,
    ] = None
    checkpoint_every: Annotated[
        int | None,
        "steps between checkpoints, and D steps between scores (none: 2500 for "
        "points, else 5000)",
        flags.positive,
        options.STEPS,
    ] = None
    output_size: Annotated[
        int | None, "side of the images (none: 64, of 28 and 32 ones 32)"
    ] = None
    length: Annotated[
        int, "characters of a line", flags.at_least(2), flags.at_most(10**4)
    ] = 32
    vocabulary_size: Annotated[
        int, "characters known", flags.at_least(2), flags.at_most(2**16)
    ] = 2048
    max_lines: Annotated[
        int, "lines of text", flags.at_least(100), flags.at_most(10**9)
    ] = 10_000_000
    num_samples: Annotated[
        int | None,
        "samples of each method, and in training (none: 10 000 points, 5 x 1024 "
        "images, 640 lines)",
        flags.at_least(2),
        flags.at_most(10000000),
    ] = None  # type: ignore[assignment]
    method: Annotated[
        Literal["all"] | tuple[options.Method, ...], "the samplers to draw from"
    ] = ("standard",)
    calibrate_iters: int = 0
    shape_iters: int = 0
    lr_calibrate: float = 1e-4
    lr_shape: float = 1e-4
    rollout_method: Literal["ladam", "adam", "momentum", "sgd"] = "adam"
    rollout_steps: int = 20
    drs_percentile: float | None = 80.0
    drs_per_batch: bool = False
    mh_thin: int = 5
    # On CPUs the potentials of a batch take XLA four times as long and more.
    xla: Literal["auto", "on", "off"] = "off"

    @property
    def kind(self) -> str:
        """points, images or text."""
        if self.dataset in POINTS:
            return "points"
        return "text" if self.dataset == TEXT else "images"

    def settled(self) -> "Config":
        """The same, with every flag's value in place of none."""
        known = DEFAULTS[self.kind] | {
            "decay": 0.68 if self.kind == "points" else 1.0,
            "self_term": "drop" if self.kind == "points" else "keep",
            "output_size": (
                32 if self.dataset in ("mnist", "fashion_mnist", "cifar10") else 64
            ),
        }
        absent = {k: v for k, v in known.items() if getattr(self, k) is None}
        return dataclasses.replace(self, **absent)

    @property
    def DATA(self) -> tuple[str, ...]:  # type: ignore[override]
        return {
            "points": ("dataset", "ratio", "scale"),
            "images": ("dataset", "imbalance", "output_size"),
            "text": ("dataset", "length", "vocabulary_size", "max_lines"),
        }[self.kind]

    @property
    def MEASURES(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("features",) if self.kind == "images" else ()

    def problem(self) -> str | None:
        if self.dimension <= 2:
            return (
                f"--dimension={self.dimension} makes no potential that falls with "
                "distance: give more than 2"
            )
        if self.epsilon_floor is not None and self.epsilon_floor > self.epsilon:
            floor = self.epsilon_floor
            return f"--epsilon_floor={floor} is above --epsilon={self.epsilon}"
        given = self.settled()
        if given.learningrate_floor > (given.learningrate or 0):
            return (
                f"--learningrate_floor={self.learningrate_floor} is above "
                f"--learningrate={given.learningrate}"
            )
        for flag in ("generator", "discriminator"):
            net = getattr(given, flag)
            makes = {"mlp": "points", TEXT: "text"}.get(net, "images")
            if makes != self.kind:
                return (
                    f"--{flag}={net} is for {makes}, and --dataset={self.dataset} "
                    f"has {self.kind}"
                )
        if self.dataset == "folder" and self.data_dir is None:
            return "--dataset=folder needs the images' folder as --data_dir"
        if self.gan == "nsgan" and self.remember_previous:
            return (
                "--remember_previous is Coulomb's alone: --gan=nsgan has no use for it"
            )
        return self.planar_problem(self.dataset) or super().problem()

    @property
    def gan_goal(self) -> int:
        return round(1000 * (self.settled().iterations or 0))

    @property
    def rates(self) -> tuple[float, float]:
        rate = self.settled().learningrate or 0.0
        return rate, rate * self.discriminator_lr_scale

    @property
    def training(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*self.TRAINING, *self.FIELD)}

    @property
    def save_every(self) -> int:
        return self.settled().checkpoint_every or 1

    @property
    def show_every(self) -> int:
        return self.settled().stats_every or 1

    @property
    def sizes(self) -> dict[str, int]:
        return {"size": self.settled().output_size or 64}


def run(config: Config) -> None:
    """Does what the flags say, once for each seed."""
    from experiments import startup

    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments import charges, course
    course.run(config.settled(), charges.study_of)


if __name__ == "__main__":
    flags.main(Config, run)
