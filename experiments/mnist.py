"""Collaborative sampling on 28x28 images (Liu et al., AAAI 2020, section 5.2).

    python -m experiments.mnist --dataset=fashion_mnist

trains a GAN, calibrates and shapes its discriminator, draws from the five samplers,
scores and shows them. Fashion-MNIST comes with Debian (dataset-fashion-mnist).
"""

import dataclasses
import functools
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from experiments.cli import flags, rules, startup
from experiments.images import image_options
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc
    from experiments.images import image_sets
    from experiments.stages import sessions


@dataclasses.dataclass(frozen=True)
class Config(image_options.ImageOptions):
    """Collaborative sampling on MNIST and Fashion-MNIST."""

    TOPIC: ClassVar[str] = "Data and networks"

    EXPERIMENT = "mnist"
    STEPS_OF_GAN = 5000
    RATE_OF_D = 2e-4
    NETS = (*image_options.ImageOptions.NETS, "conditional")
    MEASURES = (*image_options.ImageOptions.MEASURES, "class_metrics")

    dataset: Annotated[Literal["mnist", "fashion_mnist"], "set of images"] = (
        "fashion_mnist"
    )
    gan: Annotated[
        str, "what D learns", rules.one_of(tables.objectives_of("mnist"))
    ] = "nsgan"
    conditional: Annotated[
        bool,
        "whether G and D are given the labels, which stay with their samples (G takes "
        "them beside z, D projects on them)",
    ] = False
    class_metrics: Annotated[
        bool,
        "whether samples with labels are measured class by class too: which look like "
        "it, and their distance to images of it",
    ] = False
    batch_statistics: bool = True
    lrg: float = 1e-3
    lr_shape: float = 1e-4  # the authors' 1e-5 on digits is slow on clothes
    rollout_rate: float | Literal["auto"] = 0.1
    rollout_steps: int = 50
    collab_layer: int | None = 2

    def idle(self) -> dict[str, str]:
        if self.conditional:
            return super().idle()
        return super().idle() | {"class_metrics": "a GAN without labels"}


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
    """Section 5.2: train a GAN, calibrate and shape its D, draw, measure and show."""
    from experiments.images import image_figures, image_gans
    from experiments.stages import admission, d_tuning, gan_training

    recipe = image_gans.recipe()
    config = session.config
    gan, (task, _) = gan_and_data(session)
    trainer = gan_training.Trainer(session, gan, task, recipe)
    admission.admit(session, gan, task, trainer)
    trainer.train(
        functools.partial(image_figures.look, session.run), image_figures.picture
    )
    for gan_step in config.gan_steps:
        trainer.restore(gan_step)
        if config.mode != "train":
            tuned = d_tuning.tune(session, gan, task, recipe, gan_step)
            image_figures.show(session, gan, task, tuned)
    session.finish()


def gan_and_data(
    session: "sessions.Session[Config]",
) -> "tuple[tc.GAN, image_sets.ImageTask]":
    """The nets, untrained, and what they are to learn."""
    from experiments.images import image_gans, image_sets

    found = image_sets.make(session.run, session.config, session.seeds)
    given = session.config, found.shape, found.task.frequencies
    return session.make(image_gans.nsgan28, *given), found


if __name__ == "__main__":
    flags.main(Config, run)
