"""What a Coulomb GAN learns: points in the plane, images or lines of text."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from experiments.coulomb_gan import charges
from experiments.images import image_figures, image_sets
from experiments.points import point_figures, targets
from experiments.stages.sessions import Session
from experiments.stages.task import Task
from experiments.text import text_lines

__all__ = ["KINDS", "Data"]


class Data(NamedTuple):
    """Data of one kind, and how samples of it are shown."""

    task: Task
    shape: list[int]  # of one sample
    show: Callable[..., None]  # (gan, tuned): the samples of one GAN step
    # (monitor, step, samples): those of training
    look: Callable[..., Any] = lambda watch, step, x: None


def _points(session: Session) -> Data:
    config = session.config
    target = targets.make(config, session.seeds, **charges.target(config))

    def show(gan, tuned):
        point_figures.show(session, target, tuned)

    return Data(target.task, [2], show)


def _images(session: Session) -> Data:
    task, shape = image_sets.make(session.run, session.config, session.seeds)
    task = task._replace(bounds=charges.bounds(session.config))

    def show(gan, tuned):
        image_figures.show(session, gan, task, tuned)

    look = functools.partial(image_figures.look, session.run)
    return Data(task, shape, show, look)


def _text(session: Session) -> Data:
    task, shape, known = text_lines.make(session.run, session.config, session.seeds)

    def show(gan, tuned):
        text_lines.show(session, known, tuned)

    look = functools.partial(text_lines.look, session.run, known)
    return Data(task, shape, show, look)


KINDS: dict[str, Callable[[Session], Data]] = {
    "points": _points,
    "images": _images,
    "text": _text,
}
