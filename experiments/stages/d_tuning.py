"""Calibrating and shaping D: one loop, which learns from plain or refined samples."""

import functools
from collections.abc import Callable, Collection
from typing import Literal, NamedTuple

import keras
import numpy as np

import tf_collab as tc
from experiments.rundir import monitor, recovery
from experiments.stages import (
    measuring,
    phase_loop,
    ratios,
    records,
    refinement_rates,
    samplers,
)
from experiments.stages.data import Task
from experiments.stages.gan_training import Recipe
from experiments.stages.sessions import Session

__all__ = ["Tuned", "tune"]


class Tuned(NamedTuple):
    """The Ds of one GAN step, and how samples are refined by them."""

    gan_step: int
    judges: dict[str, tc.GAN]  # by the name of their D: trained, calibrated, shaped
    d_steps: dict[str, int]  # that those D have been through
    refinement: samplers.Refinement


class Loop(NamedTuple):
    """One of the two loops of a GAN step."""

    kind: Literal["calibrate", "shape"]
    judge: tc.GAN  # whose D learns
    lessons: tc.base.Proposer  # of the samples that it learns from
    proposer: tc.base.Proposer  # of the samplers that ask it


def tune(
    session: Session,
    gan: tc.GAN,
    task: Task,
    recipe: Recipe,
    gan_step: int,
) -> Tuned:
    """Both loops, each from a copy of D as it was trained.

    Wherever a D is scored, the samplers that ask it are drawn from and measured.
    """
    run, rate = session.run, refinement_rates.of(session, gan, task, gan_step)
    refinement = samplers.refinement(session, gan, task, rate)
    if not gan.discriminator.trainable_variables:
        run.log("the discriminator is frozen as a whole; the copies to tune are not")
    if session.config.mode != "calibrate":
        layer = refinement.move["layer"]
        if remark := refinement_rates.remark(session, gan, task, layer, gan_step):
            session.remark(remark)
    told = ratios.pooled(task) if not gan.objective.knows_ratio else None
    if told and told not in session.remarks:  # once for all GAN steps
        session.remark(told)
    with session.scope():
        calibrated, shaped = (
            gan._replace(
                discriminator=tc.models.thaw(tc.models.copy(gan.discriminator))
            )
            for _ in range(2)
        )
    plain, refine = tc.sampling.direct(calibrated), refinement.by(shaped)
    explore = refinement.by(shaped, pick="random")  # visits every depth of 0 to K
    loops = {
        "calibrated": Loop("calibrate", calibrated, lessons=plain, proposer=plain),
        "shaped": Loop("shape", shaped, lessons=explore, proposer=refine),
    }
    judges, d_steps = {"trained": gan}, {}
    for name, loop in loops.items():
        d_steps[name] = _run(session, task, recipe, gan_step, loop)
        if d_steps[name]:
            judges[name] = loop.judge
            file = f"discriminator-{name}-g{gan_step}-d{d_steps[name]}"
            session.export(file, loop.judge.discriminator, task.held_out)
    return Tuned(gan_step, judges, d_steps, refinement)


def _run(
    session: Session,
    task: Task,
    recipe: Recipe,
    gan_step: int,
    loop: Loop,
) -> int:
    """One loop, as far as the mode asks for it; the steps this D has been through."""
    run, config, kind = session.run, session.config, loop.kind
    phase, (goal, rate) = f"{kind}-g{gan_step}", config.tuning(kind)
    optimizers: dict[str, Callable] = {"adam": recipe.adam, "sgd": keras.optimizers.SGD}
    with session.scope():
        optimizer = optimizers[config.tune_optimizer](rate)
        step = tc.training.tune_step(
            loop.judge, loop.lessons, optimizer, xla=session.xla
        )
    checkpoints = session.checkpoints(
        phase,
        task.digest,
        discriminator=loop.judge.discriminator,
        optimizer=optimizer,
    )
    sound = checkpoints.sound(run.log)
    first = max(sound, default=0)
    if config.mode not in ("all", "sample", kind):
        return checkpoints.restore() or 0
    watch = _monitor(session, task, phase, loop.judge, since=first or -1)
    methods = [name for name in records.KINDS[kind] if name in config.methods]
    samplers_now = _samplers(session, task, loop)

    def evaluate(d_step: int, names: Collection[str] = methods) -> None:
        if not np.isfinite(task.score(loop.judge, task.held_out)).all():
            raise FloatingPointError(f"D's scores are not finite at step {d_step}")
        measuring.draw_and_measure(
            session, task, kind, gan_step, d_step, samplers_now, watch, names
        )

    before = [name for name in methods if f"sample-{name}-g{gan_step}" in run.phases]
    for name in methods:
        session.begin(f"sample-{name}-g{gan_step}", task.digest)
    lost = recovery.lost_steps(run, gan_step, before, sound)
    for d_step, names in lost.items():
        if d_step in (0, *sound):
            if d_step:
                checkpoints.restore(d_step)
            evaluate(d_step, names)
    checkpoints.restore()
    if config.mode == "sample":
        goal = first
    else:
        session.begin(phase, task.digest)
        phase_loop.carry_out(
            run,
            phase,
            step,
            task.batch_at,
            goal,
            first=first,
            seed=session.seeds[kind],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.save_every,
            every=50,
            evaluate=evaluate,
            leads=session.leads,
        )
    evaluate(goal)  # with methods that were not asked for before
    watch.flush()
    return goal


def _monitor(
    session: Session, task: Task, phase: str, judge: tc.GAN, since: int
) -> monitor.Monitor:
    n = min(1000, session.config.num_samples)
    z = judge.prior(n, session.seeds["probe"])
    probe = functools.partial(measuring.opinions, task, judge, z)
    return monitor.Monitor(session.run, phase, since=since, probe=probe)


def _samplers(
    session: Session, task: Task, loop: Loop
) -> Callable[[], dict[str, tc.sampling.Method]]:
    """Builds the samplers that ask this loop's D, whenever it is scored.

    Without all of a density ratio, what rejection and Metropolis-Hastings need is
    fitted to D as it is each time.
    """
    how = session.config, loop.kind
    build = functools.partial(samplers.build, *how, xla=session.xla)
    if loop.judge.objective.knows_ratio:
        return functools.cache(lambda: build(loop.judge, loop.proposer))
    _, seed = tc.seeds.split(session.seeds["probe"])
    fit = functools.partial(ratios.fitted, loop.judge, loop.proposer, task, seed)
    return lambda: build(fit(), loop.proposer)
