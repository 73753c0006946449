"""What a Coulomb GAN's training shows: the field, and how well D knows it."""

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.coulomb_gan import charges
from experiments.rundir import monitor, pictures
from experiments.stages.gan_training import Look
from experiments.stages.sessions import Session
from experiments.stages.task import Task
from tf_collab import objectives, plots
from tf_collab.objectives import pairs

__all__ = ["FieldMonitor", "beside", "of"]

SOME = 1024  # samples of each kind that make the field which is shown and measured
POINTS, ARROWS, SHOWN = 120, 17, 500  # on a side of the map, and of its arrows; dots


class FieldMonitor:
    """Measures the field at each look at training and, in the plane, films it."""

    def __init__(
        self, run, config: Any, gan: tc.GAN, task: Task, epsilon: Callable[[int], Any]
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
        return _measured(self.gan, self.task, x[:SOME], self.config, kernel)

    def show(self, watch: monitor.Monitor, step: int, x: np.ndarray) -> None:
        """A frame of the film, in the plane alone."""
        if self.config.kind != "points":
            return
        figure = _painted(
            self.gan, self.task, x[:SOME], self._kernel(step), step, **self._scale
        )
        self.run.folder("figures")
        pictures.show(self.run, watch, step, "field", figure, f"field/{step:09d}")

    def film(self, gan_step: int) -> None:
        """figures/field-gSTEP.gif and .png: the field up to a GAN step, and there."""
        frames = {
            int(path.stem): path.read_bytes()
            for path in self.run.at("figures/field").glob("*.png")
            if re.fullmatch(r"\d+", path.stem) and int(path.stem) <= gan_step
        }
        if not frames:
            return
        shown = [frames[step] for step in sorted(frames)]
        for suffix, encoded in (("gif", plots.animation(shown)), ("png", shown[-1])):
            with self.run.writing(f"figures/field-g{gan_step}.{suffix}") as path:
                path.write_bytes(encoded)

    def _kernel(self, step):
        width = float(self._epsilon(step))
        return {"dimension": self.config.dimension, "epsilon": width}

    @functools.cached_property
    def _scale(self):
        return _scale(self.task, self._kernel(0))


def of(session: Session[Any], gan: tc.GAN, task: Task) -> FieldMonitor | None:
    """The monitor of a Coulomb GAN; another GAN has no field."""
    config = session.config
    if config.gan != "coulomb":
        return None
    return FieldMonitor(session.run, config, gan, task, charges.epsilon(config))


def beside(field: FieldMonitor | None, look: Callable[..., Any]) -> Look:
    """Looks at training's samples by `look`, and at their field."""

    def both(watch, step, x):
        look(watch, step, x)
        if field is None:
            return {}
        field.show(watch, step, x)
        return field.measure(step, x)

    return both


def _measured(gan, task, x, config, kernel):
    """Scalars of one GAN step: potentials, D beside them, distances, energy, weights.

    `d_error` is to the potentials of batches as large as in training, which D learns
    from, `d_r2` the share of their variance that D knows; `d_r2_field` is that of the
    potential of all samples, without their own. `field_energy` is half the kernel's
    squared MMD, F of the paper.
    """
    real, fake = _spread(task.held_out), tf.convert_to_tensor(x)
    potentials = functools.partial(objectives.potentials, **kernel)
    every = potentials(real, fake, self_term="keep")
    phi = potentials(real, fake, self_term="drop")
    scores = [task.score(gan, part) for part in (real, fake)]
    apart = max(1, min(len(real), len(fake)) // config.batch_size)
    learned, known = [], []
    for i in range(apart):
        parts = real[i::apart], fake[i::apart]
        learned += potentials(*parts, self_term=config.self_term)
        known += [score[i::apart] for score in scores]
    error, share = _known(learned, known)
    values = {
        "potential_real": tf.reduce_mean(phi[0]),
        "potential_fake": tf.reduce_mean(phi[1]),
        "d_error": error,
        "d_r2": share,
        "d_r2_field": _known(phi, scores)[1],
        "field_energy": (tf.reduce_mean(every[0]) - tf.reduce_mean(every[1])) / 2,
        "g_weight_norm": tf.linalg.global_norm(gan.generator.trainable_variables),
        "d_weight_norm": tf.linalg.global_norm(gan.discriminator.trainable_variables),
    }
    for name, a, b in (("xx", fake, fake), ("xy", fake, real), ("yy", real, real)):
        own = "drop" if a is b else None
        mean = pairs.kernel_mean(*pairs.as_points(a, b), tf.sqrt, own=own)
        values[f"distance_{name}"] = tf.reduce_mean(mean)
    return {name: float(value) for name, value in values.items()}


def _known(potentials, scores):
    """The mean squared error of scores, and 1 - it in potentials' variance."""
    potentials, scores = (tf.concat(parts, axis=0) for parts in (potentials, scores))
    error = tf.reduce_mean(tf.square(scores - potentials))
    return error, 1 - error / tf.math.reduce_variance(potentials)


def _spread(x, n=SOME):
    """n of x, or somewhat more, of all modes: they may come mode by mode."""
    return x[:: max(1, len(x) // n)]


def _limits(task):
    limit = 1.15 * float(np.abs(task.held_out).max())
    return -limit, limit


def _on_planes(limits, potential):
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


def _scale(task, kernel):
    """One scale for all frames of a film: of what the reals alone would make."""
    real = _spread(task.held_out)
    plummer = functools.partial(objectives.plummer_kernel, **kernel)
    alone, pull = _on_planes(
        _limits(task),
        lambda a: pairs.kernel_mean(*pairs.as_points(a, real), plummer),
    )
    return {
        "highest": float(alone.max() - alone.mean()),
        "strongest": float(np.linalg.norm(pull, axis=-1).max()),
    }


def _painted(gan, task, x, kernel, step, **scale):
    """The field of these fakes, beside what D has learned."""
    real, limits = _spread(task.held_out), _limits(task)
    exact = _on_planes(limits, lambda a: objectives.field(a, real, x, **kernel))
    learned = _on_planes(limits, lambda a: gan.scored(a).score)
    return plots.field_pair(
        exact,
        learned,
        real=_spread(real, SHOWN).numpy(),
        fake=x[:SHOWN],
        limits=limits,
        title=f"GAN step {step}",
        **scale,
    )
