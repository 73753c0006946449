"""Coulomb GANs in the plane, on images and on text (Unterthiner et al., ICLR 2018).

    python -m experiments.coulomb

trains a Coulomb GAN on 25 Gaussians, shows its potential field while it learns, and
scores what it generates. With --method=all samples are also refined along the field.
"""

import dataclasses
import os
from typing import Annotated, Any, Literal

from experiments.cli import flags, paths, startup
from experiments.coulomb_gan import field_options, net_options
from experiments.images import image_options
from experiments.points import point_options
from experiments.stages import options
from experiments.text import text_options

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


# The flags that data of one kind have, and others have not.
OWN: dict[str, tuple[str, ...]] = {
    "points": ("ratio", "scale"),
    "images": ("imbalance", "output_size", "features", "memory_gib", "cache_dir")
    + ("data_dir", "download"),
    "text": ("length", "vocabulary_size", "max_lines", "data_dir", "download"),
}


@dataclasses.dataclass(frozen=True)
class Config(
    field_options.FieldOptions,
    net_options.NetOptions,
    text_options.TextData,
    point_options.PlanarData,
    image_options.ImageData,
    options.Options,
):
    """Coulomb GANs: points in the plane, images, lines of text."""

    EXPERIMENT = "coulomb"
    GOALS = (*options.Options.GOALS, "iterations", "stats_every", "checkpoint_every")
    DATA = (
        *("dataset", "ratio", "scale", "imbalance", "output_size"),
        *("length", "vocabulary_size", "max_lines"),
    )
    MEASURES = ("features",)

    dataset: Annotated[
        Literal["25Gaussians", "Imbal-8Gaussians", "8Gaussians", "swissroll"]
        | Literal["mnist", "fashion_mnist", "celeba", "cifar10", "lsun", "folder"]
        | Literal["billion_word"],
        "what is learned",
    ] = "25Gaussians"
    gan: Annotated[
        Literal["coulomb", "nsgan"], "what D learns: the potential, or to classify"
    ] = "coulomb"
    output_size: Annotated[
        int | None,
        "side of the images (none: 64, of 28 and 32 ones 32)",
        flags.positive,
    ] = None
    batch_size: Annotated[
        int | None,
        "samples a step (none: 256 points, else 128)",
        flags.at_least(2),
        flags.at_most(1000000),
    ] = None  # type: ignore[assignment]  # given its default before it is used
    iterations: Annotated[
        float | None,
        "thousands of steps (none: 30 for points, else 500)",
        flags.between(0.001, 10**4),
    ] = None
    learningrate: Annotated[
        float | None, "of G (none: 0.001 for points, else 0.0001)", flags.positive
    ] = None
    discriminator_lr_scale: Annotated[
        float, "learning rate of D, in those of G", flags.positive
    ] = 1.0
    decay: Annotated[
        float | None,
        "what a thousand steps make of one of the learning rates and of epsilon "
        "(none: 0.86 for points, else 1)",
        flags.between(1e-3, 1),
    ] = None
    learningrate_floor: Annotated[
        float, "the learning rate of G falls no lower", flags.non_negative
    ] = 0.0
    beta1: Annotated[
        float | None, "Adam's (none: 0.9, of NSGAN 0.5)", flags.between(0, 0.9999)
    ] = None
    stats_every: Annotated[
        int | None,
        "steps between looks at samples and field (none: 1500 for points, else 5000)",
        flags.positive,
        options.STEPS,
    ] = None
    checkpoint_every: Annotated[
        int | None,
        "steps between checkpoints, and D steps between scores (none: 15 000 for "
        "points, else 5000)",
        flags.positive,
        options.STEPS,
    ] = None
    num_samples: Annotated[
        int | None,
        "samples of each method; a look in training takes no more than if this is not "
        "given (none: 10 000 points, 5 x 1024 images, 640 lines)",
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
    # Along the field z is what may move: a step in it takes a sample off the threads
    # between modes, where pixels and points only follow D's noise.
    collab_layer: int | None = 0
    rollout_rate: float = 0.03
    rollout_steps: int = 5
    drs_percentile: float | None = 80.0
    drs_per_batch: bool = False
    mh_thin: int = 5
    # On CPUs the potentials of a batch take XLA three times as long and more.
    xla: Literal["auto", "on", "off"] = "off"

    def text_problem(self) -> str | None:
        """What is wrong with where the text is, in a sentence."""
        if self.data_dir is None or self.download or os.path.exists(self.data_dir):
            return None
        return self.misplaced("data_dir", paths.some_files)

    @property
    def kind(self) -> Literal["points", "images", "text"]:
        if self.dataset in POINTS:
            return "points"
        return "text" if self.dataset == net_options.TEXT else "images"

    def meant(self, name: str) -> Any:
        """A flag's value, or what it means not to give it."""
        value = getattr(self, name)
        return DEFAULTS[self.kind][name] if value is None else value

    def settled(self) -> "Config":
        """The same, with a value for every flag that was not given."""
        values = {name: self.meant(name) for name in DEFAULTS[self.kind]}
        if self.beta1 is None:
            values["beta1"] = 0.5 if self.gan == "nsgan" else 0.9
        if self.kind == "images":
            values["output_size"] = self.sizes["size"]
        return dataclasses.replace(self, **values)

    def problem(self) -> str | None:
        rate = self.meant("learningrate")
        if self.learningrate_floor > rate:
            return (
                f"--learningrate_floor={self.learningrate_floor} is above "
                f"--learningrate={rate}"
            )
        for flag in ("generator", "discriminator"):
            net = self.meant(flag)
            if self.made_by(net) != self.kind:
                return (
                    f"--{flag}={net} is for {self.made_by(net)}, and "
                    f"--dataset={self.dataset} has {self.kind}"
                )
        if self.kind == "images" and (wrong := self.images_problem(self.dataset)):
            return wrong
        if self.kind == "text" and (wrong := self.text_problem()):
            return wrong
        return (
            self.field_problem()
            or self.planar_problem(self.dataset)
            or super().problem()
        )

    def idle(self) -> dict[str, str]:
        data = f"--dataset={self.dataset}"
        others = {
            name for kind, names in OWN.items() if kind != self.kind for name in names
        }
        found = dict.fromkeys(sorted(others - {*OWN[self.kind]}), data)
        if self.kind == "points":
            found |= self.planar_idle(self.dataset)
        found |= self.net_idle(self.meant("generator"), self.meant("discriminator"))
        if self.gan == "nsgan":
            found |= dict.fromkeys(self.FIELD, "--gan=nsgan")
            if self.kind == "points":  # whose samples are measured by this kernel
                del found["dimension"], found["epsilon"]
        if self.meant("decay") == 1:
            falling = ("learningrate_floor", "epsilon_floor")
            found = dict.fromkeys(falling, "--decay=1") | found
        return super().idle() | found

    @property
    def is_classifier(self) -> bool:
        return self.gan == "nsgan"

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

    @property
    def sizes(self) -> dict[str, int]:
        return {"size": self.output_size or (32 if self.dataset in SMALL else 64)}


def run(config: Config) -> None:
    """Train a Coulomb GAN and watch its field; tune D, draw, measure and show."""
    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments.coulomb_gan import charges, field_monitor, kinds
        from experiments.stages import admission, d_tuning, gan_training, sessions

    every = sessions.each(config)  # one for each seed
    for session in every:
        with session:
            config = session.config
            data = kinds.KINDS[config.kind](session)
            gan = session.make(charges.gan, config, data.shape)
            recipe = charges.recipe(config, session.seeds, gan)
            trainer = gan_training.Trainer(session, gan, data.task, recipe)
            field = field_monitor.of(session, gan, data.task)
            admission.admit(session, gan, data.task, trainer)
            trainer.train(field_monitor.beside(field, data.look))
            for gan_step in config.gan_steps:
                trainer.restore(gan_step)
                if config.mode != "train":
                    tuned = d_tuning.tune(session, gan, data.task, recipe, gan_step)
                    data.show(gan, tuned)
                    if field:
                        field.film(gan_step)
            session.finish()
    sessions.show_table(every)


if __name__ == "__main__":
    flags.main(Config, run)
