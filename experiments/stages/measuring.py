"""Drawing from the samplers, and measuring what they give."""

import time
from collections.abc import Callable, Collection
from typing import Any, Literal

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.rundir import monitor, recovery
from experiments.stages import (
    costs,
    data,
    options,
    ratios,
    records,
    refinement_rates,
    samplers,
)
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import marks, metrics, tables
from tf_collab.front import quiet

__all__ = ["draw_and_measure", "opinions"]


def opinions(task: Task, gan: tc.GAN, z: Any) -> dict[str, float]:
    """D's mean probability of reals and of plain samples, as the curves show it.

    The mean score, for a D that gives no ratio.
    """
    some = data.taken(task.held_out, slice(1000))
    parts = {"D_real": some, "D_fake": task.generate(gan, z)}
    says = tf.sigmoid if gan.objective.log_ratio is not None else tf.identity
    return {
        name: float(tf.reduce_mean(says(task.score(gan, x))))
        for name, x in parts.items()
    }


def draw_and_measure(
    session: Session,
    task: Task,
    kind: Literal["calibrate", "shape"],
    at: int,
    d_step: int,
    build: Callable[[], dict[str, tc.sampling.Method]],
    watch: monitor.Monitor,
    names: Collection[str],
) -> None:
    """Draws from the samplers `names` that ask one D and writes a result line for each.

    What is there is neither drawn nor written again.
    The first of them takes every proposal; D's calibration is judged on those.
    """
    run, config = session.run, session.config
    keys: dict[str, dict[str, Any]] = {
        name: {
            "gan_step": at,
            "d_step": d_step if tables.SAMPLERS[name].asks_d else 0,
            "method": name,
        }
        for name in records.KINDS[kind]
    }
    wanted = [
        name
        for name, key in keys.items()
        if name in names and not recovery.is_kept(run, **key)
    ]
    if not wanted:
        return
    calibration, pool = None, None
    judge = f"the {tables.SAMPLERS[wanted[0]].judge} D"
    with quiet.of(f"{judge} at GAN step {at}, D step {d_step}"):
        methods = build()
    for name in records.KINDS[kind]:
        if name not in wanted and calibration is not None:
            continue
        method, key = methods[name], keys[name]
        asked = key["d_step"] if name in wanted else d_step
        started = time.perf_counter()
        with quiet.of(f"{name} at GAN step {at}, by {judge} of step {asked}"):
            samples, real = samplers.draw(session, task, at, asked, name, method, pool)
        seconds = time.perf_counter() - started
        if calibration is None:
            assert samples is not None  # the first refuses nothing
            calibration, pool = _calibration(method.gan, real, samples), samples
            kinds = {"score/real": real.score, f"score/{name}": samples.score}
            watch.histograms(d_step, kinds)
            watch.metrics(d_step, calibration)
        line = {
            "experiment": config.EXPERIMENT,
            "dataset": config.dataset,
            "seed": config.seed,
            "phase": kind,
            **key,
            "n": 0 if samples is None else len(samples.score),
            "protocol": _protocol(session, task, name, at),
        }
        scores = _metrics(config, task, name, samples, at, d_step)
        if samples is not None:
            line |= costs.cost(samples)
            line |= costs.walked(config, tables.SAMPLERS[name], method.gan, samples)
        own = key["d_step"] == d_step
        line |= scores | (calibration if own else dict.fromkeys(calibration))
        watch.metrics(
            d_step, {f"{name}/{metric}": value for metric, value in scores.items()}
        )
        if name in wanted:
            if samples is not None:
                file = recovery.sample_file(**key)
                recovery.tell_damaged(run, file)
                with run.writing(file) as path:
                    np.savez(path, **_stored(task, samples))  # type: ignore[arg-type]
                    marks.mark(path, file)
            run.timed(seconds, phase=kind, **key)
            run.results.append(line, key=tuple(key), place=recovery.place)
            if not run.results.has(**line):
                run.log(
                    f"{name} at GAN step {at}, D step {key['d_step']} was drawn again, "
                    "and is not what its results tell of: those are of another "
                    "machine or version"
                )


def _stored(task: Task, samples: tc.sampling.Samples) -> dict[str, np.ndarray]:
    """Samples as a file has them: x, score, and the label where there is one."""
    x = data.without_label(samples.x)
    label = {} if x is samples.x else {"label": samples.x[1]}
    return {"x": task.store(x), "score": samples.score, **label}


def _metrics(
    config: options.Options,
    task: Task,
    name: str,
    samples: tc.sampling.Samples | None,
    at: int,
    d_step: int,
) -> dict[str, float | None]:
    """The metrics of samples by name; None for each where there are too few of them."""
    scores: dict[str, float | None] = {}
    for n in _counts(config, name):
        if samples is None or len(samples.score) < n:
            # A metric's name may tell how many: reals, repeated, stand in.
            again = np.arange(n) % data.count(task.held_out)
            reals = data.taken(tf.nest.map_structure(np.asarray, task.held_out), again)
            scores |= dict.fromkeys(task.measured(reals, at))
        else:
            scores |= task.measured(data.taken(samples.x, slice(n)), d_step)
    return scores


def _counts(config: options.Options, name: str) -> list[int]:
    """How many samples a method is measured on, for metrics that depend on it.

    A chain over a pool gives fewer than the others, so those are measured on as many
    too: nine tenths of what it could give, since a chain that never moves gives none.
    """
    if not config.mh_pool:
        return [config.num_samples]
    few = max(2, config.num_samples * 9 // (10 * config.mh_thin))
    return [few] if samplers.is_pooled(config, name) else [config.num_samples, few]


def _calibration(
    gan: tc.GAN, real: tc.Scored, samples: tc.sampling.Samples
) -> dict[str, float | None]:
    # A calibrator is judged on reals that it was not fitted to.
    others = slice(None) if gan.calibrator is None else slice(1, None, 2)
    n = min(len(real.score[others]), len(samples.score))  # judged on as many of each

    def probabilities(x: Any, score: Any, rows: slice) -> np.ndarray:
        # A calibrator may go by the labels, and no more of x is asked for.
        label = (None, x[1][rows][:n]) if isinstance(x, tuple) else None
        ratio = gan.log_ratio_of(tc.Scored(label, score[rows][:n]))
        return tf.sigmoid(tf.cast(ratio, tf.float64)).numpy()

    is_real = probabilities(real.x, real.score, others)
    is_fake = probabilities(samples.x, samples.score, slice(None))
    if not (np.isfinite(is_real).all() and np.isfinite(is_fake).all()):
        raise FloatingPointError("D's scores are not finite")
    return metrics.calibration_report(is_real, is_fake)


def _protocol(session: Session, task: Task, name: str, at: int) -> str:
    """What the numbers of a method depend on, in words."""
    config, row = session.config, tables.SAMPLERS[name]
    by_label = not config.is_classifier and row.needs_ratio and ratios.is_by_label(task)
    words = [task.protocol, row.words(config), "calibrated by label" * by_label]
    words.append(refinement_rates.words(session, at, name))
    return ", ".join(filter(None, words))
