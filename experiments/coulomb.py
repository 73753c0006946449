"""Coulomb GANs in the plane, on images and on text (Unterthiner et al., ICLR 2018).

    python -m experiments.coulomb

trains a Coulomb GAN on 25 Gaussians, shows its potential field while it learns, and
scores what it generates. With --method=all samples are also refined along the field.
"""

import dataclasses
import os
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from experiments.cli import flags, rules, startup
from experiments.coulomb_gan import model_options, training_options
from experiments.images import image_options
from experiments.points import point_options
from experiments.text import text_options
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc
    from experiments.coulomb_gan import kinds
    from experiments.stages import sessions

# The flags that data of one kind have, and others have not.
OWN: dict[str, tuple[str, ...]] = {
    "points": ("ratio", "scale"),
    "images": ("imbalance", "data_seed", "output_size", "features", "memory_gib")
    + ("cache_dir", "data_dir", "download"),
    "text": ("length", "vocabulary_size", "max_lines", "data_dir", "download"),
}


@dataclasses.dataclass(frozen=True)
class Config(
    model_options.FieldOptions,
    model_options.NetOptions,
    text_options.TextData,
    point_options.PlanarData,
    image_options.ImageData,
    training_options.CoulombTraining,
):
    """Coulomb GANs: points in the plane, images, lines of text."""

    TOPIC: ClassVar[str] = "Data and objective"

    EXPERIMENT = "coulomb"
    DATA = (
        *("dataset", "ratio", "scale", "imbalance", "data_seed", "output_size"),
        *("length", "vocabulary_size", "max_lines"),
    )
    MEASURES = ("features",)

    dataset: Annotated[
        Literal["25Gaussians", "Imbal-8Gaussians", "8Gaussians", "swissroll"]
        | Literal["mnist", "fashion_mnist", "celeba", "cifar10", "lsun", "folder"]
        | Literal["billion_word"],
        "data to learn",
    ] = "25Gaussians"
    gan: Annotated[
        str,
        "what D learns: the potential, or to classify",
        rules.one_of(tables.objectives_of("coulomb")),
    ] = "coulomb"
    output_size: Annotated[
        int | None,
        "height and width of the images in pixels (none: 32 for sets of 28 or 32, else "
        "64)",
        rules.positive,
    ] = None
    method: Literal["all", "every"] | tuple[str, ...] = ("standard",)
    calibrate_iters: int = 0
    shape_iters: int = 0
    lr_calibrate: float = 1e-4
    lr_shape: float = 1e-4
    rollout_method: str | None = "adam"
    # Along the field z is what may move: a step in it takes a sample off the threads
    # between modes, where pixels and points only follow D's noise.
    collab_layer: int | None = 0
    rollout_rate: float | Literal["auto"] = 0.03
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
        return self.misplaced("data_dir", rules.some_files)

    def settled(self) -> "Config":
        """The same, with a value for every flag that was not given."""
        values: dict[str, Any] = {"beta1": self.beta1}
        if self.beta1 is None:
            values["beta1"] = 0.9 if self.gan == "coulomb" else 0.5
        if self.kind == "images":
            values["output_size"] = self.sizes["size"]
        return dataclasses.replace(super().settled(), **values)

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
        own = {*tables.OBJECTIVES[self.gan].flags}
        if others := {*tables.OBJECTIVES["coulomb"].flags} - own:
            found |= dict.fromkeys(sorted(others), f"--gan={self.gan}")
            if self.kind == "points":  # whose samples are measured by this kernel
                del found["dimension"], found["epsilon"]
        if self.meant("decay") == 1:
            falling = ("learningrate_floor", "epsilon_floor")
            found = dict.fromkeys(falling, "--decay=1") | found
        return super().idle() | found

    @property
    def sizes(self) -> dict[str, int]:
        return {
            "size": self.output_size
            or (32 if self.dataset in training_options.SMALL else 64)
        }


def run(config: Config) -> None:
    """Does what the flags say, once for each seed."""
    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments.stages import sessions

    every = sessions.each(config)
    for session in every:
        with session:
            reproduce(session)
    sessions.show_table(every)


def reproduce(session: "sessions.Session[Config]") -> None:
    """Train a Coulomb GAN and watch its field; tune D, draw, measure and show."""
    from experiments.coulomb_gan import charges, field_monitor
    from experiments.stages import admission, d_tuning, gan_training

    config = session.config
    gan, data = gan_and_data(session)
    recipe = charges.recipe(config, session.seeds, gan)
    trainer = gan_training.Trainer(session, gan, data.task, recipe)
    field = field_monitor.of(session, gan, data.task)
    admission.admit(session, gan, data.task, trainer)
    trainer.train(
        field_monitor.beside(field, data.look), field_monitor.picture(field, data)
    )
    for gan_step in config.gan_steps:
        trainer.restore(gan_step)
        if config.mode != "train":
            tuned = d_tuning.tune(session, gan, data.task, recipe, gan_step)
            data.show(gan, tuned)
            if field:
                field.film(gan_step)
    session.finish()


def gan_and_data(
    session: "sessions.Session[Config]",
) -> "tuple[tc.GAN, kinds.Data]":
    """The nets, untrained, and what they are to learn."""
    from experiments.coulomb_gan import charges, kinds

    data = kinds.KINDS[session.config.kind](session)
    return session.make(charges.gan, session.config, data.shape), data


if __name__ == "__main__":
    flags.main(Config, run)
