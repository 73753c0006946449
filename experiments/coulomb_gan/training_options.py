"""The flags of how a Coulomb GAN learns, and what they mean for data of each kind."""

import dataclasses
from typing import Annotated, Any, ClassVar, Literal, Self

from experiments.cli import rules
from experiments.coulomb_gan import model_options
from experiments.stages import options

__all__ = ["DEFAULTS", "POINTS", "SMALL", "CoulombTraining"]

POINTS = ("25Gaussians", "Imbal-8Gaussians", "8Gaussians", "swissroll")
SMALL = ("mnist", "fashion_mnist", "cifar10")  # images of 28 or 32
# What flags that are not given mean, for points, images and text.
IMAGES: dict[str, Any] = {
    "generator": "my",
    "discriminator": "my",
    "latentsize": 32,
    "batch_size": 128,
    "learningrate": 1e-4,
    "decay": 1.0,
    "iterations": 500.0,
    "stats_every": 5000,
    "checkpoint_every": 5000,
    "num_samples": 5 * 1024,
    "latents": "independent",
}
DEFAULTS = {
    "points": {
        "generator": "mlp",
        "discriminator": "mlp",
        "latentsize": 2,
        "batch_size": 256,
        "learningrate": 1e-3,
        "decay": 0.86,
        "iterations": 30.0,
        "stats_every": 1500,
        "checkpoint_every": 15_000,
        "num_samples": 10_000,
        "latents": "quasi",
    },
    "images": IMAGES,
    "text": IMAGES
    | {"generator": "billion_word", "discriminator": "billion_word"}
    | {"num_samples": 640},
}


@dataclasses.dataclass(frozen=True)
class CoulombTraining(options.Options):
    """Adam at rates that fall, and how often training is looked at and saved."""

    TOPIC: ClassVar[str] = "Training"

    GOALS = (*options.Options.GOALS, "iterations", "stats_every", "checkpoint_every")
    TRAINING = (
        *("iterations", "learningrate", "discriminator_lr_scale"),
        *("learningrate_floor", "stats_every", "remember_previous"),
    )
    FIELD: ClassVar[tuple[str, ...]]  # the flags of the field

    batch_size: Annotated[
        int | None,
        "samples in a training step (none: 256 points, else 128)",
        rules.at_least(2),
        rules.at_most(1000000),
    ] = None  # type: ignore[assignment]  # given its default before it is used
    iterations: Annotated[
        float | None,
        "thousands of training steps (none: 30 for points, else 500)",
        rules.between(0.001, 10**4),
    ] = None
    learningrate: Annotated[
        float | None,
        "learning rate of G (none: 0.001 for points, else 0.0001)",
        rules.positive,
    ] = None
    discriminator_lr_scale: Annotated[
        float, "learning rate of D, as a multiple of that of G", rules.positive
    ] = 1.0
    decay: Annotated[
        float | None,
        "factor by which learning rates and epsilon shrink every 1000 steps (none: "
        "0.86 for points, else 1)",
        rules.between(1e-3, 1),
    ] = None
    learningrate_floor: Annotated[
        float, "lower bound of the learning rate of G as it decays", rules.non_negative
    ] = 0.0
    beta1: Annotated[
        float | None,
        "beta 1 of Adam (none: 0.9, for NSGAN 0.5)",
        rules.between(0, 0.9999),
    ] = None
    stats_every: Annotated[
        int | None,
        "training steps between measurements of samples and field (none: 1500 for "
        "points, else 5000)",
        rules.positive,
        options.STEPS,
    ] = None
    checkpoint_every: Annotated[
        int | None,
        "training steps between checkpoints, and D steps between measured samples "
        "(none: 15 000 for points, else 5000)",
        rules.positive,
        options.STEPS,
    ] = None
    num_samples: Annotated[
        int | None,
        "number of samples to draw from each sampler; in training no more than the "
        "default are measured (none: 10 000 points, 5 x 1024 images, 640 lines)",
        rules.at_least(2),
        rules.at_most(10000000),
    ] = None  # type: ignore[assignment]

    @property
    def kind(self) -> Literal["points", "images", "text"]:
        if self.dataset in POINTS:
            return "points"
        return "text" if self.dataset == model_options.TEXT else "images"

    def meant(self, name: str) -> Any:
        """A flag's value, or what it means not to give it."""
        value = getattr(self, name)
        return DEFAULTS[self.kind][name] if value is None else value

    def settled(self) -> Self:
        """The same, with a value for every flag that was not given."""
        values = {name: self.meant(name) for name in DEFAULTS[self.kind]}
        return dataclasses.replace(super().settled(), **values)

    @property
    def gan_goal(self) -> int:
        return round(1000 * self.meant("iterations"))

    @property
    def rates(self) -> tuple[float, float]:
        rate = self.meant("learningrate")
        return rate, rate * self.discriminator_lr_scale

    @property
    def training(self) -> dict[str, Any]:
        names = ("learningrate", "discriminator_lr_scale", "learningrate_floor")
        return {
            name: getattr(self, name)
            for name in (*names, "decay", "beta1", *self.FIELD)
        }

    @property
    def save_every(self) -> int:
        return self.meant("checkpoint_every")

    @property
    def show_every(self) -> int:
        return self.meant("stats_every")

    @property
    def show_samples(self) -> int:
        return min(self.meant("num_samples"), DEFAULTS[self.kind]["num_samples"])
