"""Collaborative sampling on 28x28 images (Liu et al., AAAI 2020, section 5.2).

    python -m experiments.mnist --dataset=fashion_mnist

trains a GAN, calibrates and shapes its discriminator, draws from the five samplers,
scores and shows them. Fashion-MNIST comes with Debian (dataset-fashion-mnist).
"""

import dataclasses
from typing import Annotated, Literal

from experiments.cli import flags
from experiments.images import image_options


@dataclasses.dataclass(frozen=True)
class Config(image_options.ImageOptions):
    """Collaborative sampling on MNIST and Fashion-MNIST."""

    EXPERIMENT = "mnist"
    STEPS_OF_GAN = 5000
    RATE_OF_D = 2e-4

    dataset: Annotated[Literal["mnist", "fashion_mnist"], "the images"] = (
        "fashion_mnist"
    )
    batch_statistics: bool = True
    lrg: float = 1e-3
    lr_shape: float = 1e-4  # the authors' 1e-5 on digits is slow on clothes
    rollout_rate: float = 0.1
    rollout_steps: int = 50
    collab_layer: int | None = 2


def run(config: Config) -> None:
    """Does what the flags say, once for each seed."""
    from experiments.cli import startup

    with startup.quiet():  # TensorFlow, only now that the flags are known good
        from experiments.images import image_sets
        from experiments.stages import reproduction
    reproduction.run(config, image_sets.study_of_28)


if __name__ == "__main__":
    flags.main(Config, run)
