"""What a Coulomb GAN's training shows: the field, and how well D knows it."""

import functools
import re
from collections.abc import Callable
from typing import Any, TypedDict, Unpack

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

import tf_collab as tc
from experiments.cli import errors
from experiments.coulomb_gan import charges, field_metrics, kinds
from experiments.rundir import jsonl, monitor, pictures, run_folder, titled
from experiments.stages.data import Task
from experiments.stages.gan_training import Look, Picture
from experiments.stages.sessions import Session
from tf_collab import objectives, plots
from tf_collab.objectives import pairs

__all__ = ["FieldMonitor", "beside", "of", "picture"]

POINTS, ARROWS, SHOWN = 120, 17, 500  # on a side of the map, and of its arrows; dots


class Scale(TypedDict):
    """Of the maps of a film."""

    highest: float
    strongest: float


class FieldMonitor:
    """Measures the field at each look at training and, in the plane, films it."""

    def __init__(
        self,
        run: run_folder.Run,
        config: Any,
        gan: tc.GAN,
        task: Task,
        epsilon: Callable[[int], Any],
    ):
        """`epsilon` is the kernel's width at a step."""
        if len(task.held_out) < 2:
            raise errors.Refused(
                f"--dataset={config.dataset}: of these data {len(task.held_out)} is "
                "held out, and the field is measured on 2 at least: give more"
            )
        self.run, self.config, self.gan, self.task = run, config, gan, task
        self._epsilon = epsilon

    def measure(self, step: int, x: np.ndarray) -> dict[str, float]:
        """Numbers of the field that samples make at a step, and of D beside it."""
        kernel = self._kernel(step)
        return field_metrics.measured(self.gan, self.task, x, self.config, kernel)

    def show(self, watch: monitor.Monitor, step: int, x: np.ndarray) -> None:
        """A frame of the film, in the plane alone."""
        if self.config.kind != "points":
            return
        figure = _painted(
            self.gan, self.task, x, self._kernel(step), step, **self._scale
        )
        self.run.folder("figures")
        pictures.show(self.run, watch, step, "field", figure, frame(step))

    def film(self, gan_step: int) -> None:
        """figures/field-gSTEP.gif and .png: the field up to a GAN step, and there."""
        if self.config.kind != "points":
            return
        looks = jsonl.Table(self.run.at("training.jsonl")).lines()
        there = {line["gan_step"] for line in looks}
        files = self.run.at("figures/field").glob("*.png")
        there |= {int(path.stem) for path in files if re.fullmatch(r"\d+", path.stem)}
        steps = sorted(at for at in there if at <= gan_step)
        lost = [at for at in steps if not titled.is_whole(self.run, frame(at))]
        frames = [self.run.at(f"figures/{frame(at)}.png") for at in steps]
        shown = [path.read_bytes() for at, path in zip(steps, frames) if at not in lost]
        films = [f"figures/field-g{gan_step}.{suffix}" for suffix in ("gif", "png")]
        if lost:
            kept = all(self.run.at(film).is_file() for film in films)
            self.run.log(
                f"frames of GAN steps {errors.some([*map(str, lost)])} are lost or "
                f"damaged: the film to GAN step {gan_step} "
                f"{'stays as it is' if kept else 'goes without them'}"
            )
            if kept:
                return
        if not shown:
            return
        for film, encoded in zip(films, (plots.animation(shown), shown[-1])):
            with self.run.writing(film) as path:
                path.write_bytes(encoded)

    def _kernel(self, step: int) -> field_metrics.Kernel:
        width = float(self._epsilon(step))
        return {"dimension": self.config.dimension, "epsilon": width}

    @functools.cached_property
    def _scale(self) -> Scale:
        return _scale(self.task, self._kernel(0))


def frame(step: int) -> str:
    """The figure of the field at a step."""
    return f"field/{step:09d}"


def picture(field: FieldMonitor | None, data: kinds.Data) -> Picture:
    """The figure of a look at training: the field's in the plane, else the data's."""
    planar = field is not None and field.config.kind == "points"
    return frame if planar else data.picture


def of(session: Session[Any], gan: tc.GAN, task: Task) -> FieldMonitor | None:
    """The monitor of a Coulomb GAN; another GAN has no field."""
    config = session.config
    if config.gan != "coulomb":
        return None
    return FieldMonitor(session.run, config, gan, task, charges.epsilon(config))


def beside(field: FieldMonitor | None, look: kinds.Shows) -> Look:
    """Looks at training's samples by `look`, and at their field."""

    def both(watch: monitor.Monitor, step: int, x: np.ndarray) -> dict[str, float]:
        look(watch, step, x)
        if field is None:
            return {}
        field.show(watch, step, x)
        return field.measure(step, x)

    return both


def _limits(task: Task) -> tuple[float, float]:
    limit = 1.15 * float(np.abs(task.held_out).max())
    return -limit, limit


def _on_planes(
    limits: tuple[float, float], potential: Callable[[tf.Tensor], tf.Tensor]
) -> tuple[np.ndarray, np.ndarray]:
    """A potential [n, n] and its force [m, m, 2], as `plots.field` wants them."""
    plane, coarse = (
        tf.constant(plots.plane(limits, n), tf.float32) for n in (POINTS, ARROWS)
    )
    with tf.GradientTape() as tape:
        tape.watch(coarse)
        at_arrows = potential(coarse)
    force = tape.gradient(at_arrows, coarse).numpy()
    heights = potential(plane).numpy().reshape(POINTS, POINTS)
    return heights, force.reshape(ARROWS, ARROWS, 2)


def _scale(task: Task, kernel: field_metrics.Kernel) -> Scale:
    """One scale for all frames of a film: of what the reals alone would make."""
    real = task.held_out[: field_metrics.SOME]
    plummer = functools.partial(objectives.plummer_kernel, **kernel)

    def potential(a: tf.Tensor) -> tf.Tensor:
        points, others = pairs.as_points(a, real)
        return pairs.kernel_mean(points, others, plummer)

    alone, pull = _on_planes(_limits(task), potential)
    return {
        "highest": float(alone.max() - alone.mean()),
        "strongest": float(np.linalg.norm(pull, axis=-1).max()),
    }


def _painted(
    gan: tc.GAN,
    task: Task,
    x: np.ndarray,
    kernel: field_metrics.Kernel,
    step: int,
    **scale: Unpack[Scale],
) -> Figure:
    """The field of these fakes, beside what D has learned."""
    real, fake = task.held_out[: field_metrics.SOME], x[: field_metrics.SOME]
    limits = _limits(task)
    exact = _on_planes(limits, lambda a: objectives.field(a, real, fake, **kernel))
    learned = _on_planes(limits, lambda a: gan.scored(a).score)
    return plots.field_pair(
        exact,
        learned,
        real=real[:SHOWN].numpy(),
        fake=fake[:SHOWN],
        limits=limits,
        title=f"GAN step {step}",
        **scale,
    )
