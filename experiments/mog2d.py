"""Collaborative sampling on 2-D mixtures (Liu et al., AAAI 2020, section 5.1).

    python -m experiments.mog2d

trains a GAN on the imbalanced ring, calibrates its discriminator on plain samples and
shapes it on refined ones, draws from the five samplers, scores and plots them.
"""

import dataclasses
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from experiments.cli import flags, rules, startup
from experiments.points import point_options
from experiments.stages import train_options
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc
    from experiments.points import targets
    from experiments.stages import sessions


@dataclasses.dataclass(frozen=True)
class Config(point_options.PlanarData, train_options.TrainOptions):
    """Collaborative sampling on 2-D mixtures."""

    TOPIC: ClassVar[str] = "Data and networks"

    EXPERIMENT = "mog2d"
    STEPS_OF_GAN = 3000
    RATE_OF_D = 1e-2
    DATA = ("dataset", "ratio", "scale")
    NETS = ("gan", "nhidden", "nlayers", "bn_affine")

    dataset: Annotated[
        Literal["Imbal-8Gaussians", "8Gaussians", "25Gaussians", "swissroll"],
        "target distribution",
    ] = "Imbal-8Gaussians"
    gan: Annotated[
        str, "what D learns", rules.one_of(tables.objectives_of("mog2d"))
    ] = "nsgan"
    batch_size: Annotated[
        int, "samples in a training step", rules.at_least(25), rules.at_most(1000000)
    ] = 1000
    lr_calibrate: float = 1e-3
    lr_shape: float = 1e-3
    nhidden: Annotated[
        int, "width of the dense layers", rules.positive, rules.at_most(100000)
    ] = 64
    nlayers: Annotated[
        int,
        "number of dense layers of G, and of D",
        rules.at_least(2),
        rules.at_most(1000),
    ] = 6
    bn_affine: Annotated[
        bool,
        "whether G trains the scale and shift of its batch-norm (the authors' code "
        "does not)",
    ] = True
    init_checkpoint: Annotated[
        rules.Path | None,
        "TF1 checkpoint of the authors' program, which is sampled; nothing is trained",
        rules.a_checkpoint,
    ] = None
    generator: Annotated[
        rules.Path | None,
        "generator as a .keras file, which is sampled with standard normal z; nothing"
        " is trained",
        rules.a_file,
    ] = None
    discriminator: Annotated[
        rules.Path | None,
        "discriminator of that generator as a .keras file, which gives logits or "
        "probabilities",
        rules.a_file,
    ] = None

    def problem(self) -> str | None:
        if (self.generator is None) != (self.discriminator is None):
            return "--generator and --discriminator go together: give both or none"
        if self.generator and self.init_checkpoint:
            return "--init_checkpoint and --generator both name a GAN: give one"
        if self.from_files and self.ckpt_num and not self.from_run:
            return (
                "--ckpt_num names steps of training, and the flags name a trained GAN"
            )
        return self.planar_problem(self.dataset) or super().problem()

    def idle(self) -> dict[str, str]:
        nets = (*self.NETS, "precision") if self.generator else ()
        return (
            super().idle()
            | self.planar_idle(self.dataset)
            | dict.fromkeys(nets, "nets that come as files")
            | ({"gan": "the authors' GAN"} if self.init_checkpoint else {})
        )

    @property
    def sources(self) -> tuple[str, ...]:
        return ("init_checkpoint", "generator", "discriminator")


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
    """Section 5.1: train a GAN, calibrate and shape its D, draw, measure and show."""
    import keras

    from experiments.points import point_figures, point_gans
    from experiments.stages import admission, d_tuning, gan_training

    recipe = gan_training.Recipe(keras.optimizers.SGD)
    config = session.config
    gan, target = gan_and_data(session)
    notes = point_gans.check(gan, config, target.task.held_out)
    trainer = gan_training.Trainer(session, gan, target.task, recipe)
    admission.admit(session, gan, target.task, trainer, notes)
    trainer.train()
    for gan_step in config.gan_steps:
        trainer.restore(gan_step)
        if config.mode != "train":
            tuned = d_tuning.tune(session, gan, target.task, recipe, gan_step)
            point_figures.show(session, target, tuned)
    session.finish()


def gan_and_data(
    session: "sessions.Session[Config]",
) -> "tuple[tc.GAN, targets.Target]":
    """The nets, untrained unless they come from files, and what they are to learn."""
    from experiments.points import point_gans, targets

    target = targets.make(session.config, session.seeds)
    return session.make(point_gans.make, session.config), target


if __name__ == "__main__":
    flags.main(Config, run)
