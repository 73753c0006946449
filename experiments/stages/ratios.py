"""The density ratio of a D that gives none: a calibrator fitted to its scores."""

from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.stages import data
from experiments.stages.data import Task
from tf_collab import tensors

__all__ = ["fitted", "is_by_label", "pooled"]

FEWEST = 20  # reals of a label that a calibrator of its own is fitted to


def is_by_label(task: Task) -> bool:
    """Whether each label gets a calibrator: D may score a label higher than another."""
    return task.frequencies is not None and _least(task) >= FEWEST


def pooled(task: Task) -> str | None:
    """Why there is one calibrator for all labels, in a sentence."""
    if task.frequencies is None or is_by_label(task):
        return None
    return (
        f"half of the held-out reals has {_least(task)} of a label, fewer than the "
        f"{FEWEST} to which a calibrator of its own is fitted: one is fitted to all "
        "labels together, though D may score a label higher than another"
    )


def fitted(
    judge: tc.GAN, proposer: tc.base.Proposer, task: Task, seed: tf.Tensor
) -> tc.GAN:
    """With Platt's calibrator, on half of the held-out reals and as many proposals."""
    some = _half(task)
    real = tc.Scored(some, task.score(judge, some))
    apart, n, prior = is_by_label(task), len(real.score), judge.prior
    if apart:
        prior = _in_turn(prior, data.count(task.frequencies))
    fake = tc.sampling.draw(
        tc.sampling.compose(proposer, tc.sampling.always()),
        prior,
        n,
        real=real,
        batch=min(task.rows, n),
        seed=seed,
    )
    platt = tc.calibrators.platt
    if apart:
        fakes = tc.Scored(fake.x, fake.score)
        return judge._replace(calibrator=tc.calibrators.by_label(platt, real, fakes))
    return judge._replace(calibrator=platt(real.score.numpy(), fake.score))


def _half(task: Task) -> Any:
    return data.taken(task.held_out, slice(None, None, 2))


def _least(task: Task) -> int:
    assert task.frequencies is not None
    labels = tensors.label(_half(task)).numpy()
    return int(np.bincount(labels, minlength=len(task.frequencies)).min())


def _in_turn(prior: tc.base.LatentDraw, classes: int) -> tc.base.LatentDraw:
    """The same latents, with all labels as often as each other."""

    def draw(n: int, seed: tf.Tensor) -> Any:
        z, label = prior(n, seed)
        return z, tf.cast(tf.range(n) % classes, label.dtype)

    return draw
