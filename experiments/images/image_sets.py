"""Sets of images: what is learned, what is held out, and what tests."""

import contextlib
import functools
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.images import image_metrics, label_metrics
from experiments.rundir import progress, run_folder
from experiments.stages import data
from experiments.stages.data import Task
from tf_collab.groups import numbered

__all__ = ["ImageTask", "both", "make", "remarks", "split", "thinned"]

RARE = (2, 3, 5, 6, 8)  # the classes that --imbalance makes rare, as the authors do
HELD_OUT = 10_000  # reals that D never learns from, at most, and a tenth at most


class ImageTask(NamedTuple):
    """A task on images, and the shape of one."""

    task: Task
    shape: list[int]  # height, width, channels


def make(run: run_folder.Run, config: Any, seeds: dict[str, tf.Tensor]) -> ImageTask:
    """The images that the flags name: to learn from, held out, and to test."""
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
        train, (aside, len(train.pixels) - aside), seed=_seed(config)
    )
    if config.batch_size > len(learned.pixels):
        raise errors.Refused(
            f"--batch_size={config.batch_size} is more than the {len(learned.pixels)} "
            f"images to learn from, beside {aside} held out and {len(test.pixels)} for "
            "tests"
        )
    notes = [
        f"{len(learned.pixels)} images to learn from, {len(test.pixels)} to test",
        *remarks(train, test),
    ]
    reals: Any = tc.data.to_float(data.shuffled(held_out.pixels, seeds["reals"]))
    rows: Any = learned
    frequencies, labelled = None, None
    if getattr(config, "conditional", False):
        assert learned.labels is not None and learned.classes is not None
        rows = learned.pixels, learned.labels.astype(np.int32)
        frequencies = np.bincount(learned.labels, minlength=learned.classes)
        label = data.shuffled(held_out.labels, seeds["reals"])
        reals = reals, tf.constant(label, tf.int32)
        labelled = functools.partial(_labelled, config, test)
    groups = held_out.groups
    if groups is not None:
        groups = data.shuffled(groups, seeds["reals"])
    task = Task(
        batch_at=tc.data.batches(rows, config.batch_size, seeds["data"]),
        held_out=reals,
        measure=image_metrics.measure(named, test.pixels, labelled),
        frequencies=frequencies,
        protocol=f"{config.features} features, test split",
        store=tc.data.to_pixels,
        rows=500,
        chains=500,
        bounds=(-1.0, 1.0),
        notes=tuple(notes),
        digest=digest,
        learned=learned,
        tests=test,
        net=named,
        groups=groups,
    )
    return ImageTask(task, list(train.pixels.shape[1:]))


def _labelled(
    config: Any, test: tc.data.Images, net: label_metrics.Net
) -> Callable[[np.ndarray, np.ndarray], dict[str, float | None]]:
    """(features, label) -> what is measured of samples with labels."""
    of_classes: Callable[..., dict[str, float | None]] = lambda *each: {}
    if config.class_metrics:
        assert test.labels is not None  # as those to learn from are
        of_classes = label_metrics.of_classes(net, test.pixels, test.labels)
    return lambda *each: label_metrics.agreement(net, *each) | of_classes(*each)


def thinned(config: Any, part: tc.data.Images) -> tc.data.Images:
    """The images with --imbalance's classes made rare, if it is given."""
    if config.imbalance is None:
        return part
    with errors.blaming(f"--imbalance={config.imbalance}"):
        return tc.data.imbalanced(part, RARE, config.imbalance, seed=_seed(config))


def _seed(config: Any) -> int:
    """Of what is held out: a GAN from another run has learned from the rest."""
    return config.seed if config.data_seed is None else config.data_seed


def both(run: run_folder.Run, config: Any) -> tuple[tc.data.Images, tc.data.Images]:
    """Images to learn from and images for tests, those that the run was begun with."""
    train, test = (split(config, name) for name in ("train", "test"))
    data.check(run, config, _digest(train, test))
    (_, h, w, _), (_, other_h, other_w, _) = train.pixels.shape, test.pixels.shape
    if (h, w) != (other_h, other_w):
        raise errors.Refused(
            f"--dataset={config.dataset} has images of {w}x{h} to learn from and of "
            f"{other_w}x{other_h} for tests: they must be alike"
        )
    return train, test


def _digest(*parts: tc.data.Images) -> str:
    """Of both splits: a file may move from one to the other."""
    together = repr([part.digest for part in parts])
    return hashlib.sha256(together.encode()).hexdigest()


def remarks(*parts: tc.data.Images) -> list[str]:
    """What was left out of the images, and what was not found."""
    said = list(dict.fromkeys(note for part in parts for note in part.notes))
    if skipped := sum(part.skipped for part in parts):
        said.append(f"{skipped} unreadable images were skipped")
    tests = parts[-1].groups
    if tests is not None:
        sizes = np.bincount(numbered(tests, len(tests)))
        said.append(
            f"the images that test come in {len(sizes)} groups, the largest of "
            f"{sizes.max()}: a distance to them is as sure as one to "
            f"{tc.metrics.effective_size(sizes):.0f} images of which none are alike"
        )
    return said


def split(config: Any, name: str) -> tc.data.Images:
    """The images that the flags name, of one split; Refused if they cannot be had."""
    blame = errors.blaming(f"--dataset={config.dataset}", OSError)
    with blame, contextlib.ExitStack() as shown:
        label = f"{config.dataset}, {name}"

        @functools.cache
        def bar(total: int) -> Callable[[int], None]:
            # The total is known only when the first are done.
            return shown.enter_context(progress.bar(label, total, unit="images"))

        return tc.data.IMAGES[config.dataset](
            config.data_dir,
            split=name,
            download=config.download,
            memory_gib=config.memory_gib,
            cache_dir=config.cache_dir,
            progress=lambda done, total: bar(total)(done),
            **config.sizes,
        )
