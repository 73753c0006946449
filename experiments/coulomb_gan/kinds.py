"""What a Coulomb GAN learns: points in the plane, images or lines of text."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import tf_collab as tc
from experiments.coulomb_gan import charges
from experiments.images import image_figures, image_sets
from experiments.points import point_figures, targets
from experiments.rundir import monitor
from experiments.stages import d_tuning, gan_training
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from experiments.text import text_lines

__all__ = ["KINDS", "Data", "Shows"]

# (monitor, step, samples): shows samples of training
Shows = Callable[[monitor.Monitor, int, np.ndarray], object]


class Data(NamedTuple):
    """Data of one kind, and how samples of it are shown."""

    task: Task
    shape: list[int]  # of one sample
    show: Callable[[tc.GAN, d_tuning.Tuned], None]  # the samples of one GAN step
    look: Shows = lambda watch, step, x: None  # at those of training
    picture: gan_training.Picture = gan_training.unpictured  # of a look


def _points(session: Session) -> Data:
    config = session.config
    target = targets.make(config, session.seeds, **charges.target(config))

    def show(gan: tc.GAN, tuned: d_tuning.Tuned) -> None:
        point_figures.show(session, target, tuned)

    return Data(target.task, [2], show)


def _images(session: Session) -> Data:
    task, shape = image_sets.make(session.run, session.config, session.seeds)
    task = task._replace(bounds=charges.bounds(session.config))

    def show(gan: tc.GAN, tuned: d_tuning.Tuned) -> None:
        image_figures.show(session, gan, task, tuned)

    look = functools.partial(image_figures.look, session.run)
    return Data(task, shape, show, look, image_figures.picture)


def _text(session: Session) -> Data:
    task, shape, known = text_lines.make(session.run, session.config, session.seeds)

    def show(gan: tc.GAN, tuned: d_tuning.Tuned) -> None:
        text_lines.show(session, known, tuned)

    look = functools.partial(text_lines.look, session.run, known)
    return Data(task, shape, show, look)


KINDS: dict[str, Callable[[Session], Data]] = {
    "points": _points,
    "images": _images,
    "text": _text,
}
