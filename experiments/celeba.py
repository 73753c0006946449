"""Collaborative sampling with DCGANs (Liu et al., 2020, the second preprint).

    python -m experiments.celeba --dataset=folder --data_dir=MY_IMAGES

trains a DCGAN on faces, on emoji, or on any folder of images, shapes its discriminator,
and refines samples at a chosen layer of the generator.
"""

import dataclasses
import functools
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from experiments.cli import flags, rules, startup
from experiments.images import image_options
from tf_collab import tables

if TYPE_CHECKING:
    import tf_collab as tc
    from experiments.images import image_sets
    from experiments.stages import sessions

SIZES = (32, 64, 128)


@dataclasses.dataclass(frozen=True)
class Config(image_options.ImageOptions):
    """Collaborative sampling with DCGANs: CelebA, emoji, CIFAR-10, or any images."""

    TOPIC: ClassVar[str] = "Data and networks"

    EXPERIMENT = "celeba"
    STEPS_OF_GAN = 50_000
    RATE_OF_D = 2e-4
    DATA = (*image_options.ImageOptions.DATA, "output_size", "crop", "vendors")

    dataset: Annotated[
        Literal["celeba", "cifar10", "lsun", "folder", "mnist", "fashion_mnist"]
        | Literal["emoji"],
        "set of images",
    ] = "celeba"
    vendors: Annotated[
        tuple[Literal["apple", "twitter", "facebook"], ...],
        "whose pictures of emoji (Twitter's alone may be shown, with attribution)",
    ] = ("apple", "twitter", "facebook")
    output_size: Annotated[
        int, "height and width of the images in pixels: 32, 64 or 128"
    ] = 64
    crop: Annotated[
        int | None,
        "height and width in pixels of the centre that is cut out before the images "
        "are resized (none: 108 for CelebA, else the whole image)",
        rules.positive,
    ] = None
    gan: Annotated[
        str, "what D learns", rules.one_of(tables.objectives_of("celeba"))
    ] = "nsgan"
    batch_size: int = 100
    lrg: float = 2e-4
    lr_calibrate: float = 2e-4
    lr_shape: float = 2e-4
    rollout_rate: float | Literal["auto"] = 1e-3
    rollout_steps: int = 20
    collab_layer: Annotated[
        int | Literal["all"] | None,
        "generator layer to refine (none: the image itself; all: layer 1, and a "
        "comparison of every layer)",
        rules.non_negative,
    ] = 1  # type: ignore[assignment]  # "all" is of this experiment alone
    features: Literal["classifier", "random", "imagenet"] | rules.Path = "random"

    @property
    def layer(self) -> int | None:
        return 1 if self.collab_layer == "all" else self.collab_layer

    @property
    def sizes(self) -> dict[str, Any]:
        crop = {} if self.crop is None else {"crop": self.crop}
        vendors = {"vendors": self.vendors} if self.dataset == "emoji" else {}
        return {"size": self.output_size, **crop, **vendors}

    def idle(self) -> dict[str, str]:
        if self.dataset == "emoji":
            return super().idle()
        return super().idle() | {"vendors": f"--dataset={self.dataset}"}

    def problem(self) -> str | None:
        if self.output_size not in SIZES:
            return f"--output_size={self.output_size}: DCGANs make 32, 64 or 128"
        return super().problem()


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
    """The second preprint: DCGANs, refined at any layer of G."""
    from experiments.images import image_figures, image_gans, layer_sweep
    from experiments.stages import admission, d_tuning, gan_training

    recipe = image_gans.recipe(g_steps=2)
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
            if config.collab_layer == "all":
                layer_sweep.sweep(session, gan, task, tuned)
    session.finish()


def gan_and_data(
    session: "sessions.Session[Config]",
) -> "tuple[tc.GAN, image_sets.ImageTask]":
    """The nets, untrained, and what they are to learn."""
    from experiments.images import image_gans, image_sets

    found = image_sets.make(session.run, session.config, session.seeds)
    given = session.config, found.shape
    return session.make(image_gans.dcgan, *given), found


if __name__ == "__main__":
    flags.main(Config, run)
