"""What a Coulomb GAN's training shows: the field, and how well D knows it."""

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.cli import errors
from experiments.rundir import monitor
from experiments.stages import study
from tf_collab import objectives, plots
from tf_collab.objectives import pairs

__all__ = ["watched"]

SOME = 1024  # samples of each kind that make the field which is shown and measured
POINTS, ARROWS, SHOWN = 120, 17, 500  # on a side of the map, and of its arrows; dots


def watched(
    run, config, made: study.Study, epsilon: Callable[[int], Any]
) -> study.Study:
    """The study, with the field measured in training and, in the plane, filmed.

    `epsilon` is the kernel's width at a step.
    """

    if len(made.held_out) < 2:
        raise errors.Refused(
            f"--dataset={config.dataset}: of these data {len(made.held_out)} is held "
            "out, and the field is measured on 2 at least: give more"
        )

    def kernel(step):
        return {"dimension": config.dimension, "epsilon": float(epsilon(step))}

    def probe(step, x):
        return _measured(made, x[:SOME], config, kernel(step))

    made = made._replace(probe=probe)
    if config.kind != "points":
        return made
    scale = functools.cache(lambda: _scale(made, kernel(0)))
    still = made.figures

    def show(watch, step, x):
        figure = _painted(made, x[:SOME], kernel(step), step, **scale())
        encoded = monitor.png(figure)
        run.folder("figures")
        with run.writing(f"figures/field/{step:09d}.png") as path:
            path.write_bytes(encoded)
        watch.image(step, "field", encoded)

    def figures(setting, at, tuned):
        still(setting, at, tuned)
        _film(run, at)

    return made._replace(show=show, figures=figures)


def _measured(made, x, config, kernel):
    """Scalars of one GAN step: potentials, D beside them, distances, energy, weights.

    `d_error` is to the potentials of batches as large as in training, which D learns
    from, `d_r2` the share of their variance that D knows; `d_r2_field` is that of the
    potential of all samples, without their own. `field_energy` is half the kernel's
    squared MMD, F of the paper.
    """
    gan, real, fake = made.gan, _spread(made.held_out), tf.convert_to_tensor(x)
    potentials = functools.partial(objectives.potentials, **kernel)
    every = potentials(real, fake, self_term="keep")
    phi = potentials(real, fake, self_term="drop")
    scores = [_scores(made, part) for part in (real, fake)]
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


def _scores(made, x):
    return study.in_rows(lambda part: made.gan.scored(part).score, x, made.rows)


def _limits(made):
    limit = 1.15 * float(np.abs(made.held_out).max())
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


def _scale(made, kernel):
    """One scale for all frames of a film: of what the reals alone would make."""
    real = _spread(made.held_out)
    plummer = functools.partial(objectives.plummer_kernel, **kernel)
    alone, pull = _on_planes(
        _limits(made),
        lambda a: pairs.kernel_mean(*pairs.as_points(a, real), plummer),
    )
    return {
        "highest": float(alone.max() - alone.mean()),
        "strongest": float(np.linalg.norm(pull, axis=-1).max()),
    }


def _painted(made, x, kernel, step, **scale):
    """The field of these fakes, beside what D has learned."""
    real, limits = _spread(made.held_out), _limits(made)
    exact = _on_planes(limits, lambda a: objectives.field(a, real, x, **kernel))
    learned = _on_planes(limits, lambda a: made.gan.scored(a).score)
    return plots.field_pair(
        exact,
        learned,
        real=_spread(real, SHOWN).numpy(),
        fake=x[:SHOWN],
        limits=limits,
        title=f"GAN step {step}",
        **scale,
    )


def _film(run, at):
    """figures/field-gSTEP.gif and .png: the field up to a GAN step, and there."""
    frames = {
        int(path.stem): path.read_bytes()
        for path in run.at("figures/field").glob("*.png")
        if re.fullmatch(r"\d+", path.stem) and int(path.stem) <= at
    }
    if not frames:
        return
    shown = [frames[step] for step in sorted(frames)]
    for suffix, encoded in (("gif", plots.animation(shown)), ("png", shown[-1])):
        with run.writing(f"figures/field-g{at}.{suffix}") as path:
            path.write_bytes(encoded)
