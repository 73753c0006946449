"""The experiments on images: their data and nets."""

import contextlib
import functools
import hashlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.images import (
    image_figures,
    image_metrics,
    image_options,
    layer_sweep,
)
from experiments.rundir import progress
from experiments.stages import provenance, study

__all__ = [
    "both",
    "on_images",
    "remarks",
    "study_of_28",
    "study_of_dcgan",
    "thinned",
]

RARE = (2, 3, 5, 6, 8)  # the classes that --imbalance makes rare, as the authors do
PENALTY = 0.1  # the authors' weight of WGAN-GP's penalty
SIDE = 28  # of the images of MNIST and its like
HELD_OUT = 10_000  # reals that D never learns from, at most, and a tenth at most


def study_of_28(
    run, config: image_options.ImageOptions, seeds: dict[str, tf.Tensor]
) -> study.Study:
    """The 28x28 nets of the authors, which share z between D's step and G's."""
    latent = 100 if config.gan == "wgan_gp" else 62

    def make(shape):
        height, width, _ = shape
        if (height, width) != (SIDE, SIDE):
            raise errors.Refused(
                f"--dataset={config.dataset} has images of {width}x{height}, and the "
                f"nets make {SIDE}x{SIDE}: experiments.celeba brings images to a size"
            )
        nets = tc.models.NSGAN28Generator, tc.models.NSGAN28Discriminator
        return _gan(config, *nets, channels=shape[-1], latent=latent)

    return on_images(run, config, seeds, make)


def study_of_dcgan(
    run, config: image_options.ImageOptions, seeds: dict[str, tf.Tensor]
) -> study.Study:
    """DCGANs, whose G takes two steps for each of D's."""

    def make(shape):
        size, _, channels = shape
        nets = tc.models.DCGANGenerator, tc.models.DCGANDiscriminator
        return _gan(config, *nets, size, channels=channels, latent=100)

    made = on_images(run, config, seeds, make)
    return made._replace(train_options={**made.train_options, "g_steps": 2})


def _gan(config, make_g, make_d, *size, channels, latent):
    """Of the nets that two classes make; a WGAN-GP's D has no batch-norm."""
    batch_norm = config.gan == "nsgan"
    nets = {"channels": channels, "width": config.width}
    seed = 1000 * config.seed
    g = make_g(*size, **nets, latent=latent, seed=seed)
    d = make_d(*size, **nets, batch_norm=batch_norm, seed=seed + 500)
    objective = (
        tc.objectives.wgan_gp(penalty=PENALTY)
        if config.gan == "wgan_gp"
        else tc.objectives.nsgan()
    )
    batch_statistics = config.batch_statistics and batch_norm
    prior = tc.priors.uniform(latent)
    return tc.GAN(g, d, prior, objective, batch_statistics=batch_statistics)


def on_images(
    run,
    config: Any,
    seeds: dict[str, tf.Tensor],
    make: Callable[[list[int]], tc.GAN],
) -> study.Study:
    """A GAN on the images that the flags name; `make` is told the shape of one."""
    train, test = both(run, config)
    digest = _digest(train, test)
    named = functools.cache(
        functools.partial(image_metrics.extractor, config.features, run, train, test)
    )
    if config.features != "classifier":  # which is trained when it is needed
        named()
    train, test = (thinned(config, part) for part in (train, test))
    image_metrics.check_labels(config.features, config.dataset, train)
    aside = min(HELD_OUT, -(-len(train.pixels) // 10))
    held_out, learned = tc.data.partition(
        train, (aside, len(train.pixels) - aside), seed=config.seed
    )
    try:
        batch_at = tc.data.batches(learned, config.batch_size, seeds["data"])
    except ValueError:
        raise errors.Refused(
            f"--batch_size={config.batch_size} is more than the {len(learned.pixels)} "
            f"images to learn from, beside {aside} held out and {len(test.pixels)} for "
            "tests"
        ) from None
    measure = image_metrics.measure(named, test.pixels)
    notes = [
        f"{len(learned.pixels)} images to learn from, {len(test.pixels)} to test",
        *remarks(train, test),
    ]
    return study.Study(
        gan=make(list(train.pixels.shape[1:])),
        batch_at=batch_at,
        held_out=tc.data.to_float(held_out.pixels),
        optimizer=_adam,
        adam=_adam,
        measure=measure,
        protocol=f"{config.features} features, test split",
        figures=_figures,
        show=functools.partial(image_figures.show, run),
        store=tc.data.to_pixels,
        rows=500,
        chains=500,
        bounds=(-1.0, 1.0),
        train_options={"shared_z": True},
        notes=tuple(notes),
        digest=digest,
    )


def _adam(rate):
    return keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8)


def _figures(setting, at, tuned):
    image_figures.figures(setting, at, tuned)
    if setting.config.collab_layer == "all":
        layer_sweep.sweep(setting, at, tuned)


def thinned(config: Any, part: Any) -> Any:
    """The images with --imbalance's classes made rare, if it is given."""
    if config.imbalance is None:
        return part
    try:
        return tc.data.imbalanced(part, RARE, config.imbalance, seed=config.seed)
    except ValueError as error:
        raise errors.Refused(f"--imbalance={config.imbalance}: {error}") from None


def both(run, config: Any) -> tuple[tc.data.Images, tc.data.Images]:
    """Images to learn from and images for tests, those that the run was begun with."""
    train, test = (_load(config, split) for split in ("train", "test"))
    provenance.check(run, config, _digest(train, test))
    (_, h, w, _), (_, other_h, other_w, _) = train.pixels.shape, test.pixels.shape
    if (h, w) != (other_h, other_w):
        raise errors.Refused(
            f"--dataset={config.dataset} has images of {w}x{h} to learn from and of "
            f"{other_w}x{other_h} for tests: they must be alike"
        )
    return train, test


def _digest(*parts):
    """Of both splits: a file may move from one to the other."""
    together = repr([part.digest for part in parts])
    return hashlib.sha256(together.encode()).hexdigest()


def remarks(*parts: tc.data.Images) -> list[str]:
    """What was left out of the images, and what was not found."""
    said = list(dict.fromkeys(note for part in parts for note in part.notes))
    if skipped := sum(part.skipped for part in parts):
        said.append(f"{skipped} unreadable images were skipped")
    return said


def _load(config: Any, split: str) -> tc.data.Images:
    """The images that the flags name; Refused if they cannot be had."""
    try:
        with contextlib.ExitStack() as shown:
            label = f"{config.dataset}, {split}"

            @functools.cache
            def bar(total):  # which is known only when the first are done
                return shown.enter_context(progress.bar(label, total, unit="images"))

            return tc.data.IMAGES[config.dataset](
                config.data_dir,
                split=split,
                download=config.download,
                memory_gib=config.memory_gib,
                cache_dir=config.cache_dir,
                progress=lambda done, total: bar(total)(done),
                **config.sizes,
            )
    except (ValueError, OSError) as error:
        raise errors.Refused(f"--dataset={config.dataset}: {error}") from None
